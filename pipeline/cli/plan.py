"""Which file becomes which: the inputs of the command line, and the name of each one's output."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.errors import AudioError, SettingsError
from pipeline.files.decode import is_audio
from pipeline.files.decoding import container
from pipeline.files.formats import FORMATS, OUTPUTS
from pipeline.files.sources import opened

# Names of recordings, besides those of `FORMATS`: whoever gives a file one of these means a recording.
_NAMED = {
    ".aif", ".aifc", ".amr", ".ape", ".au", ".caf", ".flv", ".m4b", ".mka", ".mkv", ".mov", ".mp2", ".oga", ".rf64",
    ".spx", ".w64", ".wma", ".wv", ".3gp",
}  # fmt: skip
NAMED = _NAMED | {form.suffix for form in FORMATS}
MANIFEST = "manifest.jsonl"


@dataclass(frozen=True)
class Task:
    """One recording to enhance. `name` is how messages speak of it; `removed` is where what was taken away goes."""

    source: Path
    target: Path
    name: str
    removed: Path | None = None

    @property
    def outputs(self) -> list[Path]:
        """The files that are written."""
        return [path for path in (self.target, self.removed) if path is not None]


@dataclass(frozen=True)
class BatchPlan:
    """What will be done, and what of a folder will not: neither its name nor its first bytes are a recording's.

    folder : of the results, None where they lie beside the recordings, or where one file was named
    """

    tasks: tuple[Task, ...]
    skipped: tuple[str, ...]
    folder: Path | None = None


def plan(inputs: Sequence[str], output: str | None, suffix: str | None, removed: str | None = None) -> BatchPlan:
    """Name the output of every input.

    inputs : files and folders; of a folder, what is a recording by its name or by its first bytes, at any depth, links
        to folders not followed
    output : a file (for one input), a folder, or None: beside the input, as `<stem>.clean<suffix>`
    suffix : of the outputs, ".wav" if None; the output file's own suffix wins
    removed : of what was taken away: a file (for one input), a folder (`<stem>.removed<suffix>`), or None: not written

    Raises SettingsError if the inputs and the output do not go together.
    """
    found = _plan(inputs, output, suffix)
    return found if removed is None else _with_removed(found, removed)


def to_measure(inputs: Sequence[str]) -> BatchPlan:
    """The recordings among the inputs. Nothing is written: their targets are themselves."""
    tasks, skipped = [], []
    for source, inside in _sources(inputs, None):
        name = printable(str(inside if inside.parts else source.name))
        if inside.parts and not is_meant(source):
            skipped.append(name)
        else:
            tasks.append(Task(source, source, name))
    return BatchPlan(tuple(tasks), tuple(skipped))


def is_meant(path: Path) -> bool:
    """Whether the file is a recording by its name or by its first bytes, though it may be damaged."""
    if path.suffix.lower() in NAMED:
        return True
    try:
        with opened(path) as file:
            head = file.read(container.HEAD)
    except AudioError:
        return False
    return not container.other_kind(head) and (bool(container.demuxer(head)) or is_audio(path))


def _plan(inputs: Sequence[str], output: str | None, suffix: str | None) -> BatchPlan:
    folders = [path for path in inputs if is_folder(path)]
    if output is not None and not folders and len(inputs) == 1 and not _is_folder(output):
        return BatchPlan((Task(Path(inputs[0]), _output_file(output, suffix), printable(Path(inputs[0]).name)),), ())
    if folders and output is None:
        raise SettingsError("A folder needs an output folder.", suggestion="Name one with -o.")
    named = None if output is None else Path(output)
    if named is not None and not is_folder(named) and (os.path.exists(named) or named.suffix.lower() in OUTPUTS):  # noqa: PTH110
        raise SettingsError("Several recordings cannot be written to one file.", suggestion="Name a folder with -o.")
    return _to_folder(inputs, None if output is None else Path(output), suffix or next(iter(OUTPUTS)))


def printable(name: str) -> str:
    """A file name for the terminal: no control characters, no undecodable bytes."""
    return "".join(c if c.isprintable() else "?" for c in name)


def is_folder(path: str | Path) -> bool:
    """Whether it is one now. pathlib would raise for a name that is too long, or that lies in a closed folder."""
    return os.path.isdir(path)  # noqa: PTH112


def _is_folder(output: str) -> bool:
    return output.endswith(("/", os.sep)) or is_folder(output) or not Path(output).suffix


def _output_file(output: str, suffix: str | None) -> Path:
    found = Path(output).suffix.lower()
    if found not in OUTPUTS:
        raise SettingsError(f"The output format {found!r:.20} is not known.", suggestion=f"Use {', '.join(OUTPUTS)}.")
    if suffix not in (None, found):
        raise SettingsError(
            f"The output's name says {found}, the format says {suffix}.", suggestion="Drop one of them."
        )
    return Path(output)


def _to_folder(inputs: Sequence[str], folder: Path | None, suffix: str) -> BatchPlan:
    found, skipped = [], []
    for source, inside in _sources(inputs, folder):
        if inside.parts and not is_meant(source):
            skipped.append(printable(str(inside)))
        else:
            within = inside if inside.parts else Path(source.name)
            found.append((source, (source.parent if folder is None else folder / within.parent), str(within)))
    # talk.mp3 beside talk.m4a: the full name tells their outputs apart.
    stems = Counter(parent / source.stem for source, parent, _ in found)
    tasks = []
    for source, parent, name in found:
        stem = source.stem if stems[parent / source.stem] == 1 else source.name
        tasks.append(Task(source, parent / f"{stem}.clean{suffix}", printable(name)))
    repeated = [target for target, n in Counter(task.target for task in tasks).items() if n > 1]
    if repeated:
        name = printable(repeated[0].name)
        raise SettingsError(f"Two inputs would both be written to {name}.", suggestion="Enhance them one by one.")
    return BatchPlan(tuple(tasks), tuple(skipped), folder)


def _with_removed(found: BatchPlan, removed: str) -> BatchPlan:
    """Names what was taken away as the results are named."""
    if len(found.tasks) == 1 and not _is_folder(removed):
        return replace(found, tasks=(replace(found.tasks[0], removed=_output_file(removed, None)),))
    if not _is_folder(removed):
        raise SettingsError(
            "What was removed of several recordings cannot be written to one file.", suggestion="Name a folder."
        )
    tasks = []
    for task in found.tasks:
        inside = Path(task.target.name)
        if found.folder is not None:
            inside = task.target.relative_to(found.folder)
        stem = inside.stem.removesuffix(".clean")
        tasks.append(replace(task, removed=Path(removed) / inside.with_name(f"{stem}.removed{inside.suffix}")))
    repeated = Counter(task.removed for task in tasks).most_common(1)
    if repeated and repeated[0][1] > 1:
        raise SettingsError("Two recordings would have the same file of what was removed.", suggestion="Use -o OUT.")
    return replace(found, tasks=tuple(tasks))


def _sources(inputs: Sequence[str], folder: Path | None) -> Iterator[tuple[Path, Path]]:
    """(file, its path inside the folder it was found in, empty for one that was named itself)."""
    outputs = None if folder is None else _real(folder)
    for given in map(Path, inputs):
        if not is_folder(given):
            yield given, Path()
            continue
        for path in sorted(given.rglob("*")):
            inside = path.relative_to(given)
            hidden = any(part.startswith(".") for part in inside.parts)
            result = outputs not in (None, _real(given)) and outputs in _real(path).parents
            ours = hidden or result or path.name == MANIFEST
            if os.path.isfile(path) and not ours:  # noqa: PTH113 — as `is_folder`
                yield path, inside


def _real(path: Path) -> Path:
    """Behind its links; of links that lead in a circle, as far as they lead. pathlib would raise."""
    return Path(os.path.realpath(path))
