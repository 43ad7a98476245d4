"""From an exception to what a person, or a program, is told. Nothing unplanned ever shows its own text."""

from __future__ import annotations

import logging
import secrets

from pipeline.errors import EnhancementError, FullError, LimitError, is_full

log = logging.getLogger(__name__)


def explain(fault: BaseException) -> EnhancementError:
    """The fault in words; one that nobody foresaw goes to the log under a number that the visitor can quote."""
    if isinstance(fault, EnhancementError):
        return fault
    if isinstance(fault, MemoryError):
        return LimitError(
            "The recording is longer than this server's memory can hold.", suggestion="Cut it into parts and try again."
        )
    if is_full(fault):
        return FullError(
            "The server's disk is full.", suggestion="Try again later; whoever runs it should free some space."
        )
    number = secrets.token_hex(4)
    log.error("Unforeseen fault %s", number, exc_info=fault)
    return EnhancementError(
        "Something went wrong inside the program.",
        details=f"The log knows it as {number}.",
        suggestion="Try again. If it happens again, report it with this number.",
    )


def as_answer(fault: BaseException) -> dict[str, str | int]:
    """The fault as API users get it: error, details, suggestion, and the HTTP status it equals."""
    error = explain(fault)
    return {**error.as_dict(), "status": error.status}
