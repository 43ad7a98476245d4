from __future__ import annotations

import logging

import pytest

from pipeline import LimitError, SettingsError
from pipeline.files.limits import LOCAL, MIB, Limits


def test_defaults_refuse_400_mb_and_take_300() -> None:
    Limits().check_file(300 * MIB)
    with pytest.raises(LimitError, match="400 MB; more than 300 MB are not taken"):
        Limits().check_file(400 * MIB)
    LOCAL.check_file(400 * MIB)


def test_the_nearer_of_time_and_memory_counts() -> None:
    Limits().check_longest(7_200 * 8_000, 8_000, 1)
    with pytest.raises(LimitError, match="longer than 120 minutes"):
        Limits().check_longest(7_201 * 8_000, 8_000, 1)
    Limits().check_longest(7_200 * 48_000, 48_000, 2)
    with pytest.raises(LimitError, match="longer than 41 minutes, the most taken at 48000 Hz, 6 channels"):
        Limits().check_longest(3_600 * 48_000, 48_000, 6)
    LOCAL.check_longest(12 * 3_600 * 48_000, 48_000, 2)


def test_environment(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    for name in ("MAX_UPLOAD_MB", "MAX_DURATION_S", "MAX_DECODED_MB"):
        monkeypatch.delenv(name, raising=False)
    assert Limits.from_environment() == Limits()
    monkeypatch.setenv("MAX_UPLOAD_MB", "25")
    monkeypatch.setenv("MAX_DURATION_S", "90.5")
    monkeypatch.setenv("MAX_DECODED_MB", "")
    assert Limits.from_environment() == Limits(max_file_bytes=25 * MIB, max_duration_s=90.5)
    assert Limits.from_environment(LOCAL).max_decoded_bytes == LOCAL.max_decoded_bytes
    for bad in ("much", "-3", "0", "nan", "inf", "http://me:s3cret@host/"):
        monkeypatch.setenv("MAX_UPLOAD_MB", bad)
        with caplog.at_level(logging.WARNING):
            assert Limits.from_environment().max_file_bytes == Limits().max_file_bytes
        assert "MAX_UPLOAD_MB is ignored" in caplog.text
    assert "s3cret" not in caplog.text


@pytest.mark.parametrize("bad", [0, -1, float("nan"), "9", True, None])
def test_a_limit_is_a_positive_number(bad: object) -> None:
    with pytest.raises(SettingsError, match="max_duration_s must be a positive number"):
        Limits(max_duration_s=bad)  # type: ignore[arg-type]
