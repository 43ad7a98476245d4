"""Call what the service will call, so that a fault shows itself here, or its code is compiled here."""

from __future__ import annotations

import importlib
from importlib import util

from runtime import warm_up


def librosa_parts() -> None:
    """Use the parts of librosa whose import compiles, and fails where there is no cache. Raises what they raise."""
    import numpy as np

    notation = importlib.import_module("librosa.core.notation")  # __o_fold
    audio = importlib.import_module("librosa.core.audio")  # _zc_wrapper
    utils = importlib.import_module("librosa.util")  # _localmax, _cabs2
    tone = np.sin(np.arange(2048, dtype=np.float32) / 8)
    notation.interval_to_fjs(1.5)
    audio.zero_crossings(tone)
    utils.localmax(tone)
    utils.abs2(tone.astype(np.complex64))


def has_pipeline() -> bool:
    """Whether the enhancement itself is there to be exercised."""
    return util.find_spec("pipeline") is not None


def enhancement() -> None:
    """Enhance short synthetic signals, as the warm-up does. Raises RuntimeError with the reason if that fails."""
    warm_up.run()
    error = warm_up.status()["error"]
    if error is not None:
        raise RuntimeError(error)
