"""Everything the app will ask numba to compile, asked for once, before the first visitor does."""

from __future__ import annotations

import threading

import numpy as np

kernels_ready = threading.Event()
"""Set when an enhancement by the default settings has nothing left to wait for; another one, or the pictures, may."""


def run() -> None:
    """All of it. Raises whatever fails on the way: the caller records it."""
    kernels()
    pictures()


def kernels(methods: tuple[str, ...] = ("neural", "spectral")) -> None:
    """Enhance half a second of noise in mono and stereo by the denoisers named, the default one first."""
    from .audio import Audio
    from .chain import enhance
    from .settings import Denoise, Settings

    noise = np.random.default_rng(0).standard_normal((2, 24_000)).astype(np.float32) * 0.5
    for method in methods:
        for channels in (1, 2):
            enhance(Audio(noise[:channels], 48_000), Settings(Denoise(method=method)))
        kernels_ready.set()


def pictures() -> None:
    """Touch what the pictures need of librosa, which compiles much when it is first used."""
    import librosa

    noise = np.random.default_rng(0).standard_normal(4096).astype(np.float32)
    librosa.power_to_db(librosa.feature.melspectrogram(y=noise, sr=48_000, n_fft=1024, hop_length=512, n_mels=32))
