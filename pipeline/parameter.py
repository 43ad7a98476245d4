"""One place defines a range; the page, the API, the command line and the docs read it from here."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields
from typing import Any

from .errors import SettingsError


@dataclass(frozen=True, slots=True)
class Range:
    """What a parameter may be and how it is shown. `minimum == maximum == 0` marks a switch (bool)."""

    minimum: float
    maximum: float
    step: float
    unit: str
    label: str
    help: str

    @property
    def is_switch(self) -> bool:
        return self.minimum == self.maximum


def number(default: float, minimum: float, maximum: float, step: float, unit: str, label: str, help: str) -> Any:
    """A float field of a parameter dataclass, with its range and its words."""
    return field(default=default, metadata={"range": Range(minimum, maximum, step, unit, label, help)})


def switch(default: bool, label: str, help: str) -> Any:
    """A boolean field of a parameter dataclass."""
    return field(default=default, metadata={"range": Range(0, 0, 1, "", label, help)})


@dataclass(frozen=True)
class Parameters:
    """Base of the stages' parameters: frozen, hashable, checked when built.

    Raises SettingsError for a value that is not a finite number (a bool, for a switch) or is out of range.
    """

    def __post_init__(self) -> None:
        for f in fields(self):
            limits: Range = f.metadata["range"]
            object.__setattr__(self, f.name, checked(f.name, getattr(self, f.name), limits))


def checked(name: str, value: object, limits: Range) -> float | bool:
    """The value as a float (a bool, for a switch). Raises SettingsError, which speaks of it as `name`."""
    if limits.is_switch:
        if not isinstance(value, bool):
            raise SettingsError(f"{name} must be true or false, not {value!r:.40}.")
        return value
    wanted = f"{limits.minimum:g} to {limits.maximum:g} {limits.unit}".rstrip()
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise SettingsError(f"{name} must be a number, not {value!r:.40}.", suggestion=f"Use a value from {wanted}.")
    if not limits.minimum <= value <= limits.maximum:
        raise SettingsError(f"{name} = {value:g} is out of range.", suggestion=f"Use a value from {wanted}.")
    return float(value)
