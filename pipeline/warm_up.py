"""Everything the app will ask numba to compile, asked for once, before the first visitor does."""

from __future__ import annotations

import numpy as np


def run() -> None:
    """Enhance half a second of noise in mono and stereo, and touch what the pictures need of librosa.

    Raises whatever fails on the way: the caller records it.
    """
    import librosa

    from .audio import Audio
    from .chain import enhance
    from .settings import Settings

    noise = np.random.default_rng(0).standard_normal((2, 24_000)).astype(np.float32) * 0.5
    for channels in (1, 2):
        enhance(Audio(noise[:channels], 48_000), Settings())
    mel = librosa.feature.melspectrogram(y=noise[0, :4096], sr=48_000, n_fft=1024, hop_length=512, n_mels=32)
    librosa.power_to_db(mel)
