"""Where uploads and results live, and how they disappear.

One run of the program owns one directory with an unguessable name, readable by its user alone, and holds a lock on it:

    <temporary directory>/ai-speech-enhancement-web-xxxxxxxx/   0700
        .lock                  held while the run lives; a directory whose lock is free is a leftover of an earlier run
        in-<random>/talk.m4a   one directory per upload
        out-<random>/…         one directory per request: result, pictures

What a request may name stands in the ledger: whatever else lies here is nobody's business. A sweeper removes what is
older than the lifetime and not in use; a leftover goes when the next run starts.
"""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import shutil
import stat
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import IO, Any

from pipeline.errors import AudioError, EnhancementError

from .ledger import Ledger

fcntl: Any
try:
    fcntl = import_module("fcntl")
except ImportError:  # Windows: no locks, so leftovers are told by their age alone
    fcntl = None

log = logging.getLogger(__name__)

PREFIX = "ai-speech-enhancement-web-"
NOWHERE = Path("/proc/nowhere")  # not even root could make it
ADVICE = "Give the service a writable temporary directory: mount one at /tmp, or set GRADIO_TEMP_DIR."


HOW_TO_UPLOAD = (
    "Upload the file first (gradio_client: handle_file; HTTP: POST /gradio_api/upload) and give what that returns."
)


class NoStorageError(EnhancementError):
    """No directory can be written, so nothing can be uploaded or saved."""

    status = 507

    def __init__(self) -> None:
        super().__init__(
            "This server has no directory it can write to, so it cannot take or make files.", suggestion=ADVICE
        )


def refused_path() -> AudioError:
    """What a request gets that names a file which was not uploaded here."""
    return AudioError("This file was not uploaded to this server, or has expired.", suggestion=HOW_TO_UPLOAD)


class Storage:
    """The directory of this run. `root` names it from the start; `open` makes it; `close` removes it."""

    def __init__(self, root: Path, *, usable: bool) -> None:
        self.root = root
        self.usable = usable
        self._lock: IO[bytes] | None = None
        self._stop = threading.Event()
        self._in_use: Counter[Path] = Counter()
        self._in_use_lock = threading.Lock()
        self.ledger = Ledger()
        self.on_sweep: list[Callable[[float], None]] = []  # told the lifetime, for what is kept elsewhere
        self.on_close: list[Callable[[], None]] = []

    @classmethod
    def choose(cls, environ: Mapping[str, str] | None = None) -> Storage:
        """A storage beneath the first directory that can be written; nothing is created yet."""
        for parent in _parents(os.environ if environ is None else environ):
            if parent.is_dir() and os.access(parent, os.W_OK | os.X_OK):
                return cls(parent.resolve() / f"{PREFIX}{secrets.token_hex(12)}", usable=True)
        return cls(NOWHERE / f"{PREFIX}{secrets.token_hex(12)}", usable=False)

    def open(self, lifetime_s: float) -> None:
        """Make the directory, remove leftovers of earlier runs, and keep removing what is older than `lifetime_s`."""
        if not self.usable or self._lock is not None:
            return
        try:
            self.root.mkdir(mode=0o700)
            self._lock = (self.root / ".lock").open("wb")
        except OSError as fault:  # permissions said yes, the disk says no: full, quota, just removed
            log.warning("Cannot store files in %s (%s). %s", self.root.parent, fault.strerror, ADVICE)
            self.usable = False
            return
        _try_lock(self._lock)
        remove_leftovers(self.root.parent, lifetime_s)
        threading.Thread(target=self._sweep_forever, args=(lifetime_s,), name="sweeper", daemon=True).start()

    def close(self) -> None:
        """Remove everything of this run."""
        self._stop.set()
        for told in self.on_close:
            told()
        if self._lock is not None:
            shutil.rmtree(self.root, ignore_errors=True)
            self._lock.close()
            self._lock = None

    def new_folder(self, kind: str = "out") -> Path:
        """A directory for one request ("out") or one upload ("in"). Raises NoStorageError."""
        if not self.usable:
            raise NoStorageError
        folder = self.root / f"{kind}-{secrets.token_urlsafe(16)}"
        try:
            folder.mkdir(mode=0o700)
        except OSError as fault:
            raise NoStorageError from fault
        return folder

    def give(self, path: Path, visitor: str = "") -> None:
        """From now on whoever knows its name may open this file of ours; its room is `visitor`'s."""
        self.ledger.add(path, visitor, path.stat().st_size)

    def owns(self, path: str | os.PathLike[str]) -> bool:
        """Is this a file that was given out in this run: an upload, or a result?

        The name is judged as it is given, before anything follows it: `/proc/self/fd/9` leads to whatever this process
        has open, a recording of somebody else among it. So only the one spelling that was given out is ours, and only
        while it is a file in a directory, with no link on the way.
        """
        text = os.fspath(path)
        if text not in self.ledger:
            return False
        try:
            kinds = [stat.S_IFMT(name.lstat().st_mode) for name in (Path(text).parent, Path(text))]
        except (OSError, ValueError):
            return False
        return kinds == [stat.S_IFDIR, stat.S_IFREG]

    def discard(self, path: Path) -> None:
        """Remove a file of ours, and its directory if that is empty then."""
        self.ledger.remove(path)
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
            path.parent.rmdir()

    @contextlib.contextmanager
    def keeping(self, path: Path) -> Iterator[None]:
        """Until the end, the sweeper leaves this file or directory alone; then its lifetime begins anew."""
        with self._in_use_lock:
            self._in_use[path] += 1
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                if path.is_relative_to(self.root):
                    os.utime(path)
            with self._in_use_lock:
                self._in_use[path] -= 1
                if not self._in_use[path]:
                    del self._in_use[path]

    def directories(self) -> dict[str, str]:
        """What the diagnostics show: where, but not the name that nobody needs to know."""
        return dict.fromkeys(("uploads", "outputs", "spectrograms"), str(self.root.parent))

    def sweep(self, lifetime_s: float) -> None:
        """Remove files older than `lifetime_s` that nobody uses, and directories left empty."""
        oldest = time.time() - lifetime_s
        with self._in_use_lock:
            spared = {self.root / ".lock", *self._in_use}
        for folder, _, files in os.walk(self.root, topdown=False):
            for name in files:
                path = Path(folder, name)
                with contextlib.suppress(OSError):
                    if spared.isdisjoint((path, path.parent)) and path.lstat().st_mtime < oldest:
                        path.unlink()
                        self.ledger.remove(path)
            if Path(folder) not in {self.root, *spared}:
                with contextlib.suppress(OSError):
                    if Path(folder).stat().st_mtime < oldest:  # a request that just began may have an empty one
                        Path(folder).rmdir()

    def _sweep_forever(self, lifetime_s: float) -> None:
        while not self._stop.wait(min(60.0, lifetime_s / 4)):
            self.sweep(lifetime_s)
            for told in self.on_sweep:
                told(lifetime_s)


def remove_leftovers(parent: Path, lifetime_s: float) -> None:
    """Remove directories of runs that no longer live. Only our own: by name, kind and owner."""
    for entry in parent.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            info = entry.lstat()
            if not stat.S_ISDIR(info.st_mode) or (hasattr(os, "geteuid") and info.st_uid != os.geteuid()):
                continue
            if _is_dead(entry, info, lifetime_s):
                shutil.rmtree(entry, ignore_errors=True)
                log.info("Removed files of an earlier run.")


def _parents(env: Mapping[str, str]) -> Iterable[Path]:
    names = [env.get(key, "") for key in ("GRADIO_TEMP_DIR", "TMPDIR", "TEMP", "TMP")]
    if os.name == "nt":
        with contextlib.suppress(OSError):
            names.append(tempfile.gettempdir())
    return [Path(name) for name in [*names, "/tmp", "/var/tmp", "/dev/shm"] if name]  # noqa: S108


def _try_lock(file: IO[bytes]) -> bool:
    if fcntl is None:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _is_dead(entry: Path, info: os.stat_result, lifetime_s: float) -> bool:
    if fcntl is None:
        return time.time() - info.st_mtime > lifetime_s
    try:
        with (entry / ".lock").open("rb+") as file:
            return _try_lock(file)
    except FileNotFoundError:  # it died before it had a lock, or is just being born
        return time.time() - info.st_mtime > 60
