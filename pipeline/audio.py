"""The one layout every function here works on, and the one gate every recording passes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import AudioError, LimitError

Samples = NDArray[np.float32]

MIN_SAMPLE_RATE, MAX_SAMPLE_RATE = 8_000, 192_000
MAX_CHANNELS = 8


@dataclass(frozen=True, eq=False)
class Audio:
    """A recording.

    samples : float32 (channels, n), full scale ±1, C-contiguous, finite. Any real array (channels, n) or (n,) is
        taken and converted; integers are scaled by their type's full scale.
    sample_rate : Hz

    Raises AudioError (not numbers, not finite, no samples, a strange shape) and LimitError (rate, channels).
    """

    samples: Samples
    sample_rate: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "sample_rate", _valid_rate(self.sample_rate))
        object.__setattr__(self, "samples", _valid_samples(self.samples))

    @property
    def channels(self) -> int:
        return int(self.samples.shape[0])

    @property
    def duration_s(self) -> float:
        return int(self.samples.shape[1]) / self.sample_rate


def _valid_rate(sample_rate: Any) -> int:
    try:
        rate = int(sample_rate)
        exact = rate == sample_rate
    except (TypeError, ValueError, OverflowError):
        exact, rate = False, 0
    if not exact:
        raise AudioError(f"The sample rate must be a whole number of Hz, not {sample_rate!r:.40}.")
    if not MIN_SAMPLE_RATE <= rate <= MAX_SAMPLE_RATE:
        raise LimitError(
            f"A sample rate of {rate} Hz is outside {MIN_SAMPLE_RATE} to {MAX_SAMPLE_RATE} Hz.",
            suggestion="Convert the recording to 48000 Hz and try again.",
        )
    return rate


def _valid_samples(samples: Any) -> Samples:
    x = np.asarray(samples)
    if x.dtype.kind not in "fiu":
        raise AudioError(f"Samples must be real numbers, not {x.dtype}.")
    if x.ndim == 1:
        x = x[np.newaxis]
    if x.ndim != 2:
        raise AudioError(f"Samples must have the shape (channels, n), not {x.shape}.")
    if x.shape[0] == 0 or x.shape[1] == 0:
        raise AudioError("The recording is empty: it holds no samples.", suggestion="Record or choose another file.")
    if x.shape[0] > MAX_CHANNELS:
        hint = "The array looks transposed: (channels, n) is expected." if x.shape[0] > x.shape[1] else ""
        raise LimitError(
            f"{x.shape[0]} channels are more than {MAX_CHANNELS}.", suggestion=hint or "Mix it down first."
        )
    if x.dtype.kind in "iu":
        x = _from_integers(x)
    y: Samples = np.ascontiguousarray(x, dtype=np.float32)
    if not np.isfinite(y).all():
        raise not_finite()
    return y


def not_finite() -> AudioError:
    """What is said of samples that are not numbers."""
    return AudioError(
        "The recording holds samples that are not numbers (NaN or infinite).",
        suggestion="The file is damaged: export it again from the program that made it.",
    )


def _from_integers(x: NDArray[Any]) -> NDArray[np.float32]:
    info = np.iinfo(x.dtype)
    half = (int(info.max) - int(info.min) + 1) // 2
    centre = half if x.dtype.kind == "u" else 0
    scaled: NDArray[np.float32] = ((x.astype(np.float64) - centre) / half).astype(np.float32)
    return scaled
