"""How a site stops: by a clock of the test's own."""

from __future__ import annotations

import pytest

from service.operation import drain as module
from service.operation.drain import LINGER_S, QUIET_S, Drain


class Clock:
    def __init__(self) -> None:
        self.now_s = 1000.0

    def monotonic(self) -> float:
        return self.now_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(module, "time", made)
    return made


def test_without_work_it_is_over_soon_and_not_before_it_has_begun(clock: Clock) -> None:
    drain = Drain(30.0)
    clock.now_s += 1000
    assert (drain.has_begun(), drain.is_over()) == (False, False)
    drain.begin()
    assert (drain.has_begun(), drain.is_over()) == (True, False)
    clock.now_s += QUIET_S
    assert drain.is_over()


def test_work_is_finished_and_its_result_may_be_fetched(clock: Clock) -> None:
    drain = Drain(30.0)
    with drain.working():
        drain.begin()
        clock.now_s += 20
        assert (drain.is_over(), drain.under_way()) == (False, 1)
    assert not drain.is_over()
    clock.now_s += LINGER_S - 0.1
    assert not drain.is_over()
    with drain.answering():
        clock.now_s += 0.2
        assert not drain.is_over()
    assert drain.is_over()  # nobody waits once more for whoever fetched it


def test_what_ended_just_before_may_be_fetched_too(clock: Clock) -> None:
    drain = Drain(30.0)
    with pytest.raises(ValueError, match="it failed"), drain.working():
        raise ValueError("it failed")
    clock.now_s += LINGER_S / 2
    drain.begin()
    clock.now_s += QUIET_S
    assert not drain.is_over()
    clock.now_s += LINGER_S / 2
    assert drain.is_over()


@pytest.mark.parametrize("limit_s", [0.0, 30.0])
def test_the_limit_holds_whatever_is_under_way_and_counts_from_the_first_word(clock: Clock, limit_s: float) -> None:
    drain = Drain(limit_s)
    with drain.working(), drain.answering():
        drain.begin()
        if limit_s:
            assert not drain.is_over()
            clock.now_s += limit_s - 0.1
            assert not drain.is_over()
            drain.begin()
            clock.now_s += 0.1
        assert drain.is_over()
