"""What is kept of runs, and put together."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.quality import results
from benchmarks.quality.results import Recorded, Results

PAIR, REAL = Recorded("aa", {"room": "without a room"}), Recorded("bb", {})


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    have = Results({"one": PAIR, "two": REAL}, {"ours": {"one": {"pesq": 2.0}, "two": {"real_ovrl_n": 3.0}}})
    results.write(tmp_path / "kept.json", have)
    assert results.read(tmp_path / "kept.json") == have
    assert have.pairs == ["one"]


def test_a_file_without_kinds_is_refused(tmp_path: Path) -> None:
    (tmp_path / "old.json").write_text('{"means": {}, "recordings": {}}', encoding="utf-8")
    with pytest.raises(SystemExit, match=r"old\.json is of an older bench"):
        results.read(tmp_path / "old.json")


def test_the_first_of_two_runs_counts() -> None:
    new = Results({"one": PAIR}, {"ours": {"one": {"pesq": 2.0}}})
    old = Results(
        {"one": PAIR, "two": REAL}, {"theirs": {"one": {"pesq": 1.5}}, "ours": {"one": {"pesq": 1.0}, "two": {}}}
    )
    both = results.merged(new, old)
    assert both.scores == {"ours": {"one": {"pesq": 2.0}, "two": {}}, "theirs": {"one": {"pesq": 1.5}}}
    assert list(both.scores) == ["ours", "theirs"]
    assert both.recordings == {"one": PAIR, "two": REAL}
    assert new.scores == {"ours": {"one": {"pesq": 2.0}}}


def test_other_samples_under_the_same_name_are_refused() -> None:
    with pytest.raises(SystemExit, match="one is not the same recording in all runs"):
        results.merged(Results({"one": PAIR}, {}), Results({"one": Recorded("cc", PAIR.kinds)}, {}))


def test_systems_are_compared_on_what_all_have() -> None:
    have = Results({"one": PAIR, "two": REAL}, {"ours": {"one": {"pesq": 2.0}, "two": {}}, "theirs": {"one": {}}})
    assert results.shared(have) == Results({"one": PAIR}, {"ours": {"one": {"pesq": 2.0}}, "theirs": {"one": {}}})


def test_means_are_those_of_the_chosen_recordings() -> None:
    rows = {"one": {"pesq": 2.0}, "two": {"pesq": 3.0}, "three": {"pesq": 4.0}}
    assert Results(dict.fromkeys(rows, PAIR), {"ours": rows}).means(["one", "two"]) == {"ours": {"pesq": 2.5}}


def test_real_time_factor_is_of_all_the_sound() -> None:
    rows = {"one": {"cpu_s": 1.0, "sound_s": 10.0}, "two": {"cpu_s": 1.0, "sound_s": 90.0}}
    found = Results(dict.fromkeys(rows, PAIR), {"ours": rows}).means(rows)
    assert found == {"ours": {"rtf": pytest.approx(0.02)}}
