"""Every fault has its sentence, and a good recording has none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.measures.advice import advice
from pipeline.measures.analysis import Analysis
from pipeline.measures.auto import chosen
from pipeline.settings import Auto, Loudness, Settings

GOOD = Analysis(
    60.0, 48_000, 1, -20.0, -3.0, -70.0, 50.0, -22.0, 60.0, None, None, 0.0, 0.0, 20_000.0, 0.2, 48.0
)  # fmt: skip
AUTO = Settings(auto=Auto(True))


def test_a_good_recording_needs_no_advice() -> None:
    assert advice(GOOD) == ()


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"clipped_percent": 0.4}, "record 6 dB lower"),
        ({"snr_db": 10.0, "clearance_db": 17.0}, "Noisy (about 10 dB"),
        ({"snr_db": 2.0, "clearance_db": 11.0}, "Very noisy"),
        ({"t60_s": 0.7}, "Reverberant"),
        ({"t60_s": 1.4}, "Very reverberant"),
        ({"hum_hz": 50.02, "hum_dbfs": -50.0}, "50.0 Hz"),
        ({"clicks_per_minute": 30.0}, "30 a minute"),
        ({"bandwidth_hz": 3_400.0}, "3.4 kHz (a telephone's band)"),
        ({"lufs": -45.0}, "very quietly"),
    ],
)
def test_every_fault_has_its_sentence(fault: dict[str, float], words: str) -> None:
    (sentence,) = advice(replace(GOOD, **fault))
    assert words in sentence
    assert sentence.endswith(".")


def test_silence_needs_no_advice() -> None:
    nothing = dict.fromkeys(
        ("lufs", "true_peak_dbtp", "noise_floor_dbfs", "snr_db", "speech_dbfs", "bandwidth_hz", "t60_s", "clearance_db")
    )
    assert advice(replace(GOOD, **nothing)) == ()  # type: ignore[arg-type]
    settings, _ = chosen(AUTO, replace(GOOD, **nothing))  # type: ignore[arg-type]
    assert settings.dereverb.strength_db == 0


def test_auto_is_asked_for() -> None:
    assert chosen(Settings(), GOOD) == (Settings(), ())


def test_auto_does_more_where_more_is_wrong() -> None:
    good, _ = chosen(AUTO, GOOD)
    noisy = replace(GOOD, snr_db=3.0, clearance_db=5.0)
    bad, (why,) = chosen(AUTO, replace(noisy, t60_s=1.0, clipped_percent=1.0, clicks_per_minute=40.0))
    assert good.denoise.strength_db == 12
    assert (good.dereverb.strength_db, good.declip.strength_percent, good.declick.sensitivity_percent) == (0, 0, 0)
    assert bad.denoise.strength_db == 40
    assert bad.dereverb.strength_db == 12
    assert bad.declip.strength_percent == 100
    assert all(word in why for word in ("noise reduction 40 dB", "dereverberation", "declip", "declick"))


def test_auto_leaves_loudness_and_mix_to_the_listener() -> None:
    mine = Settings(auto=Auto(True), loudness=Loudness(True, -23.0))
    assert chosen(mine, GOOD)[0].loudness == mine.loudness


def test_auto_keeps_the_denoiser_that_was_asked_for() -> None:
    mine = Settings.from_flat({"auto_strengths": True, "denoise_method": "spectral", "denoise_strength_db": 3.0})
    settings, _ = chosen(mine, GOOD)
    assert settings.denoise.method == "spectral"
    assert settings.denoise.strength_db > 3.0


def test_what_is_advised_of_and_what_auto_does_go_by_the_same_words() -> None:
    for clipped in (0.0, 0.004, 0.005, 0.1):
        for clicks in (0.0, 9.9, 10.0, 60.0):
            a = replace(GOOD, clipped_percent=clipped, clicks_per_minute=clicks)
            settings, _ = chosen(AUTO, a)
            said = " ".join(advice(a))
            assert ("Clipped" in said) == a.clipped == (settings.declip.strength_percent > 0)
            assert ("Clicks" in said) == a.clicking == (settings.declick.sensitivity_percent > 0)
