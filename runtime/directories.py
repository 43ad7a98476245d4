"""May a directory be trusted with compiled code?

Cache files are pickles and native code, loaded without a question: whoever can write the directory owns the process.
So a directory is taken only if nobody but us (and root) could have put, or could exchange, anything in it.
"""

from __future__ import annotations

import os
import secrets
import stat
import sys
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

NAME = "ai-speech-enhancement"
PROBE_BYTES = b"probe" * 1024
UID_MAP = Path("/proc/self/uid_map")
WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def current_uid() -> int | None:
    """The user whose rights this process has; None where users have no numbers (Windows)."""
    return os.geteuid() if hasattr(os, "geteuid") else None


@cache
def unmapped_uid() -> int | None:
    """The user that the kernel shows as the owner of whatever belongs to none of this namespace; None where it knows
    all users.

    Where Apptainer or bubblewrap map one user alone, / and /tmp belong to 65534 (user_namespaces(7)). Who else that
    may be can be told no more than who root is outside; nobody inside can become it.
    """
    try:
        overflow = int(Path("/proc/sys/kernel/overflowuid").read_text(encoding="ascii"))
        ranges = [list(map(int, line.split())) for line in UID_MAP.read_text(encoding="ascii").splitlines()]
    except (OSError, ValueError):  # not Linux
        return None
    return None if any(first <= overflow < first + count for first, _, count in ranges) else overflow


def owners_above() -> set[int]:
    """Whose directories may stand above one of ours: they could exchange it, and so could root."""
    return {0, *(uid for uid in (current_uid(), unmapped_uid()) if uid is not None)}


def owners_of_read_only() -> set[int]:
    """Whose code may be run that is only read: ours, root's, and that of whoever owns this program."""
    uid, unmapped = current_uid(), unmapped_uid()
    program = {unmapped} if unmapped is not None and Path(__file__).stat().st_uid == unmapped else set()
    return {0, *({uid} if uid is not None else ()), *program}


def distrust_entry(info: os.stat_result, *, owners: set[int]) -> str | None:
    """Why a file or directory with this `info` could have been written by somebody else; None if it could not."""
    if not hasattr(os, "geteuid"):  # Windows: owner and mode say nothing there; profiles are private by their ACLs
        return None
    if info.st_uid not in owners:
        return f"it belongs to user {info.st_uid}"
    if info.st_mode & WRITABLE_BY_OTHERS:
        return f"other users can write it (mode {stat.S_IMODE(info.st_mode):04o})"
    return None


def _distrust_ancestors(path: Path, owners: set[int]) -> str | None:
    """Why some directory above `path` would let another user exchange what `path` names."""
    for ancestor in reversed(path.parents):
        try:
            info = ancestor.lstat()
        except FileNotFoundError:
            return None  # nothing from here on exists: we are the ones to make it
        except OSError as fault:
            return f"{ancestor} cannot be examined ({fault.strerror})"
        if hasattr(os, "geteuid") and info.st_uid not in owners:
            return f"{ancestor} above it belongs to user {info.st_uid}"
        shared = info.st_mode & WRITABLE_BY_OTHERS and not info.st_mode & stat.S_ISVTX
        if shared and hasattr(os, "geteuid") and not stat.S_ISLNK(info.st_mode):
            return f"other users can exchange what is in {ancestor} (mode {stat.S_IMODE(info.st_mode):04o})"
    return None


def distrust(path: Path, *, root_may_own: bool = False) -> str | None:
    """Why `path` may not hold code that we execute; None if it may. It need not exist yet.

    `root_may_own` accepts a directory that root made, for one that is only read.
    """
    uid = current_uid()
    if ".." in path.parts:
        return "its path contains '..'"
    above = owners_above()
    reason = _distrust_ancestors(path, above)
    if reason is None and path.parent != (resolved := path.parent.resolve()):  # links above it lead elsewhere
        reason = _distrust_ancestors(resolved / path.name, above)
    if reason is not None:
        return reason
    try:
        info = path.lstat()
    except OSError as fault:
        return None if isinstance(fault, FileNotFoundError) else f"it cannot be examined ({fault.strerror})"
    if stat.S_ISLNK(info.st_mode):
        return "it is a symbolic link"
    if not stat.S_ISDIR(info.st_mode):
        return "it is not a directory"
    return distrust_entry(info, owners=owners_of_read_only() if root_may_own or uid is None else {uid})


def distrust_tree(path: Path) -> str | None:
    """Why anything inside `path`, which is only read, may not be trusted; None if all of it may."""
    owners = owners_of_read_only()
    reason = distrust(path, root_may_own=True)
    if reason is not None:
        return reason

    def unreadable(fault: OSError) -> None:
        raise fault

    try:
        for folder, folders, files in os.walk(path, onerror=unreadable):
            for name in folders + files:
                entry = Path(folder, name)
                info = entry.lstat()
                if stat.S_ISLNK(info.st_mode):
                    return f"{entry} is a symbolic link"
                if (why := distrust_entry(info, owners=owners)) is not None:
                    return f"{entry}: {why}"
    except OSError as fault:
        return f"it cannot be read ({fault.strerror}: {fault.filename})"
    return None


def make_private(path: Path) -> None:
    """Create `path` and what is missing above it, each open to us alone. Raises OSError."""
    missing = []
    place = path
    while not place.exists() and not place.is_symlink():
        missing.append(place)
        place = place.parent
    for place in reversed(missing):
        place.mkdir(mode=0o700, exist_ok=True)  # exist_ok: another process of ours may be starting as well
        if hasattr(os, "geteuid") and place.stat().st_mode & 0o700 != 0o700 and place.stat().st_uid == os.geteuid():
            place.chmod(0o700)  # a umask that takes rights from ourselves


def probe(path: Path) -> None:
    """Do in `path` what the cache will do there: create, write, replace, read, delete. Raises OSError.

    `os.access` would only be an opinion: read-only mounts, quotas and full disks show themselves in the doing.
    """
    first = path / f".probe-{secrets.token_hex(8)}"
    second = first.with_suffix(".new")
    try:
        second.write_bytes(PROBE_BYTES)
        second.replace(first)
        if first.read_bytes() != PROBE_BYTES:
            raise OSError("what was written is not what was read")
    finally:
        for leftover in (first, second):
            leftover.unlink(missing_ok=True)


def refuse_as_cache(path: Path) -> str | None:
    """Make `path` ready to hold our compiled code; the reason if it must not or cannot, None if it now is."""
    if not path.is_absolute():
        return "its path is not absolute"
    if (reason := distrust(path)) is not None:
        return reason
    try:
        make_private(path)
        if (reason := distrust(path)) is not None:  # again: someone may have been quicker than we
            return reason
        probe(path)
    except OSError as fault:
        return f"it cannot be written ({fault.strerror or fault})"
    return None


def user_cache_dir(environ: Mapping[str, str], content: str = "numba") -> Path | None:
    """Where this system keeps a user's caches, for one kind of content; None when the user has no usable home."""
    if sys.platform == "win32":
        base = environ.get("LOCALAPPDATA")
        return Path(base, NAME, content) if base else None
    if sys.platform != "darwin" and Path(environ.get("XDG_CACHE_HOME", "")).is_absolute():
        return Path(environ["XDG_CACHE_HOME"], NAME, content)
    try:
        home = Path.home()
    except RuntimeError:  # no HOME and no entry in the password file
        return None
    if not home.is_absolute() or not home.is_dir():  # a home that is missing is not ours to make
        return None
    return home / ("Library/Caches" if sys.platform == "darwin" else ".cache") / NAME / content


def temporary_cache_dir(content: str = "numba") -> Path | None:
    """A directory of our own, by user, where temporary files go; None where there is no such place."""
    try:
        base = tempfile.gettempdir()
    except OSError:  # FileNotFoundError: no temporary directory can be written
        return None
    return Path(base).resolve() / f"{NAME}-{content}-{current_uid() if current_uid() is not None else 'user'}"
