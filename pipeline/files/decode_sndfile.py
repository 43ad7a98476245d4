"""PCM, FLAC, Vorbis and Opus by libsndfile, in blocks."""

from __future__ import annotations

from collections.abc import Generator
from typing import BinaryIO

import numpy as np
import soundfile

from pipeline.audio import Samples
from pipeline.errors import AudioError

BLOCK = 1 << 16  # frames

Blocks = Generator[tuple[int, Samples], None, None]  # sample rate in Hz, float32 (channels, n)


def damaged(details: str) -> AudioError:
    """What is said of a file that no decoder gets sound from."""
    return AudioError(
        "The file is damaged or incomplete: no sound could be read from it.",
        details=details,
        suggestion="Export or record it again, or choose another file.",
    )


def blocks(file: BinaryIO) -> Blocks:
    """The recording in `file`, block by block. Integers are scaled to ±1, floats come as they are.

    Raises AudioError where libsndfile does not go on.
    """
    try:
        # By descriptor, not by name: the suffix would be believed, ".raw" even to the point of refusing.
        with soundfile.SoundFile(file.fileno(), closefd=False) as sound:
            while (x := sound.read(BLOCK, dtype="float32", always_2d=True)).size:
                yield sound.samplerate, np.ascontiguousarray(x.T)
    except (soundfile.SoundFileError, ValueError, RuntimeError) as error:
        reason = getattr(error, "error_string", type(error).__name__)
        raise damaged(f"libsndfile: {reason:.120}") from None
