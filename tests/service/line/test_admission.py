"""Who is served when: in turn between visitors, by work, and with room for whoever holds little."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from service.line.admission import AdmissionQueue, BusyError, MadeRoomError, Ticket


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


def test_a_place_is_given_back_when_the_work_fails_and_only_once() -> None:
    queue = AdmissionQueue(places=1, longest=0)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), queue.ticket() as ticket:
            raise ZeroDivisionError
        ticket.leave()
    assert len(queue) == 0


def test_alone_a_visitor_may_fill_the_line() -> None:
    queue = AdmissionQueue(places=1, longest=20)
    tickets = [queue.ticket("a") for _ in range(21)]
    assert [ticket.before() for ticket in tickets] == list(range(21))


def test_in_a_full_line_whoever_holds_much_makes_room_for_whoever_holds_little() -> None:
    queue = AdmissionQueue(places=1, longest=7)
    hog = [queue.ticket("hog") for _ in range(8)]
    guests = [queue.ticket(f"guest {number}") for number in range(3)]
    assert [guest.before() for guest in guests] == [1, 2, 3]  # before the hog's second, too
    gone = [number for number, ticket in enumerate(hog) if number and _is_gone(ticket)]
    assert gone == [5, 6, 7]  # the last that came
    assert hog[0].before() == 0  # what runs is not stopped
    assert len(queue) == 8
    with pytest.raises(BusyError):
        queue.ticket("hog")


def _is_gone(ticket: object) -> bool:
    try:
        ticket.before()  # type: ignore[attr-defined]
    except MadeRoomError as gone:
        return gone.status == 503 and bool(gone.suggestion)
    return False


def test_whoever_holds_no_more_than_a_share_is_never_sent_away() -> None:
    queue = AdmissionQueue(places=1, longest=7)  # a share is two
    tickets = [queue.ticket(name) for name in "aabbccdd"]
    with pytest.raises(BusyError):
        queue.ticket("e")
    assert not any(_is_gone(ticket) for ticket in tickets)


def test_visitors_are_served_in_turn_and_by_work() -> None:
    queue = AdmissionQueue(places=1, longest=20)
    served = queue.ticket("a")
    served.weigh(600.0)
    long = [queue.ticket("a") for _ in range(3)]
    for ticket in long:
        ticket.weigh(600.0)
    short = [queue.ticket("b") for _ in range(3)]
    for ticket in short:
        ticket.weigh(60.0)
    order = []
    line, left = served, [*long, *short]
    while left:
        line.leave()
        line = next(ticket for ticket in left if ticket.before() == 0)
        left.remove(line)
        order.append(line.visitor)
    assert order == ["b", "b", "b", "a", "a", "a"]


def test_work_is_bounded_not_heads_alone() -> None:
    queue = AdmissionQueue(places=1, longest=20, most_work=100.0)
    hog = [queue.ticket("hog") for _ in range(4)]
    for ticket in hog:
        ticket.weigh(24.0)
    guest = queue.ticket("guest")
    guest.weigh(30.0)
    assert guest.before() == 1
    assert [_is_gone(ticket) for ticket in hog] == [False, False, True, True]
    late = queue.ticket("other")
    with pytest.raises(BusyError):
        late.weigh(99.0)
    assert [_is_gone(ticket) for ticket in (*hog, guest)] == [False, False, True, True, False]  # nobody for nothing


def test_one_recording_alone_is_never_too_much() -> None:
    queue = AdmissionQueue(places=1, longest=1, most_work=100.0)
    with queue.ticket("a") as ticket:
        ticket.weigh(1e9)
        assert ticket.before() == 0


def test_an_idle_line_owes_nobody_anything() -> None:
    queue = AdmissionQueue(places=1, longest=9)
    with queue.ticket("a") as ticket:
        ticket.weigh(1e6)
    first, second = queue.ticket("b"), queue.ticket("a")
    assert (first.before(), second.before()) == (0, 1)
    third = queue.ticket("b")
    assert (second.before(), third.before()) == (1, 2)


def test_what_nobody_has_looked_at_yet_weighs_next_to_nothing() -> None:
    queue = AdmissionQueue(places=1, longest=20, most_work=10.0)
    tickets = [queue.ticket(name) for name in "abcdefgh"]
    assert [ticket.before() for ticket in tickets] == list(range(8))


def test_who_comes_late_is_owed_nothing_for_the_time_before() -> None:
    """Else a visitor who comes after an hour would be served for an hour before those who were there."""
    queue = AdmissionQueue(places=1, longest=20)
    early = [queue.ticket("early") for _ in range(7)]
    for ticket in early[:4]:
        ticket.leave()
    late = [queue.ticket("late") for _ in range(3)]
    # Not "late, late, late": in turn. The fifth of the early ones is being served; of equals, who came first is first.
    assert [ticket.before() for ticket in early[4:]] == [0, 2, 4]
    assert [ticket.before() for ticket in late] == [1, 3, 5]


def weighed(queue: AdmissionQueue, visitor: str, work: float) -> Ticket:
    ticket = queue.ticket(visitor)
    ticket.weigh(work)
    return ticket


def test_while_long_work_runs_one_short_recording_is_served_beside_it() -> None:
    queue = AdmissionQueue(1, 8, short_work=lambda: 10.0)
    long, waits = weighed(queue, "a", 100.0), weighed(queue, "b", 50.0)
    unknown = queue.ticket("c")  # nobody has looked at it yet
    first, second = weighed(queue, "d", 10.0), weighed(queue, "e", 1.0)
    assert (long.before(), waits.before() > 0, unknown.before() > 0) == (0, True, True)
    assert (first.before(), second.before() > 0) == (0, True)
    first.leave()
    assert second.before() == 0
    assert waits.before() > 0
    long.leave()
    assert waits.before() == 0
    unknown.weigh(2.0)
    assert unknown.before() > 0  # second is still beside it
    second.leave()
    assert unknown.before() == 0


def test_beside_short_work_nothing_else_is_served() -> None:
    """It is over soon; and where memory is scarce, two at once would not fit."""
    queue = AdmissionQueue(1, 8, short_work=lambda: 10.0)
    weighed(queue, "a", 9.0)
    assert weighed(queue, "b", 1.0).before() == 1
    closed = AdmissionQueue(1, 8, short_work=lambda: 0.0)
    weighed(closed, "a", 100.0)
    assert weighed(closed, "b", 1.0).before() == 1
