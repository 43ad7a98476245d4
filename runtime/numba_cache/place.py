"""The two directories in which this process keeps compiled code and finds it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """writable : read and written; baked : only read. Either may be missing."""

    writable: str | None = None
    baked: str | None = None


_place = Place()


def choose(place: Place) -> None:
    """From now on, for the whole process."""
    global _place  # noqa: PLW0603 — one place per process, as numba has one configuration per process
    _place = place


def current() -> Place:
    """Nowhere at all until something is chosen."""
    return _place
