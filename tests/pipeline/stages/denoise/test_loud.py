"""What is loud and no speech goes further than the rest: keys and barks do, breaths and speech do not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from scipy.signal import resample_poly

from pipeline import PRESETS, Audio, enhance
from pipeline.audio import Samples
from pipeline.neural.weights import bundled
from pipeline.stages.denoise.loud import Loud
from pipeline.stages.denoise.neural import stage
from pipeline.stream.stage import run, run_whole, split
from tests.pipeline.signals import noise

RATE = 16_000
NATIVE, NATIVE_RATE = soundfile.read(Path(__file__).parents[2] / "neural" / "speech.flac", dtype="float32")
SPEECH = resample_poly(NATIVE, RATE, NATIVE_RATE).astype(np.float32)
SPEECH_DBFS = float(10 * np.log10(np.mean(np.square(SPEECH, dtype=np.float64))))
PAUSE_S = 0.8
START = len(SPEECH)


def between(level_db: float, seconds: float = 0.1) -> Samples:
    """(1, n): speech, a pause with a burst of noise in its middle, the same speech; hiss 65 dB below it.

    level_db : of the burst against the speech
    """
    pause = np.zeros(round(PAUSE_S * RATE), np.float32)
    burst = noise(1, round(seconds * RATE), SPEECH_DBFS + level_db)[0]
    pause[len(pause) // 2 :][: len(burst)] = burst
    x = np.concatenate((SPEECH, pause, SPEECH))[None]
    hissing: Samples = x + noise(1, x.shape[1], SPEECH_DBFS - 65, seed=1)
    return hissing


def gain_db(x: Samples, y: Samples, start: int = START, n: int = round(PAUSE_S * RATE)) -> float:
    """Of the pause."""
    before, after = (float(np.square(z[0, start : start + n], dtype=np.float64).sum()) for z in (x, y))
    return 10 * np.log10(after / before)


@pytest.mark.parametrize(
    ("level_db", "gain_db", "share"),
    [(0, -40, 1.0), (-11, -40, 1.0), (-14, -40, 0.5), (-17, -40, 0.0), (0, -9, 0.0), (0, -12.5, 0.5), (0, -16, 1.0)],
)
def test_only_what_is_loud_and_goes_has_a_share(level_db: float, gain_db: float, share: float) -> None:
    power = np.full((3, 8), 10 ** ((level_db - 20) / 10) / 8, np.float32)
    gains = np.full((3, 8), 10 ** (gain_db / 20), np.float32)
    found = Loud(40.0, -20.0).share(power, gains, np.arange(3.0))
    assert found == pytest.approx([share] * 3, abs=0.06)


def test_what_is_spared_has_none() -> None:
    power, gains = np.ones((4, 8), np.float32), np.zeros((4, 8), np.float32)
    found = Loud(40.0, -20.0, ((1.0, 3.0),)).share(power, gains, np.arange(4.0))
    assert found.tolist() == [1, 0, 0, 1]


def test_silence_has_none() -> None:
    nothing = np.zeros((2, 8), np.float32)
    assert not Loud(40.0, -20.0).share(nothing, nothing, np.arange(2.0)).any()


@pytest.mark.parametrize("level_db", [-3, -9])
def test_a_knock_between_the_words_of_a_quiet_recording_goes(level_db: float) -> None:
    x = between(level_db)
    result = enhance(Audio(x, RATE), PRESETS["clean_only"])
    clearance = result.report.before.clearance_db
    assert clearance is not None
    assert clearance > 35  # so 12 dB are enough for the rest
    assert gain_db(x, result.audio.samples) < -20


def test_what_is_as_faint_as_a_breath_goes_no_further_than_the_rest() -> None:
    x = between(-25)
    assert gain_db(x, enhance(Audio(x, RATE), PRESETS["clean_only"]).audio.samples) > -13.5


def test_speech_is_what_it_is_without() -> None:
    x = between(-3)
    with_, without = (
        run_whole(stage(bundled().network, 12.0, RATE, 1, loud=loud), x) for loud in (Loud(40.0, SPEECH_DBFS), None)
    )
    edge = round(0.1 * RATE)
    apart = with_[0, : START - edge] - without[0, : START - edge]
    assert np.mean(apart**2) < 1e-4 * np.mean(without[0, : START - edge] ** 2)


def test_it_is_spared_at_its_own_moment_and_in_any_blocks() -> None:
    x = np.concatenate((between(-3), between(-3)), axis=1)
    half_s = x.shape[1] / 2 / RATE
    one = stage(bundled().network, 12.0, RATE, 1, loud=Loud(40.0, SPEECH_DBFS, ((half_s, 2 * half_s),)))
    y = run_whole(one, x)
    assert gain_db(x, y) < -20
    assert gain_db(x, y, x.shape[1] // 2 + START) > -13.5
    pieces = np.concatenate(list(run(one, split(x, 3_001))), axis=1)
    np.testing.assert_allclose(pieces, y, atol=1e-6)
