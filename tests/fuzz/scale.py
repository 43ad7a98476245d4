"""How many inputs: a fixed sample, or with STRESS=1 thousands, other ones in every run (STRESS_SEED repeats a run)."""

from __future__ import annotations

import os
import secrets
from collections import Counter
from collections.abc import Callable
from typing import Any

import hypothesis
from hypothesis import HealthCheck

STRESS = os.environ.get("STRESS", "") not in ("", "0")
SEED = int(os.environ.get("STRESS_SEED") or secrets.randbits(32))

tried: Counter[str] = Counter()
"""Inputs that were really tried, by what they were tried on; shown at the end of a run."""


def count(sample: int, stress: int) -> int:
    """`stress` in a long run, else `sample`."""
    return stress if STRESS else sample


def fuzzed(sample: int, stress: int) -> Callable[[Any], Any]:
    """A hypothesis test, as `hypothesis.settings` decorates it, of so many examples."""
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    found = hypothesis.settings(
        max_examples=count(sample, stress), derandomize=not STRESS, database=None, print_blob=True,
        suppress_health_check=[*slow, HealthCheck.function_scoped_fixture],
    )  # fmt: skip
    return (lambda test: found(hypothesis.seed(SEED)(test))) if STRESS else found


def shown() -> list[str]:
    """What was tried, and how to try it again; a line for each kind, none if nothing was."""
    if not tried:
        return []
    what = f"tried with STRESS_SEED={SEED}" if STRESS else "of a fixed sample"
    lines = [f"{number:7d}  {name}" for name, number in sorted(tried.items())]
    return [*lines, f"{tried.total():7d}  inputs and requests {what}"]
