"""Each measure on sounds that have it and on sounds that have not; blocks equal the whole."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline import Audio, analyze
from pipeline.measures.analysis import analyze_blocks
from pipeline.stream.stage import split
from tests.pipeline.recordings import clean_speech
from tests.pipeline.signals import noise, sine, speech_like

RATE = 16_000


def test_plain_speech_has_no_fault() -> None:
    measures = analyze(Audio(speech_like(RATE, 8) + noise(1, 8 * RATE, -65), RATE))
    assert measures.hum_hz is None
    assert measures.clipped_percent == 0
    assert measures.clicks_per_minute == 0
    assert 20 < measures.activity_percent <= 100
    assert measures.speech_dbfs is not None


def test_clean_speech_does_not_click() -> None:
    """Nor a short piece of it, in which one false click would be many a minute."""
    for name, x, rate in clean_speech():
        for piece in (x, x[:, : 4 * rate], np.repeat(x, 2, axis=0)):
            measures = analyze(Audio(np.ascontiguousarray(piece), rate))
            assert not measures.clicking, name
            assert measures.clicks_per_minute < 6, name


def test_faults_are_found() -> None:
    speech = speech_like(RATE, 8)
    hum = sum(sine(50.0 * k, RATE, 8, 0.01, phase_deg=40 * k) for k in range(1, 5))
    assert analyze(Audio(speech + hum, RATE)).hum_hz == pytest.approx(50, abs=0.1)
    ceiling = np.abs(speech).max() / 2
    assert analyze(Audio(np.clip(speech, -ceiling, ceiling), RATE)).clipped_percent > 0.05
    clicking = speech + noise(1, speech.shape[1], -70)
    clicking[0, RATE // 2 :: 2 * RATE] += 0.8
    assert analyze(Audio(clicking, RATE)).clicks_per_minute == pytest.approx(30, abs=8)


@pytest.mark.parametrize("length", [100, 5_000, 10**6])
def test_blocks_equal_whole(length: int) -> None:
    x = speech_like(RATE, 6) + noise(1, 6 * RATE, -50)
    whole, pieces = (analyze_blocks(split(x, n), RATE, 1).as_dict() for n in (RATE, length))
    assert pieces == whole
