"""From probabilities to stretches: thresholds, pauses, what is too short, edges."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.measures.content.features import Numbers
from pipeline.measures.content.stretches import (
    RULES,
    SPEECH_LIKELY,
    Stretch,
    speech_likely,
    stretches,
    suspected,
    under_speech,
)
from pipeline.measures.content.weights import KINDS

ANSWER_S = 0.125
LENGTH_S = 40.0


def likely(kind: str, *parts: tuple[float, float, float]) -> Numbers:
    """Probabilities of one kind: 0, but for (from s, to s, how likely)."""
    curve = np.zeros((round(LENGTH_S / ANSWER_S), len(KINDS)), np.float32)
    for start, end, value in parts:
        curve[round(start / ANSWER_S) : round(end / ANSWER_S), KINDS.index(kind)] = value
    return curve


def found(kind: str, *parts: tuple[float, float, float]) -> tuple[Stretch, ...]:
    return stretches(likely(kind, *parts), ANSWER_S, LENGTH_S)


@pytest.mark.parametrize("kind", RULES)
def test_what_is_certain_is_told_from_its_start_to_its_end(kind: str) -> None:
    (one,) = found(kind, (10, 20, 1.0))
    assert one.kind == kind
    assert one.start_s == pytest.approx(10, abs=0.6)
    assert one.end_s == pytest.approx(20, abs=0.6)


@pytest.mark.parametrize("kind", RULES)
def test_what_is_a_little_under_the_upper_threshold_is_nothing(kind: str) -> None:
    upper = RULES[kind].upper
    assert not found(kind, (10, 20, upper - 0.02))
    assert found(kind, (10, 20, upper + 0.02))


@pytest.mark.parametrize("kind", RULES)
def test_a_stretch_lasts_while_the_lower_threshold_is_passed(kind: str) -> None:
    rule = RULES[kind]
    (one,) = found(kind, (10, 14, 1.0), (14, 22, rule.lower + 0.02))
    assert one.end_s == pytest.approx(22, abs=rule.around_s / 2 + 0.2)
    (one,) = found(kind, (10, 14, 1.0), (14, 22, rule.lower - 0.02))
    assert one.end_s < 15


@pytest.mark.parametrize("kind", RULES)
def test_pauses_are_bridged_up_to_a_length(kind: str) -> None:
    rule = RULES[kind]
    shorter, longer = 0.6 * rule.pause_s, rule.pause_s + rule.around_s  # the mean itself fills some of it
    assert len(found(kind, (5, 12, 1.0), (12 + shorter, 24, 1.0))) == 1
    assert len(found(kind, (5, 12, 1.0), (12 + longer, 24, 1.0))) == 2


@pytest.mark.parametrize("kind", RULES)
def test_what_is_too_short_is_nothing(kind: str) -> None:
    rule = RULES[kind]
    assert not found(kind, (10, 10 + 0.25 * rule.around_s, 1.0))
    for one in found(kind, (10, 10 + 1.2 * rule.around_s, 1.0)):
        assert one.end_s - one.start_s >= rule.least_s


def test_the_least_lengths_are_those_promised() -> None:
    assert {kind: rule.least_s for kind, rule in RULES.items()} == {
        "music": 1.0, "singing": 1.0, "laughter": 0.6, "applause": 1.0,
    }  # fmt: skip


@pytest.mark.parametrize("kind", RULES)
def test_no_stretch_leaves_the_recording(kind: str) -> None:
    (one,) = stretches(likely(kind, (0, LENGTH_S, 1.0)), ANSWER_S, LENGTH_S - 0.3)
    assert (one.start_s, one.end_s) == (0.0, LENGTH_S - 0.3)


def test_kinds_may_overlap_and_come_by_their_start() -> None:
    both = likely("music", (20, 30, 1.0)) + likely("laughter", (5, 8, 1.0)) + likely("singing", (22, 28, 1.0))
    assert [one.kind for one in stretches(both, ANSWER_S, LENGTH_S)] == ["laughter", "music", "singing"]


def test_speech_is_no_stretch_but_is_heard() -> None:
    curve = likely("speech", (10, 20, 1.0))
    assert not stretches(curve, ANSWER_S, LENGTH_S)
    assert speech_likely(curve, ANSWER_S) == pytest.approx(1)
    assert speech_likely(likely("music", (0, 40, 1.0)), ANSWER_S) == 0
    assert speech_likely(likely("speech", (10, 10.25, 1.0)), ANSWER_S) < 1  # a moment is not yet somebody who speaks
    assert 0 < SPEECH_LIKELY < 1


def test_nothing_heard_is_nothing_found() -> None:
    nothing = np.zeros((0, len(KINDS)), np.float32)
    assert stretches(nothing, ANSWER_S, 0.0) == ()
    assert speech_likely(nothing, ANSWER_S) == 0


@pytest.mark.parametrize(("value", "there"), [(0.7, False), (0.8, True), (1.0, True)])
def test_music_is_suspected_before_it_is_told(value: float, there: bool) -> None:
    curve = likely("music", (10, 20, value))
    assert bool(suspected(curve, ANSWER_S, LENGTH_S)) is there
    assert bool(stretches(curve, ANSWER_S, LENGTH_S)) is (value == 1.0)


@pytest.mark.parametrize(("laughter", "speech", "there"), [(0.5, 0.1, True), (0.2, 0.1, False), (0.5, 0.4, False)])
def test_laughter_is_suspected_where_nobody_speaks(laughter: float, speech: float, there: bool) -> None:
    curve = likely("laughter", (10, 20, laughter)) + likely("speech", (0, 10, 1.0), (10, 20, speech), (20, 40, 1.0))
    found_ = [one for one in suspected(curve, ANSWER_S, LENGTH_S) if one.kind != "speech"]
    assert [one.kind for one in found_] == ["laughter"] * there
    if there:
        assert (found_[0].start_s, found_[0].end_s) == pytest.approx((10, 20), abs=1)


def test_music_under_speech_is_counted_by_the_time_in_which_somebody_speaks() -> None:
    curve = likely("music", (10, 20, 1.0)) + likely("speech", (15, 35, 1.0))
    told = stretches(curve, ANSWER_S, LENGTH_S)
    assert under_speech(curve, ANSWER_S, told) == pytest.approx(0.25, abs=0.05)
    assert under_speech(curve, ANSWER_S, ()) == 0
    assert under_speech(likely("music", (10, 20, 1.0)), ANSWER_S, told) == 0


@pytest.mark.parametrize(("speech", "there"), [(0.3, False), (0.7, True)])
def test_where_somebody_certainly_speaks_is_told(speech: float, there: bool) -> None:
    found_ = suspected(likely("speech", (10, 20, speech)), ANSWER_S, LENGTH_S)
    assert [one.kind for one in found_] == ["speech"] * there
    if there:
        assert (found_[0].start_s, found_[0].end_s) == pytest.approx((10, 20), abs=0.5)
