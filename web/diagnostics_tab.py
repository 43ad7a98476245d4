"""The Diagnostics tab: the same facts as `/api/diagnostics`, in words."""

from __future__ import annotations

import json
from html import escape
from typing import Any

from service import health as service_health
from service.site import Site

MEANING = {
    "environment": "Starts are quick.",
    "baked": "Starts are quick: the compiled code came with the installation.",
    "user": "Starts are quick.",
    "temporary": "Starts are quick, except the first one after a reboot.",
    "memory": "Every start is slow, since code is compiled anew each time. Quick afterwards.",
    "interpreted": "Everything works, but slowly.",
}


def diagnose(site: Site) -> tuple[str, str]:
    """The tab's content: in words, and as JSON."""
    report = service_health.diagnostics(site)
    return render(report, service_health.health(site)), json.dumps(report, indent=2, ensure_ascii=False)


def render(report: dict[str, Any], health: dict[str, Any]) -> str:
    """The whole tab as HTML."""
    return "".join(
        (
            _headline(report, health),
            _checks(report["checks"]),
            '<div class="columns">',
            _facts("Start-up", _start_up(report)),
            _facts("Compiled code", _cache(report["libraries"]["numba"])),
            _facts("This machine", _machine(report)),
            _facts("Versions", _versions(health, report)),
            "</div>",
        )
    )


def _headline(report: dict[str, Any], health: dict[str, Any]) -> str:
    failed = sum(not check["ok"] for check in report["checks"])
    if report["status"] == "ok" and not failed:
        text, kind = ("Everything works.", "ok") if health["ready"] else ("Everything works; still warming up.", "ok")
    else:
        text = "It works, but slower than it could."
        if failed:
            text = "It works, but 1 check needs attention."
        if failed > 1:
            text = f"It works, but {failed} checks need attention."
        kind = "warn"
    return f'<div class="headline {kind}">{_mark(kind == "ok")}<b>{text}</b></div>'


def _checks(checks: list[dict[str, Any]]) -> str:
    ordered = sorted(checks, key=lambda check: bool(check["ok"]))  # what needs attention comes first
    lines = []
    for check in ordered:
        advice = f'<p class="advice">{escape(str(check["suggestion"]))}</p>' if check["suggestion"] else ""
        lines.append(
            f"<li>{_mark(check['ok'])}<div><b>{escape(_sentence(check['name']))}</b>"
            f'<p class="detail">{escape(str(check["detail"]))}</p>{advice}</div></li>'
        )
    return f'<ul class="checks">{"".join(lines)}</ul>'


def _start_up(report: dict[str, Any]) -> dict[str, Any]:
    warm_up = report["warm_up"]
    return {
        "Warm-up": warm_up.get("state"),
        "Took": f"{warm_up['seconds']} s" if warm_up.get("seconds") is not None else None,
        "Functions compiled": warm_up.get("compilations"),
        "Functions found in the cache": warm_up.get("cache_hits"),
        "Error": warm_up.get("error"),
        **_denoiser(report["denoiser"]),
    }


def _denoiser(denoiser: dict[str, Any]) -> dict[str, Any]:
    return {
        "Denoiser": denoiser.get("name") or denoiser.get("state"),
        "Its weights": denoiser.get("source"),
        "Their SHA-256": denoiser.get("sha256"),
    }


def _cache(numba: dict[str, Any]) -> dict[str, Any]:
    return {
        "Where it is kept": _sentence(numba.get("reason") or numba["mode"]),
        "That means": MEANING.get(numba["mode"]),
        "Rung of the ladder": f"{numba['rung']} of 6" if "rung" in numba else None,
        "Directory": numba.get("cache_dir"),
        "Can be written": "yes" if numba["cache_writable"] else "no",
        "Compiling": "off" if numba["jit_disabled"] else "on",
        "Warnings": "; ".join(map(str, numba["warnings"])) or "none",
        "To do": "; ".join(map(str, numba.get("suggestions", []))) or "nothing",
    }


def _machine(report: dict[str, Any]) -> dict[str, Any]:
    platform = report["platform"]
    return {
        "System": " ".join(str(platform[key]) for key in ("system", "machine") if platform.get(key)),
        "Python": platform.get("python"),
        "Processors": platform.get("cores"),
        "Files are kept in": report["directories"].get("uploads") or "nowhere: no directory can be written",
    }


def _versions(health: dict[str, Any], report: dict[str, Any]) -> dict[str, Any]:
    libraries = {name: facts.get("version") for name, facts in report["libraries"].items()}
    return {"This program": health["version"], **libraries}


def _facts(title: str, facts: dict[str, Any]) -> str:
    rows = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(str(value))}</dd>" for name, value in facts.items() if value is not None
    )
    return f"<section><h2>{title}</h2><dl>{rows}</dl></section>"


def _sentence(name: str) -> str:
    return name[:1].upper() + name[1:]


def _mark(ok: object) -> str:
    kind, sign, said = ("ok", "✓", "well") if ok else ("warn", "!", "needs attention")
    return f'<span class="mark {kind}" role="img" aria-label="{said}">{sign}</span>'
