"""The named endpoints for programs: `enhance`, `analyze`, `presets`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, Literal

import gradio as gr
from gradio.context import get_blocks_context
from gradio.events import api as add_endpoint

from pipeline.files.formats import OUTPUT_NAMES, Encoding
from pipeline.parameter import Choice, Kind, Range, Switch, kinds
from pipeline.presets import NAMED_PRESETS
from pipeline.settings import Settings, parameters
from service import jobs
from service.http.jobs.orders import flag, track_number
from service.registry import extras
from service.registry.registry import Registry
from service.site import Site
from service.work import mapped

from . import api_view, visits
from .api_faults import for_programs
from .front.listeners import Listeners

File = gr.FileData
TYPES: dict[type[Kind], type] = {Range: float, Switch: bool, Choice: str}
PRESET, FORMAT = "default", OUTPUT_NAMES[0]
ADDED = ("channels_mode", "content_keep_music")  # at the end: programs give the older ones by position
Answer = tuple[dict[str, Any] | None, dict[str, Any]]

ENHANCE = """Clean a recording of speech.

file: the uploaded recording. preset: its settings are used where a parameter is left out (null). output_format: wav,
flac, mp3, ogg, opus or m4a. subtype, bitrate_kbps: how it is encoded; subtype "auto": as deep as the recording. track:
which sound track, from 1; 0 or null: the one that the file says players are to take. removed: what was removed, too,
as a file in the report. as_video: of a video, the same video with the enhanced sound. preview: the first ten seconds
alone. All other parameters, and what they may be, are those of `presets`.
Returns the enhanced file and a report: what was measured before and after, and which denoiser worked. While the work
runs, `generating` events carry no file, and how far it is."""
ANALYZE = """Measure a recording: loudness, true peak, noise floor, signal-to-noise ratio and more.

While the work runs, `generating` events tell how far it is."""
PRESETS = "All presets with their settings, all parameters with what they may be, and the output formats."


def add_endpoints(site: Site, registry: Registry, listeners: Listeners) -> None:
    """Inside a Blocks context. Gradio lets all of them in at once: the line of those who wait is ours."""
    _add("enhance", enhance_endpoint(site, registry, listeners), ENHANCE, ["The enhanced file", "The report"])
    _add("analyze", analyze_endpoint(site, listeners), ANALYZE, ["The measures"])
    _add("presets", presets, PRESETS, ["All that can be chosen"])


def _add(name: str, function: Callable[..., Any], description: str, returns: Sequence[str]) -> None:
    add_endpoint(function, api_name=name, api_description=description, concurrency_limit=None)
    blocks: Any = get_blocks_context()
    api_view.tell_parameters(blocks.fns[max(blocks.fns)], returns)


def enhance_endpoint(
    site: Site, registry: Registry, listeners: Listeners
) -> Callable[..., Generator[Answer, None, None]]:
    """The function behind `/enhance`, with one optional parameter for each of the settings and for the encoding."""
    first = {name: kind for name, kind in parameters().items() if name not in ADDED}
    added = {name: parameters()[name] for name in ADDED}
    names = (*first, "output_format", *kinds(Encoding), "track", *added, *jobs.EXTRAS)

    def enhance(file: Any, preset: Any, *values: Any) -> Generator[Answer, None, None]:
        told = dict(zip(names, values, strict=True))
        output_format, track = told.pop("output_format"), told.pop("track")
        try:
            wanted = {name: flag(name, told.pop(name)) for name in jobs.EXTRAS}
            given = _given(parameters(), told)
            encoding = _given(kinds(Encoding), told)
            settings = Settings.from_flat(given, base=jobs.preset(PRESET if preset is None else preset))
            source = jobs.uploaded(site, _path(file))
            form = FORMAT if output_format is None else output_format
            visit = visits.current(listeners)
            order = jobs.Order(source, settings, form, Encoding(**encoding), visit, track_number(track))
            job = registry.start(jobs.as_told(order, wanted))
            work = extras.wanted(site, registry, job, visit)
            after, outcome = yield from mapped(work, lambda now: (None, {**asdict(now), "job": job.token}))
        except Exception as fault:
            raise for_programs(fault) from fault
        report = outcome.report.as_dict()
        yield _file(after), {**report, "removed": _file(outcome.removed)} if wanted["removed"] else report

    types = {name: _type(kind) for name, kind in {**first, **kinds(Encoding), **added}.items()}
    types |= {"output_format": Literal[tuple(OUTPUT_NAMES)], "track": int, **dict.fromkeys(jobs.EXTRAS, bool)}
    return _with_signature(
        enhance,
        {"file": File, "preset": Literal[tuple(NAMED_PRESETS)], **{name: types[name] for name in names}},
        {"preset": PRESET, **dict.fromkeys(names), "output_format": FORMAT, **dict.fromkeys(jobs.EXTRAS, False)},
        tuple[File, dict[str, Any]],
    )


def _given(names: Iterable[str], told: Mapping[str, Any]) -> dict[str, Any]:
    """What is not left out: null means the default."""
    return {name: told[name] for name in names if told[name] is not None}


def analyze_endpoint(site: Site, listeners: Listeners) -> Callable[..., Generator[dict[str, Any], None, None]]:
    """The function behind `/analyze`."""

    def analyze(file: Any) -> Generator[dict[str, Any], None, None]:
        try:
            source = jobs.uploaded(site, _path(file))
            measures = yield from mapped(
                jobs.served(site, source, lambda handle: jobs.analyze(handle, site, source), visits.current(listeners)),
                asdict,
            )
        except Exception as fault:
            raise for_programs(fault) from fault
        yield measures

    return _with_signature(analyze, {"file": File}, {}, dict[str, Any])


def presets() -> dict[str, Any]:
    """What can be chosen."""
    return {
        "presets": {
            name: {"label": preset.label, "why": preset.why, "settings": preset.settings.flat()}
            for name, preset in NAMED_PRESETS.items()
        },
        "parameters": _described(parameters()),
        "output_formats": list(OUTPUT_NAMES),
        "encoding": _described(kinds(Encoding)),
    }


def _described(named: Mapping[str, Kind]) -> dict[str, Any]:
    return {
        name: {"type": TYPES[type(kind)].__name__, **{f.name: getattr(kind, f.name) for f in fields(kind)}}
        for name, kind in named.items()
    }


presets.__annotations__["return"] = dict[str, Any]  # Gradio reads the type itself, not its text


def _type(kind: Kind) -> Any:
    """What Gradio tells programs of a parameter; the value itself is checked by the kind."""
    return Literal[tuple(kind.options)] if isinstance(kind, Choice) else TYPES[type(kind)]


def _path(file: Any) -> object:
    """A file arrives as Gradio's description of an upload. A bare path would be somebody's guess."""
    return file.get("path") if isinstance(file, dict) and file.get("meta") else None


def _file(path: Path) -> dict[str, Any]:
    return {"path": str(path), "orig_name": path.name, "meta": {"_type": "gradio.FileData"}}


def _with_signature(
    function: Callable[..., Any], types: dict[str, Any], defaults: dict[str, Any], returns: Any
) -> Callable[..., Any]:
    """Gradio describes an endpoint by the signature of its function."""
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    parameters = [
        inspect.Parameter(name, kind, default=defaults.get(name, inspect.Parameter.empty), annotation=annotation)
        for name, annotation in types.items()
    ]
    function.__signature__ = inspect.Signature(parameters, return_annotation=returns)  # type: ignore[attr-defined]
    function.__annotations__ = {**types, "return": returns}
    return function
