"""All parameters of an enhancement, and the presets made of them.

Standard library only: the page is laid out from this file before anything heavy is imported.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from .errors import SettingsError
from .parameter import Kind, Parameters, Value, choice, number, switch


@dataclass(frozen=True)
class Denoise(Parameters):
    """Noise reduction; see `pipeline.denoise`."""

    strength_db: float = number(
        40.0, 0.0, 60.0, 1.0, "dB", "Noise reduction",
        "How far noise is turned down. 0 = off; 12 is discreet, 20 leaves some air, from 40 on pauses are silent.",
    )  # fmt: skip
    method: str = choice(
        "neural", {"neural": "Neural (best)", "spectral": "Spectral (classic)"}, "Denoiser",
        "Neural hears speech, and takes away noise that moves, too; spectral is for steady noise.",
    )  # fmt: skip


@dataclass(frozen=True)
class Tone(Parameters):
    """Corrections of the frequency balance; see `pipeline.rumble`."""

    rumble_hz: float = number(
        70.0, 0.0, 200.0, 5.0, "Hz", "Rumble filter",
        "Removes what lies below: footsteps, wind, traffic, handling. 0 = off; voices start at 80 to 160 Hz.",
    )  # fmt: skip


@dataclass(frozen=True)
class Mix(Parameters):
    """How much of the original stays; see `pipeline.chain`."""

    wet_percent: float = number(
        100.0, 0.0, 100.0, 1.0, "%", "Wet / dry",
        "100 = only the cleaned sound, 0 = only the original (loudness still applies).",
    )  # fmt: skip


@dataclass(frozen=True)
class Loudness(Parameters):
    """Loudness by ITU-R BS.1770-4 / EBU R 128; see `pipeline.loudness` and `pipeline.limiter`."""

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
class Settings:
    """Everything an enhancement can be told. `Settings()` is the default enhancement. Hashable, comparable."""

    denoise: Denoise = field(default_factory=Denoise)
    tone: Tone = field(default_factory=Tone)
    mix: Mix = field(default_factory=Mix)
    loudness: Loudness = field(default_factory=Loudness)

    def flat(self) -> dict[str, Value]:
        """`{"denoise_strength_db": 20.0, …}`: the names that the API and the command line use."""
        return {name: getattr(getattr(self, stage), key) for name, stage, key, _ in _names()}

    @classmethod
    def from_flat(cls, values: Mapping[str, object], base: Settings | None = None) -> Settings:
        """Settings from flat names; what is missing comes from `base` (default: the defaults).

        Raises SettingsError for an unknown name or a value that is not allowed.
        """
        known = {name: (stage, key, kind) for name, stage, key, kind in _names()}
        if unknown := sorted(set(values) - set(known)):
            raise SettingsError(
                f"Unknown parameter: {', '.join(unknown):.80}.", suggestion=f"Known: {', '.join(known)}."
            )
        merged: dict[str, object] = {**(base or cls()).flat(), **values}
        stages: dict[str, dict[str, Any]] = {}
        for name, (stage, key, kind) in known.items():
            stages.setdefault(stage, {})[key] = kind.checked(name, merged[name])
        return cls(**{f.name: f.default_factory(**stages[f.name]) for f in fields(cls)})  # type: ignore[operator]


def _names() -> Iterator[tuple[str, str, str, Kind]]:
    for stage in fields(Settings):
        for parameter in fields(stage.default_factory):  # type: ignore[arg-type]
            yield f"{stage.name}_{parameter.name}", stage.name, parameter.name, parameter.metadata["kind"]


def parameters() -> dict[str, Kind]:
    """Flat name → what it may be, in the order in which the page shows them."""
    return {name: kind for name, _, _, kind in _names()}


@dataclass(frozen=True)
class Preset:
    """Settings with a name for people and one line that says why."""

    label: str
    why: str
    settings: Settings


NAMED_PRESETS: dict[str, Preset] = {
    "default": Preset("Default", "Clear speech from an ordinary noisy recording.", Settings()),
    "podcast": Preset(
        "Podcast", "Strong clean-up and the loudness that podcast platforms ask for.",
        Settings(Denoise(40.0), Tone(80.0), Mix(100.0), Loudness(True, -16.0, -1.0)),
    ),
    "voice_call": Preset(
        "Voice call", "Very quiet between the words and free of low frequencies, for phones and meetings.",
        Settings(Denoise(60.0), Tone(120.0), Mix(100.0), Loudness(True, -18.0, -2.0)),
    ),
    "gentle": Preset(
        "Gentle", "Takes the edge off and keeps the room; for interviews that should sound as they were.",
        Settings(Denoise(12.0), Tone(50.0), Mix(100.0), Loudness(True, -18.0, -1.0)),
    ),
    "broadcast": Preset(
        "Broadcast", "EBU R 128: -23 LUFS, -1 dBTP.",
        Settings(Denoise(30.0), Tone(70.0), Mix(100.0), Loudness(True, -23.0, -1.0)),
    ),
    "clean_only": Preset(
        "Clean only", "Removes noise and touches nothing else: no filter, loudness as recorded.",
        Settings(Denoise(40.0), Tone(0.0), Mix(100.0), Loudness(False)),
    ),
}  # fmt: skip

PRESETS: dict[str, Settings] = {name: preset.settings for name, preset in NAMED_PRESETS.items()}
