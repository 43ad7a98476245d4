"""A kernel is compiled where that is possible, and NumPy elsewhere; the whole enhancement sounds the same by either."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from pipeline import Audio, Settings, enhance
from pipeline.kernel import kernel
from pipeline.loudness.limiter import smooth
from tests.conftest import PROJECT
from tests.pipeline.signals import noise, sine, speech_like

RATE = 8_000
INTERPRETED = """if True:
    import sys
    import numpy as np
    from pipeline import Audio, Settings, enhance
    from pipeline.loudness.limiter import smooth
    assert not hasattr(smooth, "signatures")
    given = np.load(sys.argv[1])
    everything = Settings.everything()
    np.save(sys.argv[2], enhance(Audio(given, 8_000), everything).audio.samples)
"""


def test_a_function_is_compiled_and_keeps_its_numpy_version() -> None:
    def by_numpy(x: int) -> int:
        return x + 1

    @kernel(by_numpy)
    def compiled(x: int) -> int:
        return x + 1

    assert compiled(2) == 3
    assert len(compiled.signatures) == 1  # type: ignore[attr-defined]
    assert compiled.numpy_version is by_numpy  # type: ignore[attr-defined]
    assert smooth.targetoptions["nogil"] is True  # type: ignore[attr-defined]


def test_where_nothing_may_be_compiled_everything_sounds_the_same(tmp_path: Path) -> None:
    voice = 4 * speech_like(RATE, 2.0) + noise(1, 2 * RATE, -40) + sine(50, RATE, 2.0, 0.02)
    voice[0, :: RATE // 3] += 0.7
    x = np.clip(voice, -0.3, 0.9)
    given, other = tmp_path / "given.npy", tmp_path / "other.npy"
    np.save(given, x)
    env = {**os.environ, "PYTHONPATH": str(PROJECT), "NUMBA_DISABLE_JIT": "1"}
    subprocess.run([sys.executable, "-c", INTERPRETED, str(given), str(other)], env=env, check=True)
    ours = enhance(Audio(x, RATE), Settings.everything()).audio.samples
    assert np.abs(ours).max() > 0.05
    error = np.mean((ours - np.load(other)) ** 2) / np.mean(ours**2)
    assert 10 * np.log10(error + 1e-30) < -50
