"""What people get who ask for nothing: each default and each preset, number by number.

A change here is heard by everybody. It is made on purpose, with scores from before and after, and written down twice.
"""

from __future__ import annotations

import pytest

from pipeline import PRESETS, Settings
from pipeline.files.formats import DEFAULT, OUTPUTS, Encoding
from pipeline.parameter import Range, kinds
from pipeline.settings import groups, parameters

DEFAULTS = {
    "auto_strengths": False,
    "declip_strength_percent": 0.0,
    "declick_sensitivity_percent": 0.0,
    "dehum_strength_db": 30.0,
    "denoise_strength_db": 40.0,
    "denoise_method": "neural",
    "dereverb_strength_db": 0.0,
    "tone_rumble_hz": 50.0,
    "tone_warmth_db": 0.0,
    "tone_presence_db": 0.0,
    "deess_strength_db": 0.0,
    "mix_wet_percent": 100.0,
    "level_range_db": 0.0,
    "loudness_normalize": True,
    "loudness_target_lufs": -16.0,
    "loudness_ceiling_dbtp": -1.0,
    "channels_mode": "auto",
    "content_keep_music": False,
}
RANGES = {
    "declip_strength_percent": (0, 100, 5, "%"),
    "declick_sensitivity_percent": (0, 100, 5, "%"),
    "dehum_strength_db": (0, 40, 1, "dB"),
    "denoise_strength_db": (0, 60, 1, "dB"),
    "dereverb_strength_db": (0, 24, 1, "dB"),
    "tone_rumble_hz": (0, 200, 5, "Hz"),
    "tone_warmth_db": (-6, 6, 0.5, "dB"),
    "tone_presence_db": (-6, 6, 0.5, "dB"),
    "deess_strength_db": (0, 12, 0.5, "dB"),
    "mix_wet_percent": (0, 100, 1, "%"),
    "level_range_db": (0, 18, 1, "dB"),
    "loudness_target_lufs": (-36, -9, 0.5, "LUFS"),
    "loudness_ceiling_dbtp": (-9, 0, 0.5, "dBTP"),
}
CHANGED: dict[str, dict[str, object]] = {
    "default": {},
    "auto": {"auto_strengths": True},
    "podcast": {
        "tone_warmth_db": 1.0, "tone_presence_db": 1.5, "deess_strength_db": 4.0,
        "level_range_db": 8.0, "declick_sensitivity_percent": 30.0, "denoise_strength_db": 30.0,
        "dereverb_strength_db": 4.0,
    },
    "interview_outdoors": {
        "denoise_strength_db": 30.0, "tone_presence_db": 1.0, "level_range_db": 10.0,
    },
    "lecture_hall": {
        "denoise_strength_db": 30.0, "dereverb_strength_db": 12.0, "tone_warmth_db": -1.5, "tone_presence_db": 1.5,
        "level_range_db": 10.0,
    },
    "phone_call": {
        "declip_strength_percent": 100.0, "denoise_strength_db": 36.0, "tone_warmth_db": 1.0,
        "level_range_db": 10.0, "loudness_target_lufs": -18.0, "loudness_ceiling_dbtp": -2.0,
    },
    "old_tape": {
        "declip_strength_percent": 100.0, "declick_sensitivity_percent": 50.0, "dehum_strength_db": 40.0,
        "denoise_strength_db": 18.0, "loudness_target_lufs": -18.0,
    },
    "gentle": {"denoise_strength_db": 12.0, "loudness_target_lufs": -18.0},
    "broadcast": {"denoise_strength_db": 30.0, "level_range_db": 6.0, "loudness_target_lufs": -23.0},
    "clean_only": {"dehum_strength_db": 0.0, "tone_rumble_hz": 0.0, "loudness_normalize": False},
}  # fmt: skip
NOTHING = {
    **dict.fromkeys(RANGES, 0.0), "auto_strengths": False, "denoise_method": "neural", "mix_wet_percent": 100.0,
    "loudness_normalize": False, "loudness_target_lufs": -16.0, "loudness_ceiling_dbtp": -1.0, "channels_mode": "auto",
    "content_keep_music": False,
}  # fmt: skip


def test_who_asks_for_nothing_gets_this() -> None:
    assert Settings().flat() == DEFAULTS
    assert list(parameters()) == list(DEFAULTS)


@pytest.mark.parametrize("name", RANGES)
def test_every_number_has_its_range_and_its_step(name: str) -> None:
    kind = parameters()[name]
    assert isinstance(kind, Range)
    assert (kind.minimum, kind.maximum, kind.step, kind.unit) == RANGES[name]
    assert {name for name, kind in parameters().items() if isinstance(kind, Range)} == set(RANGES)


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_changes_this_and_nothing_else(name: str) -> None:
    assert PRESETS[name].flat() == DEFAULTS | CHANGED[name]
    assert list(PRESETS) == list(CHANGED)


def test_nothing_is_nothing_and_everything_leaves_nothing_off() -> None:
    assert Settings.nothing().flat() == NOTHING
    everything = Settings.everything().flat()
    assert {name: everything[name] for name in RANGES if DEFAULTS[name] == 0} == {
        name: RANGES[name][1] / 2 for name in RANGES if DEFAULTS[name] == 0
    }
    assert {name: value for name, value in everything.items() if DEFAULTS[name] != 0} == {
        name: value for name, value in DEFAULTS.items() if value != 0
    }


def test_people_look_for_a_setting_under_its_title() -> None:
    assert {title: list(names) for title, names in groups().items()} == {
        "Automatic": ["auto_strengths", "channels_mode"],
        "Repair": ["declip_strength_percent", "declick_sensitivity_percent", "dehum_strength_db"],
        "Noise and room": ["denoise_strength_db", "denoise_method", "dereverb_strength_db", "content_keep_music"],
        "Tone": ["tone_rumble_hz", "tone_warmth_db", "tone_presence_db", "deess_strength_db", "mix_wet_percent"],
        "Level": ["level_range_db", "loudness_normalize", "loudness_target_lufs", "loudness_ceiling_dbtp"],
    }


def test_a_result_is_as_deep_as_the_recording_or_has_192_kbit_unless_asked_otherwise() -> None:
    assert Encoding() == DEFAULT == Encoding("auto", 192.0)
    bitrate = kinds(Encoding)["bitrate_kbps"]
    assert isinstance(bitrate, Range)
    assert (bitrate.minimum, bitrate.maximum, bitrate.unit) == (8, 320, "kbit/s")
    assert next(iter(OUTPUTS)) == ".wav"
