"""How loud each track is played."""

from __future__ import annotations

import math
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.page.site import as_js

LUFS = {"before": -25.7, "after": -16.0}


def gains(blank: Page, **wanted: Any) -> dict[str, float]:
    found: dict[str, float] = blank.evaluate(f"import('/page/mixing.js').then((m) => m.gains({as_js(wanted)}))")
    return found


def db(gain: float) -> float:
    return 20 * math.log10(gain)


@pytest.mark.parametrize("lufs", [LUFS, {"before": -12.0, "after": -16.0}, {"before": -16.0, "after": -16.0}])
def test_all_are_as_loud_as_the_quietest_and_none_is_raised(blank: Page, lufs: dict[str, float]) -> None:
    before = gains(blank, heard="before", lufs=lufs)
    after = gains(blank, heard="after", lufs=lufs)
    removed = gains(blank, heard="removed", lufs=lufs)
    assert lufs["before"] + db(before["before"]) == pytest.approx(min(lufs.values()))
    assert lufs["after"] + db(after["after"]) == pytest.approx(min(lufs.values()))
    assert removed["removed"] == pytest.approx(before["before"])
    assert max(before["before"], after["after"]) <= 1 + 1e-9
    assert [before["after"], before["removed"], after["before"], removed["before"]] == [0, 0, 0, 0]


def test_without_it_everything_is_as_it_is(blank: Page) -> None:
    for heard in ("before", "after", "removed"):
        found = gains(blank, heard=heard, equal=False, lufs=LUFS)
        assert found == {name: float(name == heard) for name in found}


def test_the_amount_is_a_mix_at_the_gain_of_the_work(blank: Page) -> None:
    found = gains(blank, heard="after", amount=70, equal=False, lufs=LUFS, gain_db=9.7)
    assert found["after"] == pytest.approx(0.7)
    assert found["before"] == pytest.approx(0.3 * 10 ** (9.7 / 20))


@pytest.mark.parametrize("gain_db", [0.0, 9.7, -3.0])
def test_none_of_it_at_equal_loudness_is_before(blank: Page, gain_db: float) -> None:
    found = gains(blank, heard="after", amount=0, lufs=LUFS, gain_db=gain_db)
    assert found["after"] == 0
    assert found["before"] == pytest.approx(gains(blank, heard="before", lufs=LUFS)["before"])


def test_the_mix_of_one_voice_is_equally_loud_at_every_amount(blank: Page) -> None:
    """after = g · before: whatever the amount, it is the same sound."""
    for amount in (0, 25, 50, 75, 100):
        found = gains(blank, heard="after", amount=amount, lufs=LUFS, gain_db=9.7)
        level = found["after"] * 10 ** (-16 / 20) + found["before"] * 10 ** (-25.7 / 20)
        assert db(level) == pytest.approx(-25.7)


@pytest.mark.parametrize("lufs", [{"before": None, "after": -16.0}, {"before": -20.0, "after": None}])
def test_silence_is_not_measured_and_changes_nothing(blank: Page, lufs: dict[str, float | None]) -> None:
    assert gains(blank, heard="before", lufs=lufs)["before"] == 1
    assert gains(blank, heard="after", lufs=lufs)["after"] == 1


def test_a_stretch_is_set_beside_the_before_of_the_whole(blank: Page) -> None:
    found = blank.evaluate(
        "import('/page/mixing.js').then((m) => m.besides({before: -25, after: -16}, {before: -30, after: -18}))"
    )
    assert found == {"before": -25, "after": -13}
