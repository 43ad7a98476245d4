"""FLAC, MP3, Vorbis and Opus by libsndfile."""

from __future__ import annotations

import numpy as np
import soundfile
from numpy.typing import NDArray

from .quantized import FULL_SCALE, Quantizer


class SndfileFile:
    """compression : as libsndfile counts it, 0 (largest) to 1; None = its default."""

    def __init__(
        self, path: str, sample_rate: int, channels: int, container: str, subtype: str,
        compression: float | None = None, bitrate_mode: str | None = None,
    ) -> None:  # fmt: skip
        options = {} if compression is None else {"compression_level": compression}
        self._quantizer = Quantizer(subtype) if subtype in FULL_SCALE else None
        self._file = soundfile.SoundFile(
            path, "w", sample_rate, channels, subtype, format=container, bitrate_mode=bitrate_mode, **options
        )

    def write(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        """x (n, channels); answers what the file holds of it, or of a lossy one what was given to its encoder."""
        if self._quantizer is None:
            clipped: NDArray[np.float32] = np.clip(x, -1.0, 1.0)
            self._file.write(clipped)
            return clipped
        steps = self._quantizer.steps(x)
        self._file.write(steps * np.int32(2**31 // self._quantizer.full_scale))  # the value in the upper bits
        return self._quantizer.held(steps)

    def close(self) -> None:
        self._file.close()
