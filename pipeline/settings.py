"""All parameters of an enhancement.

Standard library only: the page is laid out from this file before anything heavy is imported.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, cast

from .errors import SettingsError
from .parameter import Kind, Parameters, Range, Value, choice, kinds, number, shown, switch


@dataclass(frozen=True)
class Auto(Parameters):
    """Strengths by what the recording measures; see `pipeline.measures.auto`."""

    GROUP = "Automatic"

    strengths: bool = switch(
        False, "Choose strengths", "Sets all below but wet / dry and loudness by what the recording measures."
    )


@dataclass(frozen=True)
class Declip(Parameters):
    """Restoration of clipped peaks; see `pipeline.stages.declip.stage`."""

    GROUP = "Repair"

    strength_percent: float = number(
        0.0, 0.0, 100.0, 5.0, "%", "Declip",
        "Rebuilds peaks that were cut off because the recording was too loud. 0 = off, 100 = in full.",
    )  # fmt: skip


@dataclass(frozen=True)
class Declick(Parameters):
    """Removal of clicks; see `pipeline.stages.declick`."""

    GROUP = "Repair"

    sensitivity_percent: float = number(
        0.0, 0.0, 100.0, 5.0, "%", "Declick",
        "Takes out mouth clicks and digital ticks. 0 = off, 50 finds what is clearly heard, 100 may dull consonants.",
    )  # fmt: skip


@dataclass(frozen=True)
class Dehum(Parameters):
    """Removal of mains hum; see `pipeline.stages.dehum.stage`."""

    GROUP = "Repair"

    strength_db: float = number(
        30.0, 0.0, 40.0, 1.0, "dB", "De-hum",
        "Finds the hum of 50 or 60 Hz mains with its harmonics and turns it down by this much. 0 = off; without hum"
        " nothing changes.",
    )  # fmt: skip


@dataclass(frozen=True)
class Denoise(Parameters):
    """Noise reduction; see `pipeline.stages.denoise.choice`."""

    GROUP = "Noise and room"

    strength_db: float = number(
        40.0, 0.0, 60.0, 1.0, "dB", "Noise reduction",
        "How far noise is turned down at most, never further than needed. 0 = off; 12 is discreet, 20 leaves some air,"
        " with 40 it is out of hearing.",
    )  # fmt: skip
    method: str = choice(
        "neural", {"neural": "Neural (best)", "spectral": "Spectral (classic)"}, "Denoiser",
        "Neural hears speech, and takes away noise that moves, too; spectral is for steady noise.",
    )  # fmt: skip


@dataclass(frozen=True)
class Dereverb(Parameters):
    """Suppression of late reverberation; see `pipeline.stages.denoise.neural`."""

    GROUP = "Noise and room"

    strength_db: float = number(
        0.0, 0.0, 24.0, 1.0, "dB", "Dereverb",
        "Turns down the tail that a room leaves behind each word. 0 = off; 6 is discreet, 12 clear, 18 may sound dry.",
    )  # fmt: skip


@dataclass(frozen=True)
class Content(Parameters):
    """What is kept beside speech; see `pipeline.measures.content.keep`."""

    GROUP = "Noise and room"

    keep_music: bool = switch(
        False, "Keep music",
        "Where music, singing, laughter or applause is found, the recording stays as it was. The speech around it is"
        " cleaned.",
    )  # fmt: skip


@dataclass(frozen=True)
class Tone(Parameters):
    """Corrections of the frequency balance; see `pipeline.stages.rumble` and `pipeline.stages.tone`."""

    GROUP = "Tone"

    rumble_hz: float = number(
        50.0, 0.0, 200.0, 5.0, "Hz", "Rumble filter",
        "Removes what lies below: footsteps, wind, traffic, handling. 0 = off; voices start at 80 to 160 Hz.",
    )  # fmt: skip
    warmth_db: float = number(
        0.0, -6.0, 6.0, 0.5, "dB", "Warmth",
        "The voice's body, below 200 Hz. Up for a thin voice, down for a boomy one. 0 = off.",
    )  # fmt: skip
    presence_db: float = number(
        0.0, -6.0, 6.0, 0.5, "dB", "Presence",
        "Nearness and clarity, about 4 kHz. Up for a dull voice, down for a harsh one. 0 = off.",
    )  # fmt: skip


@dataclass(frozen=True)
class Deess(Parameters):
    """Softening of sharp s sounds; see `pipeline.stages.deess.stage`."""

    GROUP = "Tone"

    strength_db: float = number(
        0.0, 0.0, 12.0, 0.5, "dB", "De-esser",
        "Sharp s sounds are turned down by at most this much. 0 = off; 4 is discreet, 8 clear, 12 may lisp.",
    )  # fmt: skip


@dataclass(frozen=True)
class Level(Parameters):
    """Evening out of speech that is now loud, now quiet; see `pipeline.stages.leveler`."""

    GROUP = "Level"

    range_db: float = number(
        0.0, 0.0, 18.0, 1.0, "dB", "Leveler",
        "Slowly brings quiet and loud speakers together, by at most this much up or down; pauses are never lifted."
        " 0 = off.",
    )  # fmt: skip


@dataclass(frozen=True)
class Mix(Parameters):
    """How much of the original stays; see `pipeline.enhancement`."""

    GROUP = "Tone"

    wet_percent: float = number(
        100.0, 0.0, 100.0, 1.0, "%", "Wet / dry",
        "100 = only the cleaned sound, 0 = only the original (leveler and loudness still apply).",
    )  # fmt: skip


@dataclass(frozen=True)
class Loudness(Parameters):
    """Loudness by ITU-R BS.1770-4 / EBU R 128; see `pipeline.loudness.meter` and `pipeline.loudness.limiter`."""

    GROUP = "Level"

    normalize: bool = switch(True, "Set loudness", "Bring the result to the target loudness.")
    target_lufs: float = number(
        -16.0, -36.0, -9.0, 0.5, "LUFS", "Loudness target",
        "-16 for podcasts, -14 for streaming, -23 for European and -24 for American television.",
    )  # fmt: skip
    ceiling_dbtp: float = number(
        -1.0, -9.0, 0.0, 0.5, "dBTP", "True-peak ceiling",
        "No peak between the samples passes it, so that players and codecs do not distort.",
    )  # fmt: skip


@dataclass(frozen=True)
class Channels(Parameters):
    """What belongs together; see `pipeline.plan` and `pipeline.measures.channels`."""

    GROUP = "Automatic"

    mode: str = choice(
        "auto", {"auto": "By what is heard", "linked": "One scene", "independent": "Each for itself"}, "Channels",
        "One scene keeps its stereo image: all channels are turned down alike. Microphones of several talkers, one on"
        " each channel, are better cleaned each for itself.",
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything an enhancement can be told. `Settings()` is the default enhancement. Hashable, comparable.

    In the order in which the stages work, except that `mix` blends what the stages before `level` made with the
    original; then what concerns several stages.
    """

    auto: Auto = field(default_factory=Auto)
    declip: Declip = field(default_factory=Declip)
    declick: Declick = field(default_factory=Declick)
    dehum: Dehum = field(default_factory=Dehum)
    denoise: Denoise = field(default_factory=Denoise)
    dereverb: Dereverb = field(default_factory=Dereverb)
    tone: Tone = field(default_factory=Tone)
    deess: Deess = field(default_factory=Deess)
    mix: Mix = field(default_factory=Mix)
    level: Level = field(default_factory=Level)
    loudness: Loudness = field(default_factory=Loudness)
    channels: Channels = field(default_factory=Channels)
    content: Content = field(default_factory=Content)

    def flat(self) -> dict[str, Value]:
        """`{"denoise_strength_db": 20.0, …}`: the names that the API and the command line use."""
        return {name: getattr(getattr(self, stage), key) for name, stage, key, _ in _names()}

    @classmethod
    def everything(cls) -> Settings:
        """Every stage at work: what is off by default goes half the way up. For the warm-up, and for tests."""
        return cls.from_flat(
            {name: kind.maximum / 2 for name, kind in parameters().items()
             if isinstance(kind, Range) and cls().flat()[name] == 0}
        )  # fmt: skip

    @classmethod
    def nothing(cls) -> Settings:
        """Every stage off, the loudness as it is: what goes in comes out."""
        off = {name: 0.0 for name, kind in parameters().items() if isinstance(kind, Range) and kind.minimum <= 0}
        kept = {name: cls().flat()[name] for name in ("loudness_target_lufs", "loudness_ceiling_dbtp")}
        return cls.from_flat({**off, **kept, "mix_wet_percent": 100.0, "loudness_normalize": False})

    @classmethod
    def from_flat(cls, values: Mapping[str, object], base: Settings | None = None) -> Settings:
        """Settings from flat names; what is missing comes from `base` (default: the defaults).

        Raises SettingsError for an unknown name or a value that is not allowed.
        """
        known = {name: (stage, key, kind) for name, stage, key, kind in _names()}
        if unknown := [_name(name) for name in values if name not in known]:
            raise SettingsError(
                f"Unknown parameter: {', '.join(sorted(unknown)):.80}.", suggestion=f"Known: {', '.join(known)}."
            )
        merged: dict[str, object] = {**(base or cls()).flat(), **values}
        stages: dict[str, dict[str, Any]] = {}
        for name, (stage, key, kind) in known.items():
            stages.setdefault(stage, {})[key] = kind.checked(name, merged[name])
        made: dict[str, Any] = {name: kind(**stages[name]) for name, kind in _stages()}
        return cls(**made)


def _name(given: object) -> str:
    """A name that somebody gave, as it is if it can be printed."""
    return given if isinstance(given, str) and given.isprintable() else shown(given)


def _stages() -> Iterator[tuple[str, type[Parameters]]]:
    """Field of `Settings` → the class of its parameters."""
    for stage in fields(Settings):
        yield stage.name, cast("type[Parameters]", stage.default_factory)


def _names() -> Iterator[tuple[str, str, str, Kind]]:
    for stage, parameters in _stages():
        for key, kind in kinds(parameters).items():
            yield f"{stage}_{key}", stage, key, kind


def groups() -> dict[str, dict[str, Kind]]:
    """Title → the parameters that people look for under it, in the order in which the page shows them."""
    found: dict[str, dict[str, Kind]] = {}
    for stage, stage_parameters in _stages():
        found.setdefault(stage_parameters.GROUP, {}).update(
            {f"{stage}_{key}": kind for key, kind in kinds(stage_parameters).items()}
        )
    return found


def parameters() -> dict[str, Kind]:
    """Flat name → what it may be, in the order in which the page shows them."""
    return {name: kind for name, _, _, kind in _names()}
