"""From exceptions to words."""

from __future__ import annotations

import errno
import json
import logging

import pytest

from pipeline.errors import AudioError
from service.faults import explain
from web.api_faults import for_programs


def test_our_own_errors_pass_as_they_are() -> None:
    error = AudioError("No.", details="d", suggestion="s")
    assert explain(error) is error
    assert json.loads(for_programs(error).message) == {
        "error": "No.", "details": "d", "suggestion": "s", "status": 422,
    }  # fmt: skip


@pytest.mark.parametrize(
    "fault", [MemoryError(), OSError(errno.ENOSPC, "x", "/secret/path"), OSError(errno.EDQUOT, "x", "/secret/path")]
)
def test_the_machines_limits_have_words(fault: Exception) -> None:
    error = explain(fault)
    assert error.suggestion
    assert ("disk is full" in error.message) is isinstance(fault, OSError)
    assert error.status == (507 if isinstance(fault, OSError) else 413)
    assert "secret" not in str(error.as_dict())


def test_what_nobody_foresaw_shows_a_number_and_is_logged_under_it(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        error = explain(RuntimeError("password=hunter2 in /root/x.py"))
    assert "hunter2" not in str(error.as_dict())
    assert error.details.split()[-1].rstrip(".") in caplog.text
    assert "hunter2" in caplog.text
