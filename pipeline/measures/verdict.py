"""What an enhancement has done, in one sentence that a layman gets."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.parameter import Value

from .analysis import Analysis

NOTED_DB = 3.0  # less noise by this much is heard
HUM_GONE_DB = 12.0
DRIER = 0.75  # the room sounds on for so much of its time, or less
LOUDNESS_MET_LU = 1.0
LOUDER_LU = 1.0


def verdict(before: Analysis, after: Analysis, gain_db: float, settings: Mapping[str, Value]) -> str:
    """The most audible changes first. gain_db : that was applied for the loudness, which is no change of the noise"""
    if before.speech_dbfs is None:
        return "The recording is silent."
    if before.content.speech is False:
        return "No speech was found in this recording: listen whether the result is what you want."
    parts = changes(before, after, gain_db, settings)
    if not parts:
        return "The recording was good already: next to nothing was changed."
    sentence = ", and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
    return f"{sentence[0].upper()}{sentence[1:]}."


def changes(before: Analysis, after: Analysis, gain_db: float, settings: Mapping[str, Value]) -> list[str]:
    """The parts of the sentence, for who puts it together in another language; none where it says something else."""
    if before.speech_dbfs is None or before.content.speech is False:
        return []
    return [
        *_noise(before, after, gain_db),
        *_faults(before, after, gain_db, settings),
        *_loudness(before, after, settings),
    ]


def _noise(before: Analysis, after: Analysis, gain_db: float) -> list[str]:
    if before.noise_floor_dbfs is None:
        return []
    if after.noise_floor_dbfs is None:
        return ["the noise between the words is gone"]
    quieter_db = before.noise_floor_dbfs + gain_db - after.noise_floor_dbfs
    return [f"the noise is {quieter_db:.0f} dB quieter"] if quieter_db >= NOTED_DB else []


def _faults(before: Analysis, after: Analysis, gain_db: float, settings: Mapping[str, Value]) -> list[str]:
    found = []
    hum_gone = after.hum_dbfs is None or (before.hum_dbfs or 0.0) + gain_db - after.hum_dbfs >= HUM_GONE_DB
    if before.humming and settings.get("dehum_strength_db") and hum_gone:
        found.append("the hum is gone")
    if before.clipped and settings.get("declip_strength_percent"):
        found.append("clipped peaks are rebuilt")
    if before.clicking and not after.clicking:
        found.append("the clicks are gone")
    if before.reverberant and before.t60_s and after.t60_s and after.t60_s <= DRIER * before.t60_s:
        found.append("the room is drier")
    return found


def _loudness(before: Analysis, after: Analysis, settings: Mapping[str, Value]) -> list[str]:
    target = settings.get("loudness_target_lufs")
    if not settings.get("loudness_normalize") or before.lufs is None or after.lufs is None:
        return []
    if not isinstance(target, float | int) or abs(after.lufs - target) > LOUDNESS_MET_LU:
        return []
    change_lu = after.lufs - before.lufs
    if abs(change_lu) < LOUDER_LU:
        return [f"the loudness stays right ({after.lufs:.0f} LUFS)"]
    return [f"it is {abs(change_lu):.0f} dB {'louder' if change_lu > 0 else 'quieter'} ({after.lufs:.0f} LUFS)"]
