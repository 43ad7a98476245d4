"""Two talkers, two microphones: cleaned each for itself, as if each channel had come alone."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline import Audio, Settings, enhance
from pipeline.audio import Samples
from pipeline.plan import APART
from tests.pipeline.signals import noise, speech_like

RATE, SECONDS = 16_000, 6
N = RATE * SECONDS


def si_sdr(y: Samples, clean: Samples) -> float:
    """Scale-invariant signal-to-distortion ratio in dB (Le Roux et al., 2019), of (n,)."""
    target = (y @ clean) / (clean @ clean) * clean
    return float(10 * np.log10((target @ target) / ((y - target) @ (y - target))))


def two_talkers() -> tuple[Samples, Samples]:
    """Clean and noisy (2, n): each microphone its talker and its noise, 12 and 24 dB below."""
    clean = np.concatenate([speech_like(RATE, SECONDS, seed=seed, pitch=1 + 0.17 * seed) for seed in (1, 2)])
    dirt = np.concatenate([noise(1, N, level, seed=seed) for level, seed in ((-38, 3), (-50, 4))])
    return clean, clean + dirt


def mode(name: str) -> Settings:
    return Settings.from_flat({"channels_mode": name})


def test_every_channel_comes_out_as_if_it_were_alone() -> None:
    clean, noisy = two_talkers()
    together = enhance(Audio(noisy, RATE))
    assert APART in together.report.notes
    for c in range(2):
        alone = enhance(Audio(noisy[c : c + 1], RATE)).audio.samples[0]
        assert si_sdr(together.audio.samples[c], clean[c]) == pytest.approx(si_sdr(alone, clean[c]), abs=0.1)


def test_one_scene_gets_one_gain_unless_told_otherwise() -> None:
    x = speech_like(RATE, SECONDS, seed=1) + noise(1, N, -38)
    scene = np.concatenate([x, 0.5 * x])
    linked, asked, apart = (enhance(Audio(scene, RATE), mode(name)) for name in ("linked", "auto", "independent"))
    assert np.array_equal(linked.audio.samples, asked.audio.samples)
    assert APART not in asked.report.notes
    assert APART in apart.report.notes


def test_linked_channels_stay_linked_when_told_so() -> None:
    _, noisy = two_talkers()
    linked = enhance(Audio(noisy, RATE), mode("linked"))
    assert APART not in linked.report.notes
    assert not np.array_equal(linked.audio.samples, enhance(Audio(noisy, RATE)).audio.samples)


def test_a_channel_without_sound_stays_so_with_every_stage_on() -> None:
    clean, noisy = two_talkers()
    half = np.stack([noisy[0], np.zeros(N, np.float32)])
    settings = Settings.from_flat({**Settings.everything().flat(), "channels_mode": "independent"})
    result = enhance(Audio(half, RATE), settings)
    assert not result.audio.samples[1].any()
    assert si_sdr(result.audio.samples[0], clean[0]) > 3


def test_one_channel_has_nobody_to_be_apart_from() -> None:
    _, noisy = two_talkers()
    results = [enhance(Audio(noisy[:1], RATE), mode(name)) for name in ("independent", "linked")]
    assert np.array_equal(results[0].audio.samples, results[1].audio.samples)
    assert results[0].report.notes == results[1].report.notes
