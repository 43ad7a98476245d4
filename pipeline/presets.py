"""Settings that have a name.

Standard library only, as `pipeline.settings`.
"""

from __future__ import annotations

from dataclasses import dataclass

from .settings import Auto, Declick, Declip, Deess, Dehum, Denoise, Dereverb, Level, Loudness, Settings, Tone


@dataclass(frozen=True)
class Preset:
    """Settings with a name for people and one line that says why."""

    label: str
    why: str
    settings: Settings


NAMED_PRESETS: dict[str, Preset] = {
    "default": Preset("Default", "Clear speech from an ordinary noisy recording.", Settings()),
    "auto": Preset(
        "Auto", "Measures first, then chooses how much of what; the report says what.", Settings(auto=Auto(True))
    ),
    "podcast": Preset(
        "Podcast", "Noise turned down, even voices and the loudness that podcast platforms ask for.",
        Settings(
            tone=Tone(warmth_db=1.0, presence_db=1.5), deess=Deess(4.0), level=Level(8.0),
            declick=Declick(30.0), denoise=Denoise(30.0), dereverb=Dereverb(4.0),
        ),
    ),
    "interview_outdoors": Preset(
        "Interview outdoors", "Wind, traffic and passers-by turned down; both talkers equally loud.",
        Settings(denoise=Denoise(30.0), tone=Tone(presence_db=1.0), level=Level(10.0)),
    ),
    "lecture_hall": Preset(
        "Lecture hall", "Less of the room, less of the projector, and a speaker who walks about stays as loud.",
        Settings(
            denoise=Denoise(30.0), dereverb=Dereverb(12.0),
            tone=Tone(warmth_db=-1.5, presence_db=1.5), level=Level(10.0),
        ),
    ),
    "phone_call": Preset(
        "Phone call", "Quiet between the words, clipped peaks rebuilt, no rumble, even voices.",
        Settings(
            declip=Declip(100.0), denoise=Denoise(36.0), tone=Tone(warmth_db=1.0), level=Level(10.0),
            loudness=Loudness(True, -18.0, -2.0),
        ),
    ),
    "old_tape": Preset(
        "Old tape", "Hum, clicks and clipped peaks repaired, the hiss turned down but not away.",
        Settings(
            declip=Declip(100.0), declick=Declick(50.0), dehum=Dehum(40.0), denoise=Denoise(18.0),
            loudness=Loudness(True, -18.0, -1.0),
        ),
    ),
    "gentle": Preset(
        "Gentle", "Takes the edge off and keeps the room; for interviews that should sound as they were.",
        Settings(denoise=Denoise(12.0), loudness=Loudness(True, -18.0, -1.0)),
    ),
    "broadcast": Preset(
        "Broadcast", "EBU R 128: -23 LUFS, -1 dBTP.",
        Settings(denoise=Denoise(30.0), level=Level(6.0), loudness=Loudness(True, -23.0, -1.0)),
    ),
    "clean_only": Preset(
        "Clean only", "Removes noise and touches nothing else: no filter, loudness as recorded.",
        Settings(dehum=Dehum(0.0), tone=Tone(0.0), loudness=Loudness(False)),
    ),
}  # fmt: skip

PRESETS: dict[str, Settings] = {name: preset.settings for name, preset in NAMED_PRESETS.items()}


def a_presets_strength(strength_db: float) -> bool:
    """Whether a preset has this strength of noise reduction. Any other was set by hand."""
    return any(strength_db == settings.denoise.strength_db for settings in PRESETS.values())
