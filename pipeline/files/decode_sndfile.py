"""PCM, FLAC, Vorbis and Opus by libsndfile, in blocks."""

from __future__ import annotations

import numpy as np
import soundfile

from .decoded import Block, Blocks, damaged
from .watch import Watch, WatchedFile

BLOCK = 1 << 16  # frames
VALUES = 1 << 19  # of all channels; a file may say that it has a thousand
UNKNOWN = 2**62  # frames; libsndfile says 2**63 - 1 where the file does not say


def blocks(file: WatchedFile, watch: Watch) -> Blocks:
    """The recording in `file`, block by block. Integers are scaled to ±1, floats come as they are.

    Raises AudioError where libsndfile does not go on, and what `watch` raises.
    """
    try:
        # An open file, not a name: the suffix would be believed, ".raw" even to the point of refusing.
        with soundfile.SoundFile(file) as sound:
            watch.check()
            claimed_s = sound.frames / sound.samplerate if 0 < sound.frames < UNKNOWN else None
            frames = max(1, min(BLOCK, VALUES // sound.channels))
            while (x := sound.read(frames, dtype="float32", always_2d=True)).size:
                watch.check()
                yield Block(sound.samplerate, np.ascontiguousarray(x.T), claimed_s)
            watch.check()
    except (soundfile.SoundFileError, ValueError, RuntimeError, ZeroDivisionError) as error:
        watch.check()
        reason = getattr(error, "error_string", type(error).__name__)
        raise damaged(f"libsndfile: {reason:.120}") from None
