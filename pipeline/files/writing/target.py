"""Where a file is to be written: refused before the work where it cannot be, and put there whole or not at all."""

from __future__ import annotations

import hashlib
import os
import platform
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import soundfile

from pipeline.errors import EnhancementError, FullError, SettingsError, is_full

MOST_NAME_BYTES = 255  # of nearly every file system; Linux says it for the folder at hand
_ADVICE = "Check that the folder exists, may be written to and has space left."


def checked_target(
    target: str | os.PathLike[str],
    source: str | os.PathLike[str] | None = None,
    *,
    overwrite: bool = True,
    makes_folder: bool = False,
) -> Path:
    """The path, if a file can be written there as far as can be told without writing it.

    source : the recording, which is never written over
    overwrite : another file may be replaced
    makes_folder : a folder that is missing will be made

    Raises EnhancementError (it cannot be written there) and SettingsError (it should not).
    """
    path = Path(target)
    try:
        if os.path.lexists(path):
            _check_there(path, source, overwrite=overwrite)
        folder = _nearest_folder(path.parent) if makes_folder else path.parent
        if not folder.is_dir():
            raise _unwritable("there is no such folder")
        if not os.access(folder, os.W_OK | os.X_OK):
            raise _unwritable("the folder may not be written to")
        for name in path.relative_to(folder).parts:
            _check_name(name, folder)
    except (OSError, ValueError) as error:
        if isinstance(error, EnhancementError):
            raise
        raise _unwritable(getattr(error, "strerror", "") or "", error) from None
    return path


def _check_there(path: Path, source: str | os.PathLike[str] | None, *, overwrite: bool) -> None:
    if source is not None and _is_same_file(path, Path(source)):
        raise SettingsError("The output is the input itself.", suggestion="Name another output.")
    if path.is_dir():
        raise _unwritable("there is a folder of this name")
    if path.exists() and not path.is_file():
        raise _unwritable("there is a device of this name")
    if not overwrite:
        raise SettingsError("The output exists already.", suggestion="Pass --overwrite to replace it.")


def _is_same_file(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except (OSError, ValueError):  # one of them is not there, or lies where we may not look
        return False


def _nearest_folder(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    while not os.path.lexists(folder) and folder != folder.parent:
        folder = folder.parent
    return folder


def _check_name(name: str, folder: Path) -> None:
    """The names of parts are shorter than the shortest limit, whatever the name of the file is."""
    most = MOST_NAME_BYTES
    if hasattr(os, "pathconf"):
        with suppress(OSError, ValueError):
            most = os.pathconf(folder, "PC_NAME_MAX")
    if len(os.fsencode(name)) > most:
        raise EnhancementError(
            f"The name of the output has more than {most} bytes, the most that a name can have there.",
            suggestion="Name a shorter one with -o, or rename the recording.",
        )


def _unwritable(details: str, fault: BaseException | None = None) -> EnhancementError:
    kind = FullError if fault is not None and is_full(fault) else EnhancementError
    return kind("The result could not be written.", details=details, suggestion=_ADVICE)


@contextmanager
def replacing(target: Path) -> Iterator[str]:
    """A temporary name beside `target`, renamed to it on success and removed on failure.

    Raises EnhancementError for what the operating system refuses; it names no path.
    """
    part = target.with_name(f"{_part_prefix(target)}{os.getpid()}-{secrets.token_hex(8)}.part")
    try:
        yield os.fspath(part)
        part.replace(target)
    except EnhancementError:
        raise
    except (OSError, ValueError, AssertionError, soundfile.SoundFileError) as error:  # assertion: a full disk
        said = getattr(error, "strerror", "") or getattr(error, "error_string", "")
        raise _unwritable(said, error) from None
    finally:
        with suppress(OSError, ValueError):
            part.unlink(missing_ok=True)


def remove_unfinished(target: Path) -> None:
    """Remove what processes of this machine that were killed while saving to `target` left beside it."""
    prefix = _part_prefix(target)
    for part in target.parent.glob(f"{prefix}*.part"):
        writer = part.name.removeprefix(prefix).split("-")[0]
        if writer.isdecimal() and not _lives(int(writer)):
            part.unlink(missing_ok=True)


def _lives(process: int) -> bool:
    """Whether there is such a process: another batch's, say, that writes to the same target. On Windows, where asking
    would be a signal, any is taken to live."""
    if os.name == "nt":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it is somebody else's
        return True
    return True


def _part_prefix(target: Path) -> str:
    """Short and harmless whatever the target's name is: that may fill the 255 bytes a name can have."""
    name = f"{platform.node()}/{target.name}"  # a shared disk has writers on several machines
    return f".{hashlib.blake2s(name.encode('utf-8', 'surrogatepass'), digest_size=8).hexdigest()}-"
