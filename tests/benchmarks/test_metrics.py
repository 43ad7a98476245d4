"""Metrics on signals of which the answer is known; what other people's packages measure is theirs to test."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks import metrics
from benchmarks.metrics.alignment import advanced, delay
from benchmarks.metrics.composite import composite, log_likelihood_ratio, weighted_slope
from benchmarks.metrics.distances import full_band, segmental_snr, si_sdr
from benchmarks.metrics.dnsmos import LEVEL, levelled
from tests.pipeline.signals import speech_like

RATE, WIDE = 16_000, 48_000
SPEECH = speech_like(RATE, 3.0)[0]
OTHER_PACKAGES = {"pesq", "csig", "cbak", "covl", "stoi", "estoi", "sig_n", "bak_n", "ovrl_n", "p808_n"}


def white(n: int, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).standard_normal(n).astype(np.float32)


def orthogonal(x: NDArray[np.float32], below_db: float) -> NDArray[np.float32]:
    """Noise that lies exactly so far below `x`, and has nothing of it."""
    s = (x - x.mean()).astype(np.float64)
    noise = white(len(x)).astype(np.float64)
    noise -= noise.mean()
    noise -= (noise @ s) / (s @ s) * s
    noisy: NDArray[np.float32] = (noise * np.sqrt(s @ s / (noise @ noise)) * 10 ** (-below_db / 20)).astype(np.float32)
    return noisy


@pytest.mark.parametrize("below_db", [-5.0, 0.0, 20.0])
def test_si_sdr_is_the_ratio_whatever_the_gain(below_db: float) -> None:
    noisy = SPEECH + orthogonal(SPEECH, below_db)
    assert si_sdr(SPEECH, noisy) == pytest.approx(below_db, abs=0.01)
    assert si_sdr(SPEECH, 0.3 * noisy) == pytest.approx(below_db, abs=0.01)


def test_si_sdr_of_the_same_is_the_most_there_is() -> None:
    assert si_sdr(SPEECH, SPEECH) == 100.0


def test_segmental_snr_of_steady_signals_is_their_ratio() -> None:
    s = white(RATE)
    assert segmental_snr(s, s + 0.1 * white(RATE, 1), RATE) == pytest.approx(20.0, abs=0.5)
    assert segmental_snr(s, s, RATE) == 35.0


def test_log_spectra_of_equal_signals_do_not_differ() -> None:
    x = white(WIDE)
    assert full_band(x, x, WIDE) == pytest.approx({"hf_keep_db": 0.0, "lsd_fb": 0.0}, abs=1e-6)
    assert full_band(x, 0.1 * x, WIDE) == pytest.approx({"hf_keep_db": 0.0, "lsd_fb": 0.0}, abs=1e-3)


def test_a_high_band_that_is_gone_is_told() -> None:
    x = white(WIDE)
    narrow = metrics.resampled(metrics.resampled(x, WIDE, RATE), RATE, WIDE)
    found = full_band(x, narrow, WIDE)
    assert found["hf_keep_db"] < -60
    assert found["lsd_fb"] > 10


@pytest.mark.parametrize("samples", [0.0, 7.0, -12.0, 3.5, 240.25])
def test_a_delay_is_found_and_taken_out(samples: float) -> None:
    x = np.zeros(RATE, np.float32)
    x[2000:-2000] = metrics.resampled(white(RATE // 2), RATE // 2, RATE)[2000:-2000]
    late = advanced(x, -samples, len(x))
    assert delay(x, late, RATE) == pytest.approx(samples, abs=1 / 16)
    assert si_sdr(x, advanced(late, samples, len(x))) > 40


def test_composite_of_the_same_is_the_best() -> None:
    assert log_likelihood_ratio(SPEECH, SPEECH, RATE) == pytest.approx(0.0, abs=1e-6)
    assert weighted_slope(SPEECH, SPEECH, RATE) == pytest.approx(0.0, abs=1e-6)
    assert composite(4.64, SPEECH, SPEECH, RATE) == {"csig": 5.0, "cbak": 5.0, "covl": 5.0}


def test_composite_falls_with_noise() -> None:
    reference = SPEECH + 0.003 * white(len(SPEECH))
    little, more, much = (
        composite(2.0, reference, reference + a * white(len(SPEECH), 1), RATE) for a in (3e-4, 1e-3, 3e-3)
    )
    assert all(little[name] > more[name] > much[name] for name in little)


def test_level_is_that_of_the_active_frames() -> None:
    tone = np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE).astype(np.float32)
    half = np.concatenate((tone, np.zeros_like(tone)))
    assert np.sqrt(np.mean(levelled(half)[:RATE] ** 2)) == pytest.approx(LEVEL, rel=1e-3)


def test_all_scores_of_a_pair(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the packages of others there is less, and no fault."""
    monkeypatch.setattr(metrics.score, "available", lambda package: False)
    x = white(WIDE)
    found = metrics.of_pair(x, WIDE, x, WIDE)
    assert found.keys() == {"si_sdr", "seg_snr", "hf_keep_db", "lsd_fb"}
    assert metrics.of_pair(x, WIDE, x, WIDE, dry=False).keys() == {"hf_keep_db", "lsd_fb"}
    assert metrics.of_pair(x, RATE, x, RATE).keys() == {"si_sdr", "seg_snr"}


def test_every_package_that_may_be_missing_is_named() -> None:
    missing = [package for package in metrics.MISSING if not metrics.available(package)]
    found = metrics.of_pair(SPEECH, RATE, SPEECH, RATE).keys()
    assert found - {"si_sdr", "seg_snr"} <= OTHER_PACKAGES
    assert bool(missing) == (not found >= OTHER_PACKAGES)


def test_means_are_over_what_there_is() -> None:
    assert metrics.mean([{"a": 1.0, "b": 5.0}, {"a": 3.0}]) == {"a": 2.0, "b": 5.0}
