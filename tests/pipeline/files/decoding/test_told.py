from __future__ import annotations

import pytest

from pipeline.files.decoding.holes import Lost
from pipeline.files.decoding.placed import Timeline
from pipeline.files.decoding.told import Told, clock, length

FRAME_S = 0.02


def test_places_are_named_or_summed() -> None:
    told = Told()
    for at_s, seconds in ((12.0, 1.7), (12.1, 0.04), (75.5, 0.25)):
        told.at_s = at_s
        told.lost(seconds)
    told.gap(3.0)
    told.say("Something.")
    told.say("Something.")
    assert told.sentences() == (
        "Something.",
        "1.7 s at 0:12 could not be read.",
        "0.2 s at 1:15 could not be read.",
        "The file leaves out 3.0 s at 1:15: silence was put there.",
    )
    for at_s in range(100, 200, 10):
        told.at_s = at_s
        told.lost(1.0)
        told.gap(0.5)
    assert told.sentences()[1:] == (
        "12.0 s in 12 places, from 0:12 on could not be read.",
        "The file leaves out 8.0 s in 11 places, from 1:15 on: silence was put there.",
    )


def test_clocks_and_lengths() -> None:
    assert [clock(s) for s in (0, 12.9, 75, 3_723)] == ["0:00", "0:12", "1:15", "1:02:03"]
    assert [length(s) for s in (0.001, 0.03, 0.1, 12.34)] == ["0.01 s", "0.03 s", "0.1 s", "12.3 s"]


def silences(stamps: list[float | None], is_timed: bool = True, starts_s: float | None = None) -> list[float]:
    timeline = Timeline(Told(), starts_s, is_timed=is_timed)
    following = [*stamps[1:], None]
    return [round(timeline.silence_s(now, FRAME_S, then), 6) for now, then in zip(stamps, following, strict=True)]


@pytest.mark.parametrize(
    ("stamps", "expected_s"),
    [
        ([0, 0.02, 0.04], 0.0),
        ([0, None, None, None, 0.08], 0.0),  # laced: the first of four has a time stamp
        ([0, 0.02, 0.54, 0.56], 0.5),
        ([5, 5.02, 5.54, 5.56], 0.5),  # where it begins is no matter
        ([0, 0.3, 0.04, 0.34, 0.08, 0.38, 0.12], 0.0),  # early and late by turns
        ([0, 0.98, 0.98, 0.98, 0.98], 0.0),  # one time stamp for all
        ([0, 0.02, 0.09, 0.11], 0.0),  # jitter
        ([0, 0.02, 700.0, 700.02], 0.0),  # absurd
        ([9, 9.02, 0, 0.02, 0.54], 0.5),  # begins anew
        ([k * 0.0201 for k in range(200)], 0.0),  # a clock that runs half a percent fast
        ([0, 0.02, 0.1, 0.18, 0.26, 0.34, 0.42], 0.3),  # many small gaps are a large one in the end
    ],
)
def test_only_what_time_stamps_leave_out_is_silence(stamps: list[float | None], expected_s: float) -> None:
    assert sum(silences(stamps)) == pytest.approx(expected_s, abs=0.1 if len(stamps) == 7 else 0.01)
    assert not any(silences(stamps, is_timed=False))


def test_the_lead_is_kept() -> None:
    assert silences([1.5, 1.52], starts_s=0.0) == [1.5, 0.0]
    assert silences([1.5, 1.52]) == [0.0, 0.0]


def test_what_was_lost_takes_its_time_once() -> None:
    told = Told()
    timeline = Timeline(told, None)
    timeline.silence_s(0.0, FRAME_S)
    for _ in range(3):
        timeline.lose(Lost(FRAME_S))
    assert timeline.silence_s(0.08, FRAME_S) == pytest.approx(0.06)  # the time stamps count it
    timeline.lose(Lost(FRAME_S, is_stamped=False))
    assert timeline.silence_s(0.1, FRAME_S) == pytest.approx(0.02)  # they do not
    timeline.lose(Lost(FRAME_S))
    assert timeline.silence_s(None, FRAME_S) == pytest.approx(0.02)  # there are none
    assert not timeline.ends_in_damage
    timeline.lose(Lost(FRAME_S))
    assert timeline.ends_in_damage
    assert told.sentences() == ("0.1 s at 0:00 could not be read.",)


def test_more_silence_than_sound_is_not_believed_and_said() -> None:
    told = Told()
    timeline = Timeline(told, None)
    timeline.silence_s(0.0, FRAME_S)
    assert timeline.silence_s(70.0, FRAME_S) == 0.0
    assert told.sentences() == ("A pause of 70.0 s that the file tells of was left out.",)
    assert timeline.silence_s(120.0, FRAME_S) == pytest.approx(49.98)


STEADY = [0.02 * k for k in range(12)]
JUMPED = "The file leaves out 0.05 s at 0:00: what follows comes so much earlier."


@pytest.mark.parametrize(
    ("stamps", "said"),
    [
        ([*STEADY, *(0.29 + 0.02 * k for k in range(12))], (JUMPED,)),
        (
            [*(round(s, 3) + 0.001 * (k % 2) for k, s in enumerate(STEADY)), 0.29, 0.31, 0.33],
            (JUMPED,),
        ),  # rounded to ms
        ([*STEADY[:5], 0.15, 0.17, 0.19], ()),  # nobody knows yet whether its clock is steady
        ([*STEADY, 0.29, 0.26, 0.28], ()),  # one frame's stamp came late, the next ones do not
        ([s + 0.007 * (k % 3) for k, s in enumerate(STEADY)] + [0.29, 0.31, 0.33], ()),  # a recorder reads a clock
        ([*STEADY, *(0.245 + 0.02 * k for k in range(12))], ()),  # less than half a frame
        ([*STEADY, None, None, 0.35, 0.37], ()),
    ],
)
def test_a_steady_clock_that_jumps_is_told_and_moves_nothing(stamps: list[float | None], said: tuple[str, ...]) -> None:
    told = Told()
    timeline = Timeline(told, None)
    following = [*stamps[1:], None]
    assert not any(timeline.silence_s(now, FRAME_S, then) for now, then in zip(stamps, following, strict=True))
    assert told.sentences() == said


def test_what_was_lost_before_the_first_frame_is_told() -> None:
    for starts_s in (0.0, None):
        told = Told()
        timeline = Timeline(told, starts_s)
        timeline.lose(Lost(0.1))
        assert timeline.silence_s(0.1, FRAME_S) == pytest.approx(0.1)
        assert told.sentences() == ("0.1 s at 0:00 could not be read.",)
