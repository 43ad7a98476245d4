"""Which denoiser runs, and that the listener is told."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline import Audio, Settings, enhance
from pipeline.measures.levels import Levels
from pipeline.neural import chosen
from pipeline.neural.chosen import Chosen
from pipeline.neural.weights import bundled
from pipeline.settings import Dehum, Denoise, Dereverb, Loudness, Mix, Tone
from pipeline.stages.denoise import spectral
from pipeline.stages.denoise.choice import OFF, denoiser, enough
from pipeline.stages.denoise.neural import stage as neural_stage
from pipeline.stream.stage import run_whole
from tests.pipeline.signals import noise, speech_like

RATE = 16_000
WHY = "The neural denoiser is off: there is nothing to read."
ONLY = {"dehum": Dehum(0.0), "tone": Tone(0.0), "loudness": Loudness(False)}


@pytest.fixture
def recording() -> Audio:
    return Audio(speech_like(RATE, 2.0) + noise(2, 2 * RATE, -40.0), RATE)


@pytest.fixture
def without_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chosen, "chosen", lambda: Chosen(None, (WHY,)))


def test_neural_is_the_default(recording: Audio) -> None:
    result = enhance(recording, Settings(denoise=Denoise(12.0), **ONLY))
    alone = run_whole(neural_stage(bundled().network, 12.0, RATE, 2), recording.samples)
    np.testing.assert_allclose(result.audio.samples, alone, atol=1e-6)
    assert (result.report.denoiser, result.report.notes) == ("neural", ())


def test_spectral_when_asked_for(recording: Audio) -> None:
    params = Denoise(12.0, "spectral")
    result = enhance(recording, Settings(denoise=params, **ONLY))
    np.testing.assert_allclose(result.audio.samples, spectral.denoise(recording.samples, RATE, params), atol=1e-6)
    assert (result.report.denoiser, result.report.notes) == ("spectral", ())


def test_the_two_are_not_the_same(recording: Audio) -> None:
    neural, classic = (enhance(recording, Settings(denoise=Denoise(method=m), **ONLY)) for m in ("neural", "spectral"))
    assert np.abs(neural.audio.samples - classic.audio.samples).max() > 1e-3


@pytest.mark.usefixtures("without_weights")
def test_without_weights_noise_is_removed_spectrally_and_a_note_says_why(recording: Audio) -> None:
    asked, stand_in = (enhance(recording, Settings(denoise=Denoise(method=m), **ONLY)) for m in ("neural", "spectral"))
    assert np.array_equal(asked.audio.samples, stand_in.audio.samples)
    assert asked.report.denoiser == stand_in.report.denoiser == "spectral"
    assert asked.report.notes == (WHY,)
    assert asked.report.settings["denoise_method"] == "neural"
    assert WHY in str(asked.report)
    assert stand_in.report.notes == ()


@pytest.mark.usefixtures("without_weights")
def test_the_note_comes_before_what_is_said_of_the_loudness() -> None:
    loud = Audio(np.sign(noise(1, 2 * RATE)), RATE)
    notes = enhance(loud, Settings(loudness=Loudness(True, -9.0, -9.0))).report.notes
    assert notes[0] == WHY
    assert len(notes) > 1


@pytest.mark.parametrize("settings", [Settings(denoise=Denoise(0.0)), Settings(mix=Mix(0.0))], ids=["0 dB", "0 % wet"])
@pytest.mark.usefixtures("without_weights")
def test_off_is_off_and_needs_no_note(recording: Audio, settings: Settings) -> None:
    report = enhance(recording, settings).report
    assert (report.denoiser, report.as_dict()["denoiser"]) == ("off", "off")
    assert WHY not in report.notes


def test_nothing_runs_at_0_db() -> None:
    assert denoiser(Denoise(0.0), Dereverb(), RATE, 1) is OFF
    assert OFF.stages == ()


@pytest.mark.parametrize("method", ["neural", "spectral"])
@pytest.mark.parametrize(("rate", "channels"), [(8_000, 1), (44_100, 2), (192_000, 6)])
def test_either_keeps_the_place_and_the_length(method: str, rate: int, channels: int) -> None:
    x = speech_like(rate, 1.0) + noise(channels, rate, -60.0)
    (stage,) = denoiser(Denoise(20.0, method), Dereverb(), rate, channels).stages
    y = run_whole(stage, x)
    assert y.shape == x.shape
    correlation = np.fft.irfft(np.fft.rfft(y[0]) * np.conj(np.fft.rfft(x[0])))
    assert int(np.argmax(correlation)) == 0


@pytest.mark.parametrize(
    ("strength_db", "noise_distance_db", "needed_db"),
    [
        (40.0, None, 40.0),
        (40.0, 5.0, 40.0),
        (40.0, 18.0, 40.0),
        (40.0, 19.5, 33.0),
        (40.0, 21.0, 26.0),
        (40.0, 24.0, 12.0),
        (40.0, 60.0, 12.0),
        (60.0, 60.0, 32.0),
        (30.0, 60.0, 12.0),
        (12.0, 60.0, 12.0),
        (6.0, 60.0, 6.0),
        (0.0, 21.0, 0.0),
    ],
)
def test_noise_is_turned_down_as_far_as_needed(
    strength_db: float, noise_distance_db: float | None, needed_db: float
) -> None:
    assert enough(Denoise(strength_db), noise_distance_db).strength_db == needed_db


@pytest.mark.parametrize(
    ("snr_db", "clearance_db", "distance_db"),
    [(15.0, 30.0, 20.0), (-3.0, 9.0, 1.0), (None, 30.0, None), (80.0, None, None)],
)
def test_the_distance_of_the_noise_is_of_both_measures(
    snr_db: float | None, clearance_db: float | None, distance_db: float | None
) -> None:
    assert Levels(-60.0, snr_db, clearance_db=clearance_db).noise_distance_db == distance_db


def test_what_is_quiet_already_is_turned_down_less_and_a_note_says_so() -> None:
    speech = speech_like(RATE, 4.0)
    for level_db, quiet in ((-25.0, False), (-60.0, True)):
        result = enhance(Audio(speech + noise(1, 4 * RATE, level_db), RATE), Settings(denoise=Denoise(40.0), **ONLY))
        clearance = result.report.before.clearance_db
        assert clearance is not None
        assert (clearance > 20) is quiet
        assert ("were enough" in str(result.report)) is quiet
