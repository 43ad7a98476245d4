"""Differences between systems, of made-up numbers."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.metrics.bootstrap import interval
from benchmarks.quality.report import report
from benchmarks.quality.results import Recorded, Results
from benchmarks.quality.versus import behind, differences, worst

NAMES = ("one", "two", "three", "four")


def results(ours: dict[str, dict[str, float]], theirs: dict[str, dict[str, float]], rooms: int = 0) -> Results:
    """The last `rooms` pairs with a room."""
    kinds = [{"room": "with a room" if k >= len(ours) - rooms else "without a room"} for k in range(len(ours))]
    recorded = {name: Recorded("", kind) for name, kind in zip(ours, kinds, strict=True)}
    return Results(recorded, {"ours": ours, "theirs": theirs})


def test_a_constant_difference_is_certain() -> None:
    assert interval([0.25] * 12) == pytest.approx((0.25, 0.25, 0.25))
    assert interval([3.0]) == pytest.approx((3.0, 3.0, 3.0))


def test_an_interval_is_as_wide_as_the_normal_distribution_says() -> None:
    values = 0.3 + np.random.default_rng(5).standard_normal(100)
    found = interval(values.tolist())
    half = 1.96 * values.std() / 10
    assert found == pytest.approx((values.mean(), values.mean() - half, values.mean() + half), abs=0.15 * half)
    assert found == interval(values.tolist())


def test_nineteen_of_twenty_intervals_hold_the_truth() -> None:
    rng = np.random.default_rng(1)
    found = [interval(rng.normal(1.0, 2.0, 40).tolist()) for _ in range(200)]
    assert 0.9 <= np.mean([low < 1.0 < high for _, low, high in found]) <= 0.99


def test_differences_are_taken_recording_by_recording() -> None:
    """The pairs differ by far more than the systems; one pair lacks a score."""
    theirs: dict[str, dict[str, float]] = {name: {"pesq": 1.0 + k, "si_sdr": 10.0 * k} for k, name in enumerate(NAMES)}
    ours = {name: {"pesq": row["pesq"] + 0.125, "si_sdr": row["si_sdr"] - 1} for name, row in theirs.items()}
    del ours["four"]["si_sdr"]
    said = differences(results(ours, theirs, rooms=1), "theirs")
    assert said.splitlines() == [
        "Difference to theirs, mean and 95 % interval; 3 pairs without a room:",
        "",
        "| system | PESQ-WB | SI-SDR |",
        "|---|--:|--:|",
        "| ours | +0.125 [+0.125, +0.125] | -1.0 [-1.0, -1.0] |",
        "",
        "Difference to theirs, mean and 95 % interval; 1 pairs with a room:",
        "",
        "| system | PESQ-WB | SI-SDR |",
        "|---|--:|--:|",
        "| ours | +0.125 [+0.125, +0.125] | – |",
    ]


def test_recordings_without_a_reference_have_a_table_of_their_own() -> None:
    rows = {"five": {"real_ovrl_n": 3.0}}
    found = Results({"five": Recorded("", {})}, {"ours": rows, "theirs": {"five": {"real_ovrl_n": 3.5}}})
    said = differences(found, "theirs")
    assert said.startswith("Difference to theirs, mean and 95 % interval; 1 without a reference:")
    assert said.endswith("| ours | -0.50 [-0.50, -0.50] |")


def test_the_worst_pairs_come_first() -> None:
    """Each measure counts by its own spread: 3 dB are no more than 0.3 of PESQ here."""
    theirs = {name: {"pesq": 2.0, "estoi": 70.0, "si_sdr": 10.0} for name in NAMES}
    ours = {
        "one": {"pesq": 2.3, "estoi": 70.0, "si_sdr": 10.0},
        "two": {"pesq": 1.7, "estoi": 70.0, "si_sdr": 10.0},
        "three": {"pesq": 2.0, "estoi": 70.0, "si_sdr": 13.0},
        "four": {"pesq": 1.7, "estoi": 70.0, "si_sdr": 7.0},
    }
    found = behind(results(ours, theirs), "ours", "theirs")
    assert list(found) == ["four", "two", "one", "three"]
    pesq, si_sdr = np.std([0.3, -0.3, 0, -0.3]), np.std([0, 0, 3.0, -3.0])
    assert found["four"] == pytest.approx((-0.3 / pesq - 3 / si_sdr) / 3)
    assert found["two"] == pytest.approx(-0.3 / pesq / 3)
    said = worst(results(ours, theirs), "ours", "theirs", 1).splitlines()
    assert said[0] == "Where ours is furthest behind theirs (ours / theirs):"
    assert said[-1].startswith("| four | without a room | -")
    assert said[-1].endswith("| 1.700 / 2.000 | 70.0 / 70.0 | 7.0 / 10.0 |")


def test_what_is_done_to_clean_recordings_has_its_mean_and_its_worst() -> None:
    ours = {name: {"pesq": 2.0, "clean_pesq": 4.5 - k / 4} for k, name in enumerate(NAMES)}
    said = report(results(ours, {name: {"pesq": 2.0} for name in NAMES}))
    assert "| system | PESQ-WB, mean | worst | of |\n|---|--:|--:|--:|\n| ours | 4.12 | 3.75 | four |\n\n" in said
    assert (
        "By room:\n\n| room (pairs) | system | PESQ-WB |\n|---|---|--:|\n| without a room (4) | ours | 2.000 |" in said
    )
