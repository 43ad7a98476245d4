"""Samples in, file out: whole or not at all."""

from __future__ import annotations

import hashlib
import os
import platform
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import TracebackType

import numpy as np
import soundfile
from numpy.typing import NDArray

from pipeline.audio import Audio, Samples
from pipeline.errors import EnhancementError

from .formats import DEFAULT, AudioShape, Encoding, sndfile_format

BLOCK = 1 << 16  # frames
DITHER_SEED = 1

_FULL_SCALE = {"PCM_16": 2**15, "PCM_24": 2**23}


class Writer:
    """Writes a recording block by block; the suffix says how: .wav, .flac, .mp3, .ogg (Vorbis) or .opus.

    shape : rate, channels, and samples per channel (more than come do no harm: they choose the kind of header)
    encoding : bit depth and bit rate. 16 bit are dithered (triangular, 2 steps wide, the same in every run), except a
        block that fits 16 bit as it is: silence stays silent, and a 16-bit recording stays itself. Vorbis has a quality
        instead of a bit rate, and takes about as much as MP3 does by default.

    A context manager: the file appears complete, under its name, when the context ends well, or not at all: it is
    written beside it and then renamed.

    Raises SettingsError (a format, subtype, rate or channel count that do not go together) and
    EnhancementError (it cannot be written there).
    """

    def __init__(self, path: str | os.PathLike[str], shape: AudioShape, encoding: Encoding = DEFAULT) -> None:
        self._form = sndfile_format(Path(path).suffix, shape, encoding)
        self._path, self._shape, self._stack = Path(path), shape, ExitStack()
        self._rng = np.random.default_rng(DITHER_SEED)

    def __enter__(self) -> Writer:
        form = self._form
        options = {} if form.compression is None else {"compression_level": form.compression}
        with ExitStack() as stack:
            part = stack.enter_context(_replacing(self._path))
            self._file = stack.enter_context(
                soundfile.SoundFile(
                    part, "w", self._shape.sample_rate, self._shape.channels, form.subtype, format=form.container,
                    bitrate_mode=form.bitrate_mode, **options,
                )
            )  # fmt: skip
            self._stack = stack.pop_all()
        return self

    def write(self, block: Samples) -> None:
        """The next samples (channels, n) float32; beyond ±1 they are clipped, except in a FLOAT wav."""
        for at in range(0, block.shape[1], BLOCK):
            self._file.write(self._encoded(block[:, at : at + BLOCK].T))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def _encoded(self, x: NDArray[np.float32]) -> NDArray[np.float32] | NDArray[np.int32]:
        """x (n, channels) as the encoder takes it: int32, the value in the upper bits, or float32."""
        subtype = self._form.subtype
        if subtype in _FULL_SCALE:
            return _quantized(x, _FULL_SCALE[subtype], self._rng if subtype == "PCM_16" else None)
        return x if subtype == "FLOAT" else np.clip(x, -1.0, 1.0)


def save(
    path: str | os.PathLike[str],
    audio: Audio,
    *,
    subtype: str = DEFAULT.subtype,
    bitrate_kbps: float = DEFAULT.bitrate_kbps,
) -> None:
    """Write a whole recording.

    path : its suffix says how: .wav, .flac, .mp3, .ogg (Vorbis) or .opus
    subtype : "PCM_16", "PCM_24" (default: what was won over 16 bit is kept) or, for wav, "FLOAT"
    bitrate_kbps : of mp3, constant, 8 to 320

    Raises SettingsError and EnhancementError, as `Writer` does.
    """
    shape = AudioShape(audio.sample_rate, audio.channels, audio.samples.shape[1])
    with Writer(path, shape, Encoding(subtype, bitrate_kbps)) as writer:
        for at in range(0, shape.samples, BLOCK):
            writer.write(audio.samples[:, at : at + BLOCK])


def _quantized(x: NDArray[np.float32], full_scale: int, rng: np.random.Generator | None) -> NDArray[np.int32]:
    """Rounded here, so that a file of this depth comes back unchanged (libsndfile scales by full_scale - 1)."""
    y = x.astype(np.float64) * full_scale
    if rng is not None and not np.array_equal(y, np.rint(y)):
        y += rng.random(y.shape) - rng.random(y.shape)
    steps = np.clip(np.rint(y), -full_scale, full_scale - 1).astype(np.int32)
    return steps * np.int32(2**31 // full_scale)


@contextmanager
def _replacing(target: Path) -> Iterator[str]:
    """A temporary name beside `target`, renamed to it on success and removed on failure.

    Raises EnhancementError for what the operating system refuses; it names no path.
    """
    part = target.with_name(f"{_part_prefix(target)}{os.getpid()}-{secrets.token_hex(8)}.part")
    try:
        yield os.fspath(part)
        part.replace(target)
    except (OSError, ValueError, AssertionError, soundfile.SoundFileError) as error:  # assertion: a full disk
        raise EnhancementError(
            "The result could not be written.",
            details=getattr(error, "strerror", "") or getattr(error, "error_string", ""),
            suggestion="Check that the folder exists, may be written to and has space left.",
        ) from None
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
