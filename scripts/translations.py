"""What the program says in English and a catalogue has to say in another language; see docs/translating.md.

    python -m scripts.translations            for each catalogue, what is missing, left over or does not fit
    python -m scripts.translations it         the same for assets/page/words/it.json, which is begun if it is not there
    python -m scripts.translations --list     all sentences, with the places where they stand

What the page itself says has a key in en.json. What the server says stays English in the library, on the command line
and in the API; the page translates it as gettext does: the English sentence is the key, with {0}, {1}, … where values
stand. The sentences are read from the sources: every string that looks like words, in the modules that speak to the
page (all but SILENT). It looks like words if it has a space between two of them, or is one with a capital.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORDS = ROOT / "assets" / "page" / "words"
ENGLISH = "en"

SPEAKING = ("pipeline", "service", "web", "runtime")
# Who says nothing that the page shows: programs, the terminal and the log are spoken to in English.
SILENT = (
    "pipeline/__init__.py", "pipeline/cli", "pipeline/dsp", "pipeline/files/alike.py", "pipeline/files/tags",
    "pipeline/files/decoding/demuxers.py", "pipeline/files/isolated/decoder.py", "pipeline/files/isolated/process.py",
    "pipeline/files/isolated/server.py", "pipeline/files/isolated/wire.py", "pipeline/measures/content/weights.py",
    "pipeline/neural/kernels.py", "service/http/examples.py", "service/http/jobs/one_request.py",
    "service/jobs/__init__.py", "service/operation",
    "web/__init__.py", "web/api.py", "web/api_faults.py", "web/api_view.py", "web/mcp",
    "web/patches", "web/server.py", "web/theme.py",
    "web/front/calls.py", "web/front/doors.py", "web/front/headers.py", "web/front/refused.py",
    "web/front/streams.py",
    "runtime/__init__.py", "runtime/doctor/bake.py", "runtime/doctor/main.py", "runtime/doctor/remote.py",
    "runtime/doctor/report.py", "runtime/interpreted", "runtime/resources.py", "runtime/version.py",
)  # fmt: skip
# Shown, though it does not look like words.
SHOWN = (
    "Copied", "applause", "baked", "bundled", "de-esser", "declick", "declip", "decoder", "done", "empty", "enabled",
    "environment", "failed", "imported", "interpreted", "laughter", "loaded", "louder", "memory", "mono", "music",
    "neural", "no", "none", "nothing", "off", "on", "quieter", "running", "singing", "smallest", "spectral",
    "temporary", "time", "unknown", "user", "well", "yes",
)  # fmt: skip
# Looks like words, but is read by programs, or is the same everywhere.
UNSAID = re.compile(
    r"Hz|FFmpeg|Connection|Vorbis|Opus|WebM|Python|True|False|Spool|Ticket|ETag|Vary|Library/Caches"
    r"|\[A-Za-z0-9-\].*|[12] channels|runtime\..*|int \| None|[A-Z]\w*(-[A-Z]\w*)+"
    r"|(private,|attachment;|multipart/|bytes|GET|Basic|data:|FFmpeg:|curl|\(tbb) ?.*"
    r"|.*[\n<].*|0 (k?Hz|[kM]?B|dB|s|%)(, 0)?|(PyAV|soundfile|, libsndfile) 0"
    r"|0 s of audio in 0 s|0 s, 0 Hz, 0 channel0",  # on the terminal
    re.DOTALL,
)
# Of Gradio's own, what its own catalogues leave English.
GRADIO = (
    "An error occurred", "Connection Lost", "Connection errored out.",
    "Connection to the server was lost. Attempting reconnection...", "Copy", "Download", "Gradio footer navigation",
    "Reset to default value", "number input for {0}", "range slider for {0}",
)  # fmt: skip
LIKE_WORDS = re.compile(r"(?=.*[a-z]{2})\w\S* \S*\w|[A-Z][a-z]")
VALUE = re.compile(r"\{\d+\}")
ANY_VALUE = re.compile(r"\{(\w+)\}")
PLURALS = {"zero", "one", "two", "few", "many", "other"}
# Faults of programmers, and what only the log reads.
ASIDE = re.compile(
    r"(log|logging)\..*|re\.compile|struct\..*|NotImplementedError|(Value|Type|Runtime|OS|Key|Attribute|Import|Connection)Error"
    r"|.*_(Unavailable|Lost)Error|cast|TypeVar|NamedTuple|Literal"
)


def sentences() -> dict[str, str]:
    """Each template, and where it stands first."""
    found: dict[str, str] = dict.fromkeys((*SHOWN, *GRADIO), Path(__file__).name)
    for path in sorted((ROOT / "assets" / "examples" / "made").glob("*.json")):
        found.setdefault(json.loads(path.read_text(encoding="utf-8"))["label"], path.name)
    for path in sources():
        for line, template in said(path.read_text(encoding="utf-8")):
            found.setdefault(template, f"{path.relative_to(ROOT).as_posix()}:{line}")
    return found


def sources() -> list[Path]:
    """The modules that speak to the page."""
    all_of_them = sorted(path for room in SPEAKING for path in (ROOT / room).rglob("*.py"))
    names = [(path, path.relative_to(ROOT).as_posix()) for path in all_of_them]
    return [path for path, name in names if not any(name == one or name.startswith(f"{one}/") for one in SILENT)]


def said(source: str) -> list[tuple[int, str]]:
    """(line, template) of every string that looks like words."""
    tree = ast.parse(source)
    aside = set(_aside(tree))
    strings = (node for node in ast.walk(tree) if isinstance(node, ast.Constant | ast.JoinedStr) and node not in aside)
    found = {(node.lineno, _template(node)) for node in strings}
    return sorted((line, text) for line, text in found if _is_said(text))


def _template(node: ast.Constant | ast.JoinedStr) -> str:
    """With {0}, {1}, … for values; "" for what is no text."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    text, count = "", 0
    for part in node.values:
        if isinstance(part, ast.Constant):
            text += str(part.value)
        else:
            text += f"{{{count}}}"
            count += 1
    return text


def _is_said(template: str) -> bool:
    plain = VALUE.sub("0", template)
    return bool(LIKE_WORDS.search(plain)) and not UNSAID.fullmatch(plain)


def _aside(tree: ast.Module) -> Iterator[ast.AST]:
    """What is no sentence, whatever it looks like: docstrings, types, the parts of f-strings, what the log is told."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield from (one.value for one in node.body if isinstance(one, ast.Expr))
        if isinstance(node, ast.JoinedStr):
            yield from (part for part in node.values if isinstance(part, ast.Constant))
            yield from (format_spec for part in node.values if (format_spec := getattr(part, "format_spec", None)))
        if isinstance(node, ast.Call) and ASIDE.fullmatch(ast.unparse(node.func)):
            yield from ast.walk(node)
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            yield from ast.walk(node)
        for name in ("annotation", "returns"):
            if isinstance(found := getattr(node, name, None), ast.AST):
                yield from ast.walk(found)


def read(language: str) -> dict[str, str]:
    """A catalogue; {} if it is not there."""
    path = WORDS / f"{language}.json"
    found: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return found


def problems(language: str, catalogue: dict[str, str], english: dict[str, str], known: dict[str, str]) -> list[str]:
    """What is missing in a catalogue, left over or does not fit, in sentences. known : as `sentences` answers"""
    found = [f"{language}: missing: {key}" for key in wanted(english, known) if not catalogue.get(key)]
    for key, text in catalogue.items():
        base = _plural_base(key)
        original = english.get(key) or english.get(f"{base}.other") or (key if key in known else None)
        if original is None:
            found.append(f"{language}: left over: {key}")
        elif text and not _fits(original, text, is_plural=base is not None):
            found.append(f"{language}: other values: {key}: {text}")
    return found


def wanted(english: dict[str, str], known: dict[str, str]) -> list[str]:
    """What a catalogue must have. Of a plural "other"; which other forms there are is the language's business."""
    keys = [key for key in english if (base := _plural_base(key)) is None or key == f"{base}.other"]
    return [*keys, *known]


def _plural_base(key: str) -> str | None:
    base, _, form = key.rpartition(".")
    return base if form in PLURALS and " " not in key else None


def _fits(original: str, text: str, *, is_plural: bool) -> bool:
    """The same values; a form for one may say it without a number."""
    before, after = set(ANY_VALUE.findall(original)), set(ANY_VALUE.findall(text))
    return after <= before if is_plural else after == before


def begun(language: str) -> Path:
    """The language's catalogue with an empty entry for all that is missing; what is left over stays."""
    old, english = read(language), read(ENGLISH)
    entries = {key: old.get(key, "") for key in dict.fromkeys((*english, *old, *sentences()))}
    path = WORDS / f"{language}.json"
    path.write_text(json.dumps(entries, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return path


def main(arguments: list[str]) -> int:
    """The exit status."""
    known, english = sentences(), read(ENGLISH)
    if "--list" in arguments:
        print("\n".join(f"{place}: {sentence}" for sentence, place in known.items()))
        return 0
    others = [path.stem for path in sorted(WORDS.glob("*.json")) if path.stem != ENGLISH]
    for language in arguments:
        print(begun(language).relative_to(ROOT))
    found = [line for language in arguments or others for line in problems(language, read(language), english, known)]
    print("\n".join(found))
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
