"""What is told to whoever sends too much, or the wrong thing."""

from __future__ import annotations

import json

import pytest

from pipeline.errors import AudioError
from service.http.refusals import answer, too_large


@pytest.mark.parametrize(
    ("most_bytes", "size"),
    [
        (4 * 2**10, "4 KB"),
        (64 * 2**10, "64 KB"),
        (2**20 - 1, "1024 KB"),
        (2**20, "1 MB"),
        (300 * 2**20, "300 MB"),
        (300 * 2**20 + 2**16, "300 MB"),
    ],
)
def test_the_most_that_is_taken_is_named_in_a_unit_that_can_be_read(most_bytes: float, size: str) -> None:
    refusal = too_large(most_bytes)
    assert (refusal.status, refusal.message) == (413, f"The request has more than {size}, the most taken.")
    assert refusal.suggestion


def test_an_answer_has_the_status_of_its_fault_and_the_headers_that_it_is_given() -> None:
    found = answer(AudioError("No sound.", suggestion="Send some."), {"Connection": "close"})
    assert (found.status_code, found.headers["connection"]) == (422, "close")
    told = {"error": "No sound.", "details": "", "suggestion": "Send some.", "status": 422}
    assert json.loads(bytes(found.body)) == told
