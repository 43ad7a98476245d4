"""Every kernel of the pipeline, asked for once, before the first visitor needs it."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from .audio import Samples

LOW_CEILING_DBTP = -9.0

kernels_ready = threading.Event()
"""Set when an enhancement by the default settings has nothing left to wait for; another one may."""


def kernels(methods: tuple[str, ...] = ("neural", "spectral")) -> None:
    """Enhance a few seconds in mono and stereo by the denoisers named, the default one first, with every stage on.

    The sound is one that gives each of them something to do: without hum, say, nothing of the de-hummer is compiled.
    """
    from .audio import Audio
    from .enhancement import enhance
    from .files.writing.quantized import Quantizer
    from .settings import Settings

    everything = Settings.everything()
    loud = replace(everything.loudness, ceiling_dbtp=LOW_CEILING_DBTP)  # the limiter has something to do, too
    everything = replace(everything, loudness=loud)
    sound = _sound(16_000)
    for method in methods:
        for channels in (1, 2):
            enhance(
                Audio(sound[:channels], 16_000), replace(everything, denoise=replace(everything.denoise, method=method))
            )
        Quantizer("PCM_16").steps(sound.T)
        kernels_ready.set()


def _sound(sample_rate: int, seconds: float = 8.0) -> Samples:
    """A hummed, clipped, clicking voice of sorts with sharp hisses: (2, n)."""
    t = np.arange(round(seconds * sample_rate)) / sample_rate
    rng = np.random.default_rng(0)
    voice = 0.3 * np.sin(2 * np.pi * 180 * t) * (np.sin(2 * np.pi * 1.5 * t) > 0)
    hiss = np.diff(rng.standard_normal(t.size + 1)) * 0.1 * (np.sin(2 * np.pi * 0.7 * t) > 0.9)
    hum = 0.02 * sum(np.sin(2 * np.pi * 50 * k * t + k) for k in range(1, 6))
    x = np.clip(voice, -0.25, 0.25) + hiss + hum + 1e-3 * rng.standard_normal(t.size)
    x[:: sample_rate // 2] += 0.7
    x[t < 1] = np.clip(4 * voice[t < 1], -0.5, 0.5)
    both: Samples = np.stack((x, 0.8 * x)).astype(np.float32)
    return both
