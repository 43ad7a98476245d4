"""Work that nobody listens to."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace

import pytest

from service.line import attention
from service.line.admission import Visit
from service.line.attention import UnheardError, attended, until_heard
from service.line.shares import TooManyError
from service.site import Site
from service.storage import Storage
from service.work import Progress

PATIENCE_S = attention.PATIENCE_S  # before it is replaced


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(storage=Storage.choose({"GRADIO_TEMP_DIR": str(tmp_path)}))


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attention, "PATIENCE_S", 0.2)
    monkeypatch.setattr(attention, "STEP_S", 0.01)


def test_whoever_listens_is_not_kept_waiting(site: Site) -> None:
    assert list(until_heard(site, Visit("a"))) == []


def test_it_begins_when_somebody_listens(site: Site) -> None:
    heard = iter([False, False, False, True])
    assert len(list(until_heard(site, Visit("a", lambda: next(heard))))) == 2


def test_it_does_not_begin_when_nobody_does(site: Site) -> None:
    with pytest.raises(UnheardError):
        list(until_heard(site, Visit("a", lambda: False)))
    with site.unheard.one("a"):  # and holds nothing afterwards
        pass


def _work(closed: list[str]) -> Generator[Progress, None, str]:
    try:
        for _ in range(1000):
            time.sleep(0.005)
            yield Progress(0.5, "")
    finally:
        closed.append("closed")
    return "result"


def test_it_ends_when_nobody_listens_any_more() -> None:
    closed: list[str] = []
    with pytest.raises(UnheardError) as fault:
        list(attended(_work(closed), Visit("a", lambda: False)))
    assert closed == ["closed"]
    assert fault.value.status == 408


def test_a_connection_that_is_made_again_in_time_keeps_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each gap is shorter than the patience, all together are longer."""
    clock = SimpleNamespace(now=0.0)  # a busy machine's own may jump
    clock.monotonic = lambda: clock.now
    monkeypatch.setattr(attention, "time", clock)
    work = attended(_work([]), Visit("a", lambda: clock.now < 2 and clock.now % 0.25 < 0.1))
    for step in range(200):
        clock.now = step * 0.01
        next(work)
    clock.now = 2.1  # 0.25 s after it was listened to last
    with pytest.raises(UnheardError):
        next(work)


def test_who_does_not_listen_has_ten_seconds() -> None:
    assert PATIENCE_S == 10


def test_64_of_one_visitor_and_256_of_all_may_wait_for_a_listener_and_two_recordings_are_looked_into(
    site: Site,
) -> None:
    with ExitStack() as held:
        for number in range(256):
            held.enter_context(site.unheard.one(f"{number // 64}"))
            if number == 63:
                with pytest.raises(TooManyError):
                    held.enter_context(site.unheard.one("0"))
        with pytest.raises(TooManyError):
            held.enter_context(site.unheard.one("another"))
    assert [site.looking.acquire(blocking=False) for _ in range(3)] == [True, True, False]
