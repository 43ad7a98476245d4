"""The table applied: for good to a process that is ours, for the length of an import to one that is not."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass

from . import table

NOWHERE = "/proc/nowhere" if sys.platform == "linux" else "/nonexistent"
"""A home that not even root can make: whatever is looked for there is missing, as everything expects of a file."""


@dataclass(frozen=True)
class Note:
    """What was found in the environment, and what was done about it; never the value, which may be a secret."""

    name: str
    sentence: str
    ok: bool = True


_lock = threading.RLock()
_notes: dict[str, Note] = {}
_depth = 0
_before: dict[str, str | None] = {}
_meanwhile: dict[str, str | None] = {}


def note(name: str, sentence: str, *, ok: bool = True) -> None:
    """Keep in mind what log, doctor and diagnostics are to say. Once for each name."""
    with _lock:
        _notes.setdefault(name, Note(name, sentence, ok))


def notes() -> tuple[Note, ...]:
    """Everything found so far."""
    with _lock:
        return tuple(_notes.values())


def changes(environ: Mapping[str, str], *, ours: bool) -> dict[str, tuple[str | None, str]]:
    """Every variable to be changed: what it becomes (None: nothing), and the sentence that says so ("": none)."""
    found: dict[str, tuple[str | None, str]] = {}
    for name, (row, why) in table.faults(environ, ours=ours).items():
        sentence = f"{name} is ignored: {why}." if row.instead is None else f"{name} is taken as {row.instead}: {why}."
        found[name] = row.instead, "" if row.silent or not why else sentence
    if ours:  # what a library looks for even where nobody has said anything
        for name, value in (("MPLBACKEND", "agg"), ("GRADIO_ANALYTICS_ENABLED", "False")):
            if name not in environ:
                found[name] = value, ""
    return found | _home(environ)


def _home(environ: Mapping[str, str]) -> dict[str, tuple[str | None, str]]:
    """Half of all libraries ask for the home when they are imported, and some take no for a fault."""
    if os.name != "posix" or os.path.isabs(environ.get("HOME", "")):  # noqa: PTH117 — "~" is no home here
        return {}
    if _has_entry():
        return {"HOME": (None, "HOME is ignored: it is not an absolute path.")} if "HOME" in environ else {}
    said = "HOME is not set, and this user has no entry in the password file: there is no home."
    if "HOME" in environ:
        said = "HOME is not an absolute path, and this user has no entry in the password file: there is no home."
    return {"HOME": (NOWHERE, said)}


def _has_entry() -> bool:
    import pwd

    try:
        return os.path.isabs(pwd.getpwuid(os.getuid()).pw_dir)  # noqa: PTH117
    except (KeyError, OSError):
        return False


def mend(environ: MutableMapping[str, str] | None = None) -> None:
    """For good: this process is ours, and what it starts inherits it."""
    env = os.environ if environ is None else environ
    with _lock:
        for name, (value, sentence) in changes(env, ours=True).items():
            _set(env, name, value)
            if sentence:
                note(name, sentence)


@contextlib.contextmanager
def mended() -> Iterator[None]:
    """Until the end. The process is somebody else's: afterwards its environment is what it was, but for what the code
    inside has changed itself. Any number of threads may be inside; the last one out puts things back."""
    global _depth  # noqa: PLW0603 — one environment per process
    with _lock:
        if not _depth:
            for name, (value, sentence) in changes(os.environ, ours=False).items():
                _before[name], _meanwhile[name] = os.environ.get(name), value
                _set(os.environ, name, value)
                if sentence:
                    note(name, sentence)
        _depth += 1
    try:
        yield
    finally:
        with _lock:
            _depth -= 1
            if not _depth:
                for name, value in _before.items():
                    if os.environ.get(name) == _meanwhile[name]:
                        _set(os.environ, name, value)
                _before.clear()
                _meanwhile.clear()


def of_numba(environ: Mapping[str, str]) -> dict[str, str]:
    """What numba may read of this environment, which it does again whenever a variable has changed."""
    bad = table.faults(environ, ours=False)
    return {name: value for name, value in environ.items() if name.startswith("NUMBA_") and name not in bad}


def _set(environ: MutableMapping[str, str], name: str, value: str | None) -> None:
    if value is None:
        environ.pop(name, None)
    else:
        environ[name] = value
