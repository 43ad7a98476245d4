"""PCM, FLAC, Vorbis and Opus by libsndfile, in blocks."""

from __future__ import annotations

from typing import BinaryIO

import numpy as np
import soundfile

from .decoded import Blocks, damaged

BLOCK = 1 << 16  # frames


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
