"""First come, first served."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from service.admission import AdmissionQueue, BusyError


def test_who_comes_later_sees_how_many_are_before() -> None:
    queue = AdmissionQueue(places=2, longest=5)
    with ExitStack() as first, ExitStack() as others:
        first.enter_context(queue.ticket())
        second, third, fourth = (others.enter_context(queue.ticket()) for _ in range(3))
        assert [ticket.before() for ticket in (second, third, fourth)] == [0, 1, 2]
        first.close()
        assert [ticket.before() for ticket in (second, third, fourth)] == [0, 0, 1]


def test_a_full_line_says_so_and_recovers() -> None:
    queue = AdmissionQueue(places=1, longest=1)
    with queue.ticket(), queue.ticket():
        with pytest.raises(BusyError) as busy, queue.ticket():
            pass
        assert busy.value.status == 503
        assert busy.value.suggestion
    with queue.ticket() as ticket:
        assert ticket.before() == 0


def test_a_place_is_given_back_when_the_work_fails() -> None:
    queue = AdmissionQueue(places=1, longest=0)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), queue.ticket():
            raise ZeroDivisionError
