"""Which stages work on a recording that was measured: on all channels as one scene, or on each for itself."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pipeline.cache.tape import Tape
from pipeline.cache.work import WorkCache
from pipeline.measures.analysis import Analysis, Traces
from pipeline.measures.auto import STRENGTH_DB
from pipeline.measures.levels import Levels
from pipeline.presets import a_presets_strength
from pipeline.stages import leveler
from pipeline.stages.chain import CLEANING, TONE, StageContext, Step, stages
from pipeline.stages.denoise.choice import EVEN_DB, OFF, denoiser, enough, even, is_noisy
from pipeline.stages.denoise.gain_steps import KIND, ROW, bytes_for
from pipeline.stages.denoise.loud import Loud, Spans
from pipeline.stream.stage import IDENTITY, AnyStage, chained, side_by_side

from .settings import Denoise, Settings

NOTED_DB = 10.0  # so much less noise reduction than asked for is told
APART = "Every channel was cleaned for itself: they are microphones of their own, not one scene."


@dataclass(frozen=True)
class Plan:
    """restoration : repair, noise and room, tone; level : the leveler, which follows the mix with the original;
    denoiser : name of the one that works; notes : what the listener should know.
    """

    restoration: AnyStage
    level: AnyStage
    denoiser: str
    notes: tuple[str, ...]


class _Part(NamedTuple):
    """Channels that are worked on together. levels : of the whole part."""

    channels: int
    clearance_db: float | None
    noise_distance_db: float | None
    speech_dbfs: float | None
    noise_floor_dbfs: float | None


def _part(channels: int, levels: Analysis | Levels) -> _Part:
    measured = (levels.clearance_db, levels.noise_distance_db, levels.speech_dbfs, levels.noise_floor_dbfs)
    return _Part(channels, *measured)


def planned(
    asked: Settings, settings: Settings, before: Analysis, traces: Traces, cache: WorkCache, samples: int
) -> Plan:
    """asked : by the user; settings : the same, or what was chosen where a choice was asked for; before : measures;
    traces : where the recording holds what only parts of it can hold; cache : what is kept of the same recording;
    samples : of it, per channel."""
    apart = before.channels > 1 and (
        settings.channels.mode == "independent" or (settings.channels.mode == "auto" and before.separate_microphones)
    )
    parts = [_part(1, one) for one in before.of_channels] if apart else [_part(before.channels, before)]
    # What was chosen for the recording is kept; what was asked for is the most.
    needed = [
        settings.denoise if asked.auto.strengths else enough(settings.denoise, part.noise_distance_db) for part in parts
    ]
    held = _held(asked, before)
    if held:
        needed = [even(one) for one in needed]
    spared = tuple((stretch.start_s, stretch.end_s) for stretch in before.content.suspected)
    most_db = STRENGTH_DB if asked.auto.strengths else settings.denoise.strength_db
    louds = [None if held else _loud(most_db, one, part, spared) for one, part in zip(needed, parts, strict=True)]
    key = (settings.declip, settings.declick, settings.dehum, apart)
    tapes = _Tapes(cache, key, before.duration_s)
    found = [
        denoiser(
            denoise,
            settings.dereverb,
            before.sample_rate,
            part.channels,
            tapes.of(k),
            loud,
            is_noisy(part.clearance_db),
        )
        if settings.mix.wet_percent
        else OFF
        for k, (denoise, part, loud) in enumerate(zip(needed, parts, louds, strict=True))
    ]
    hums = None if apart or _repaired(settings, before) else traces.hums
    contexts = [
        StageContext(settings, choice, before.sample_rate, part.channels, hums)
        for choice, part in zip(found, parts, strict=True)
    ]
    restored = _restoration(
        contexts, cache, (key, *needed, *louds, settings.dereverb, *(one.weights for one in found)), samples
    )
    levels = [_level(settings, part, before.sample_rate) for part in parts]
    notes = (*((APART,) if apart else ()), *_spared(settings, needed, before, held), *found[0].notes)
    return Plan(restored, _together(levels), found[0].name, notes)


def _held(asked: Settings, before: Analysis) -> bool:
    """Whether the noise reduction goes no further than leaves music under speech even."""
    if not before.music_under_speech or asked.content.keep_music:
        return False
    return asked.auto.strengths or a_presets_strength(asked.denoise.strength_db)


def _loud(most_db: float, needed: Denoise, part: _Part, spared: Spans) -> Loud | None:
    """What goes as far as was asked for, where less is enough for the rest."""
    if part.speech_dbfs is None or not 0 < needed.strength_db < most_db:
        return None
    return Loud(most_db, part.speech_dbfs, spared)


def _repaired(settings: Settings, before: Analysis) -> bool:
    """Whether the sound may be changed before the de-hummer hears it: the meter has heard another then."""
    return bool(settings.declick.sensitivity_percent or (settings.declip.strength_percent and before.clipped_percent))


class _Tapes(NamedTuple):
    """Where the network's gains are kept. key : what they depend on beside the recording; duration_s : of it"""

    cache: WorkCache
    key: Hashable
    duration_s: float

    def of(self, part: int) -> Callable[[Hashable], Tape | None]:
        """Those of a part of the channels. They depend on something more that the denoiser knows."""
        return lambda more: self.cache.tape((self.key, part, more), ROW, KIND, bytes_for(self.duration_s))


def _restoration(contexts: Sequence[StageContext], cache: WorkCache, key: Hashable, samples: int) -> AnyStage:
    """key : what the first half depends on, beside the recording"""
    if not contexts[0].settings.mix.wet_percent:
        return IDENTITY
    channels = sum(context.channels for context in contexts)
    clean = _lines(CLEANING, contexts)
    if clean is not IDENTITY:
        clean = cache.over(clean, key, samples, channels)
    return chained((clean, _lines(TONE, contexts)))


def _lines(steps: Sequence[Step], contexts: Sequence[StageContext]) -> AnyStage:
    return _together([chained(stages(steps, context)) for context in contexts])


def _level(settings: Settings, part: _Part, sample_rate: int) -> AnyStage:
    scene = None if part.speech_dbfs is None else leveler.Scene(part.speech_dbfs, part.noise_floor_dbfs)
    return leveler.stage(settings.level, scene, sample_rate, part.channels)


def _together(lines: Sequence[AnyStage]) -> AnyStage:
    if all(line is IDENTITY for line in lines):
        return IDENTITY
    return lines[0] if len(lines) == 1 else side_by_side(lines)


def _spared(settings: Settings, needed: Sequence[Denoise], before: Analysis, held: bool) -> tuple[str, ...]:
    """That less noise reduction than asked for was enough, or left the music even."""
    most = max(one.strength_db for one in needed)
    if held and most == EVEN_DB and settings.mix.wet_percent:
        why = (
            f"There is music under the speech: noise reduction was held at {most:.0f} dB, so that the music stays even."
        )
        return (why,)
    if settings.denoise.strength_db - most < NOTED_DB or not settings.mix.wet_percent:
        return ()
    if before.noise == "low":
        return (f"The noise was low from the start: {most:.0f} dB of noise reduction were enough.",)
    return (f"{most:.0f} dB of noise reduction were enough.",)
