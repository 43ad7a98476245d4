"""`Audio` in, file out: whole or not at all."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from .audio import Audio
from .errors import EnhancementError
from .formats import Form, form_of

BLOCK = 1 << 16  # frames
DITHER_SEED = 1

_FULL_SCALE = {"PCM_16": 2**15, "PCM_24": 2**23}


def save(path: str | os.PathLike[str], audio: Audio, *, subtype: str = "PCM_24", bitrate_kbps: float = 192.0) -> None:
    """Write a recording; the suffix says how: .wav, .flac, .mp3, .ogg (Vorbis) or .opus.

    audio : samples float32 (channels, n); beyond ±1 they are clipped, except in a FLOAT wav
    subtype : "PCM_16", "PCM_24" (default: what was won over 16 bit is kept) or, for wav, "FLOAT". 16 bit are
        dithered (triangular, 2 steps wide, the same in every run), except a block that fits 16 bit as it is:
        silence stays silent, and a 16-bit recording stays itself.
    bitrate_kbps : of mp3 (constant, 8 to 320); Vorbis has a quality instead, and takes about as much

    The file appears complete, under its name, or not at all: it is written beside it and then renamed.

    Raises SettingsError (a format, subtype, rate or channel count that do not go together) and
    EnhancementError (it cannot be written there).
    """
    form = form_of(Path(path).suffix, audio, subtype, bitrate_kbps)
    with _replacing(Path(path)) as part:
        options = {} if form.compression is None else {"compression_level": form.compression}
        with soundfile.SoundFile(
            part, "w", audio.sample_rate, audio.channels, form.subtype, format=form.container,
            bitrate_mode=form.bitrate_mode, **options,
        ) as sound:  # fmt: skip
            for block in _blocks(audio, form):
                sound.write(block)


def _blocks(audio: Audio, form: Form) -> Iterator[NDArray[np.float32] | NDArray[np.int32]]:
    """(n, channels), as the encoder takes them: int32, the value in the upper bits, or float32."""
    rng = np.random.default_rng(DITHER_SEED)
    for at in range(0, audio.samples.shape[1], BLOCK):
        x = audio.samples[:, at : at + BLOCK].T
        if form.subtype in _FULL_SCALE:
            yield _quantized(x, _FULL_SCALE[form.subtype], rng if form.subtype == "PCM_16" else None)
        else:
            yield x if form.subtype == "FLOAT" else np.clip(x, -1.0, 1.0)


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
    part = target.with_name(f"{_part_prefix(target)}{secrets.token_hex(8)}.part")
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
    """Remove what a process that was killed while saving to `target` left beside it."""
    for part in target.parent.glob(f"{_part_prefix(target)}*.part"):
        part.unlink(missing_ok=True)


def _part_prefix(target: Path) -> str:
    """Short and harmless whatever the target's name is: that may fill the 255 bytes a name can have."""
    return f".{hashlib.blake2s(target.name.encode('utf-8', 'surrogatepass'), digest_size=8).hexdigest()}-"
