"""The scores of the content bench, on answers that are known."""

from __future__ import annotations

from benchmarks.content import Score, _merged
from pipeline.measures.content.stretches import Stretch


def row(told: list[tuple[float, float]], true: list[tuple[float, float]]) -> list[str]:
    score = Score()
    score.add([Stretch("music", *ends) for ends in told], [Stretch("music", *ends) for ends in true], 40.0)
    return score.row().split(" | ")


def test_what_is_told_as_it_is_scores_in_full() -> None:
    assert row([(10, 20)], [(10, 20)]) == ["100", "100", "100", "100"]


def test_what_is_missed_costs_recall_alone() -> None:
    assert row([], [(10, 20)]) == ["–", "0", "–", "0"]


def test_what_is_not_there_costs_precision_alone() -> None:
    assert row([(30, 40)], []) == ["0", "–", "0", "–"]


def test_half_of_it_is_half_in_seconds_and_enough_for_a_stretch() -> None:
    assert row([(10, 15)], [(10, 20)]) == ["100", "50", "100", "100"]
    assert row([(10, 14)], [(10, 20)]) == ["100", "40", "100", "0"]


def test_up_to_a_second_beyond_the_ends_counts_neither_way() -> None:
    assert row([(9, 21)], [(10, 20)]) == ["100", "100", "100", "100"]
    assert row([(5, 20)], [(10, 20)])[0] == "71"  # 10 of 14


def test_what_overlaps_is_kept_once() -> None:
    ends = [Stretch("any", 5, 8), Stretch("any", 1, 6), Stretch("any", 10, 11)]
    assert _merged(ends) == [Stretch("any", 1, 8), Stretch("any", 10, 11)]
