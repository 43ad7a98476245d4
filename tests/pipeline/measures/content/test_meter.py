"""The detector on sounds made here: chords, claps, a sung vowel, speech, noise; where they are, and in any blocks."""

from __future__ import annotations

import logging

import numpy as np
import pytest

from pipeline.audio import Samples
from pipeline.measures.content import meter, weights
from pipeline.measures.content.meter import NOTHING, Content, ContentMeter
from pipeline.measures.content.weights import ContentWeightsError
from pipeline.stream.meter import measured
from pipeline.stream.stage import split
from tests.pipeline.measures.content.sounds import applause, melody, sung
from tests.pipeline.signals import noise, speech_like

RATE = 16_000


def heard(x: Samples, block: int = RATE, sample_rate: int = RATE) -> Content:
    return measured(ContentMeter(sample_rate, x.shape[0]), split(x, block))


def between_noise(x: Samples, before_s: float = 4.0, sample_rate: int = RATE) -> Samples:
    """x after and before some seconds of soft noise."""
    quiet = round(before_s * sample_rate)
    y: Samples = np.pad(x, ((0, 0), (quiet, quiet))) + noise(x.shape[0], x.shape[1] + 2 * quiet, -60)
    return y


@pytest.mark.parametrize(("make", "kind"), [(melody, "music"), (applause, "applause"), (sung, "singing")])
def test_a_kind_is_found_where_it_is(make: object, kind: str) -> None:
    assert callable(make)
    found = [one for one in heard(between_noise(make(RATE, 10.0))).stretches if one.kind == kind]
    assert len(found) == 1
    assert found[0].start_s == pytest.approx(4, abs=1.5)
    assert found[0].end_s == pytest.approx(14, abs=1.5)


@pytest.mark.parametrize(
    "x", [noise(1, 15 * RATE), speech_like(RATE, 15), speech_like(RATE, 15, -30) + noise(1, 15 * RATE, -45)]
)
def test_noise_and_speech_are_no_content(x: Samples) -> None:
    assert heard(x).stretches == ()


def test_noise_alone_is_no_speech() -> None:
    assert heard(noise(1, 15 * RATE)).speech is False


@pytest.mark.parametrize("block", [999, 7 * RATE, 40 * RATE])
def test_where_blocks_end_does_not_matter(block: int) -> None:
    x = between_noise(melody(RATE, 8.0))
    assert heard(x, block) == heard(x)


@pytest.mark.parametrize("sample_rate", [22_050, 48_000])
def test_the_rate_does_not_matter(sample_rate: int) -> None:
    (one,) = heard(between_noise(melody(sample_rate, 8.0), sample_rate=sample_rate), sample_rate=sample_rate).stretches
    assert one.kind == "music"
    assert one.start_s == pytest.approx(4, abs=1.5)
    assert one.end_s == pytest.approx(12, abs=1.5)


@pytest.mark.parametrize("n", [1, 100, 5000])
def test_a_recording_of_a_moment_is_measured(n: int) -> None:
    assert heard(noise(1, n)).stretches == ()


def test_nothing_was_heard_of_nothing() -> None:
    assert ContentMeter(RATE, 1).result() == NOTHING


def test_without_weights_nothing_is_heard_and_the_log_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> None:
        raise ContentWeightsError("The weights lack mean.")

    monkeypatch.setattr(meter, "bundled", broken)
    with caplog.at_level(logging.WARNING):
        assert heard(melody(RATE, 8.0)) == NOTHING
    assert "not looked for: The weights lack mean." in caplog.text


def test_the_kinds_are_those_of_the_weights() -> None:
    assert weights.KINDS == ("speech", "music", "singing", "laughter", "applause")
