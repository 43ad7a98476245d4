"""Call what the service will call, so that a fault shows itself here, or its code is compiled here."""

from __future__ import annotations

import importlib
from collections.abc import Callable

from runtime import warm_up


def librosa_parts() -> None:
    """Use the parts of librosa whose import compiles, and fails where there is no cache, and those that draw the
    pictures. Raises what they raise."""
    import numpy as np

    notation = importlib.import_module("librosa.core.notation")  # __o_fold
    audio = importlib.import_module("librosa.core.audio")  # _zc_wrapper
    utils = importlib.import_module("librosa.util")  # _localmax, _cabs2
    filters = importlib.import_module("librosa.filters")
    spectrum = importlib.import_module("librosa.core.spectrum")
    tone = np.sin(np.arange(2048, dtype=np.float32) / 8)
    notation.interval_to_fjs(1.5)
    audio.zero_crossings(tone)
    utils.localmax(tone)
    utils.abs2(tone.astype(np.complex64))
    spectrum.power_to_db(filters.mel(sr=48_000, n_fft=1024, n_mels=32) @ np.ones((513, 1), np.float32))


def warmed_up(task: Callable[[], None]) -> None:
    """Run the warm-up's `task` now. Raises RuntimeError with the reason if that fails."""
    warm_up.run(task)
    error = warm_up.status()["error"]
    if error is not None:
        raise RuntimeError(error)
