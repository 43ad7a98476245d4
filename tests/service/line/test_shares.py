"""So much at once, so often."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from service.line import shares
from service.line.shares import Rate, Shares, TooManyError


def test_each_has_a_share_and_all_together_have_a_limit() -> None:
    held = Shares(each=2, every=3)
    with ExitStack() as stack:
        stack.enter_context(held.one("a"))
        stack.enter_context(held.one("a"))
        with pytest.raises(TooManyError) as mine, held.one("a"):
            pass
        stack.enter_context(held.one("b"))
        with pytest.raises(TooManyError) as everybodys, held.one("c"):
            pass
    assert (mine.value.status, everybodys.value.status) == (429, 503)
    with held.one("c"), held.one("c"), held.one("d"):
        pass


def test_what_is_held_is_given_back_whatever_happens() -> None:
    held = Shares(each=1, every=1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), held.one("a"):
            raise ZeroDivisionError


def test_a_bucket_empties_and_fills_for_each_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    rate = Rate(per_s=2.0, burst=3.0)
    assert [rate.take("a") for _ in range(5)] == [True, True, True, False, False]
    assert rate.take("b")
    now += 0.4
    assert not rate.take("a")
    now += 0.2
    assert [rate.take("a") for _ in range(2)] == [True, False]
    now += 1000
    assert [rate.take("a") for _ in range(4)] == [True, True, True, False]


def test_only_so_many_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shares, "REMEMBERED", 3)
    rate = Rate(per_s=0.0, burst=1.0)
    assert [rate.take(name) for name in "abcab"] == [True, True, True, False, False]
    assert rate.take("d")  # c was quiet longest
    assert rate.take("c")
    assert not rate.take("b")


def test_ten_thousand_visitors_are_remembered() -> None:
    assert shares.REMEMBERED == 10_000
