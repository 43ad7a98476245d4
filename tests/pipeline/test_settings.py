from __future__ import annotations

import json
import math
from dataclasses import FrozenInstanceError
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import PRESETS, Settings, SettingsError
from pipeline.parameter import Choice, Range, Switch
from pipeline.presets import NAMED_PRESETS
from pipeline.settings import Denoise, parameters

KINDS = parameters()
RANGES = {name: kind for name, kind in KINDS.items() if isinstance(kind, Range)}
SWITCHES = [name for name, kind in KINDS.items() if isinstance(kind, Switch)]
CHOICES = {name: kind for name, kind in KINDS.items() if isinstance(kind, Choice)}


def test_names_ranges_and_values_agree() -> None:
    flat = Settings().flat()
    assert list(flat) == list(KINDS)
    assert RANGES and SWITCHES and CHOICES
    assert all(isinstance(flat[name], bool) for name in SWITCHES)
    assert all(isinstance(flat[name], float) for name in RANGES)
    assert all(flat[name] in CHOICES[name].options for name in CHOICES)


@pytest.mark.parametrize("name", KINDS)
def test_every_parameter_has_words(name: str) -> None:
    kind = KINDS[name]
    assert kind.label and len(kind.help) > 10 and kind.help.endswith(".")


@pytest.mark.parametrize("name", RANGES)
def test_every_range_is_sensible(name: str) -> None:
    limits = RANGES[name]
    assert limits.step > 0
    steps = (limits.maximum - limits.minimum) / limits.step
    assert steps == pytest.approx(round(steps))
    unit = name.rsplit("_", 1)[1]  # units stand in the names
    assert unit in {"db", "hz", "percent", "lufs", "dbtp", "ms", "s", "ratio"}


@pytest.mark.parametrize("name", RANGES)
def test_ranges_hold(name: str) -> None:
    limits = RANGES[name]
    for value in (limits.minimum, limits.maximum):
        assert Settings.from_flat({name: value}).flat()[name] == value
    for value in (math.nextafter(limits.minimum, -math.inf), math.nextafter(limits.maximum, math.inf)):
        with pytest.raises(SettingsError, match="out of range") as caught:
            Settings.from_flat({name: value})
        assert f"{limits.maximum:g}" in caught.value.suggestion
    for nonsense in (math.nan, math.inf, "12", None, True, [1]):
        with pytest.raises(SettingsError, match="must be a number"):
            Settings.from_flat({name: nonsense})


@pytest.mark.parametrize("name", SWITCHES)
def test_switches_hold(name: str) -> None:
    for value in (True, False):
        assert Settings.from_flat({name: value}).flat()[name] is value
    for nonsense in (1, 0.0, "yes", None):
        with pytest.raises(SettingsError, match="must be true or false"):
            Settings.from_flat({name: nonsense})


@pytest.mark.parametrize("name", CHOICES)
def test_choices_hold(name: str) -> None:
    assert len(CHOICES[name].options) > 1
    assert all(words and words != option for option, words in CHOICES[name].options.items())
    for option in CHOICES[name].options:
        assert Settings.from_flat({name: option}).flat()[name] == option
    for nonsense in ("magic", "", "Neural", 0, True, None, ["neural"]):
        with pytest.raises(SettingsError, match=f"{name} must be {' or '.join(CHOICES[name].options)}, not"):
            Settings.from_flat({name: nonsense})


def test_the_denoiser_is_neural_unless_told_otherwise() -> None:
    assert Denoise(24.0) == Denoise(24.0, "neural")
    assert Settings.from_flat({"denoise_method": "spectral"}).denoise == Denoise(method="spectral")
    with pytest.raises(SettingsError, match="method must be neural or spectral"):
        Denoise(20.0, "magic")


def test_unknown_names_are_told_with_the_known_ones() -> None:
    with pytest.raises(SettingsError, match="Unknown parameter: loudnes") as caught:
        Settings.from_flat({"loudnes": 1})
    assert all(name in caught.value.suggestion for name in KINDS)


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ({"denoise_strength_db": 10**400}, "a number of more than 40 digits is out of range"),
        ({"denoise_strength_db": -(10**5000)}, "a number of more than 40 digits is out of range"),
        ({"loudness_normalize": 10**5000}, "not a number of more than 40 digits"),
        ({"denoise_method": "x\x1b\ud800" * 9}, r"not 'x\\x1b\\ud800x"),
        ({None: 1, 2: 1, "a\nb": 1}, r"Unknown parameter: 'a\\nb', 2, None\."),
    ],
)
def test_whatever_is_given_is_refused_in_printable_words(given: dict[Any, object], match: str) -> None:
    with pytest.raises(SettingsError, match=match) as caught:
        Settings.from_flat(given)
    assert caught.value.message.isprintable()
    assert len(caught.value.message) < 130


def test_what_is_nested_without_end_is_refused_in_words() -> None:
    deep: list[Any] = []
    for _ in range(10_000):
        deep = [deep]
    for name in KINDS:
        with pytest.raises(SettingsError, match=r"not \[\[\["):
            Settings.from_flat({name: deep})


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_valid_and_come_back_from_json(name: str) -> None:
    preset = NAMED_PRESETS[name]
    assert preset.label and preset.why.endswith(".")
    assert PRESETS[name] is preset.settings
    assert Settings.from_flat(json.loads(json.dumps(preset.settings.flat()))) == preset.settings


def test_presets_differ_and_the_default_is_among_them() -> None:
    assert len(set(PRESETS.values())) == len(PRESETS)
    assert PRESETS["default"] == Settings()


def test_settings_are_frozen_and_hashable() -> None:
    assert hash(Settings()) == hash(Settings())
    with pytest.raises(FrozenInstanceError):
        Settings().denoise = None  # type: ignore[misc, assignment]


@given(st.fixed_dictionaries({name: st.floats(RANGES[name].minimum, RANGES[name].maximum) for name in RANGES}))
def test_what_is_given_overrides_the_base(values: dict[str, float]) -> None:
    base = PRESETS["broadcast"]
    first, *rest = values
    merged = Settings.from_flat({first: values[first]}, base).flat()
    assert merged[first] == values[first]
    assert all(merged[name] == base.flat()[name] for name in rest)
    assert Settings.from_flat(Settings.from_flat(values).flat()) == Settings.from_flat(values)
