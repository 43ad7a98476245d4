"""One place defines what a parameter may be; the page, the API, the command line and the docs read it from here.

A parameter is one of three kinds: a number in a range, a switch, or a choice among a few names. All have a `label` and
a `help` for people, say what they allow, and check a value.
"""

from __future__ import annotations

import math
import reprlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar

from .errors import SettingsError

Value = float | bool | str
LONGEST_SHOWN = 40  # letters of a refused value

_short = reprlib.Repr()  # bounded in depth, so that what is nested without end is shown, too
_short.maxstring = _short.maxother = LONGEST_SHOWN


def shown(value: object) -> str:
    """Whatever somebody has given, for a sentence: printable and short."""
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, int) and abs(value) >= 10**LONGEST_SHOWN:  # Python refuses to write very long ones
        return f"a number of more than {LONGEST_SHOWN} digits"
    return f"{_short.repr(value):.{LONGEST_SHOWN}}"


@dataclass(frozen=True, slots=True)
class Range:
    """A number from `minimum` to `maximum`, in `unit`; `step` is the slider's."""

    minimum: float
    maximum: float
    step: float
    unit: str
    label: str
    help: str

    @property
    def allowed(self) -> str:
        return f"{self.minimum:g} to {self.maximum:g} {self.unit}".rstrip()

    def checked(self, name: str, value: object) -> float:
        """The value as a float. Raises SettingsError, which speaks of it as `name`."""
        advice = f"Use a value from {self.allowed}."
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not -math.inf < value < math.inf:
            raise SettingsError(f"{name} must be a number, not {shown(value)}.", suggestion=advice)
        if not self.minimum <= value <= self.maximum:  # before it becomes a float, which not every whole number can
            raise SettingsError(f"{name} = {shown(value)} is out of range.", suggestion=advice)
        return float(value)


@dataclass(frozen=True, slots=True)
class Switch:
    """On or off."""

    label: str
    help: str

    @property
    def allowed(self) -> str:
        return "true or false"

    def checked(self, name: str, value: object) -> bool:
        """The value. Raises SettingsError, which speaks of it as `name`, for anything but a bool."""
        if not isinstance(value, bool):
            raise SettingsError(f"{name} must be {self.allowed}, not {shown(value)}.")
        return value


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few names. options : name → what people read."""

    options: Mapping[str, str]
    label: str
    help: str

    @property
    def allowed(self) -> str:
        return " or ".join(self.options)

    def checked(self, name: str, value: object) -> str:
        """The value. Raises SettingsError, which speaks of it as `name`, for anything but one of the names."""
        if not isinstance(value, str) or value not in self.options:
            raise SettingsError(f"{name} must be {self.allowed}, not {shown(value)}.")
        return value


Kind = Range | Switch | Choice


def kinds(parameters: type[Parameters]) -> dict[str, Kind]:
    """Name → what it may be, of the fields of a class of parameters."""
    return {f.name: f.metadata["kind"] for f in fields(parameters)}


def number(default: float, minimum: float, maximum: float, step: float, unit: str, label: str, help: str) -> Any:
    """A float field of a parameter dataclass, with its range and its words."""
    return _parameter(default, Range(minimum, maximum, step, unit, label, help))


def switch(default: bool, label: str, help: str) -> Any:
    """A boolean field of a parameter dataclass."""
    return _parameter(default, Switch(label, help))


def choice(default: str, options: Mapping[str, str], label: str, help: str) -> Any:
    """A field of a parameter dataclass that holds one of the names in `options`."""
    return _parameter(default, Choice(options, label, help))


def _parameter(default: Value, kind: Kind) -> Any:
    return field(default=default, metadata={"kind": kind})


@dataclass(frozen=True)
class Parameters:
    """Base of the stages' parameters: frozen, hashable, checked when built.

    GROUP : the title under which people find the stage's parameters

    Raises SettingsError for a value that its kind does not allow.
    """

    GROUP: ClassVar[str] = "More"

    def __post_init__(self) -> None:
        for f in fields(self):
            kind: Kind = f.metadata["kind"]
            object.__setattr__(self, f.name, kind.checked(f.name, getattr(self, f.name)))
