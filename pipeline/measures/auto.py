"""Strengths chosen by what a recording measures."""

from __future__ import annotations

from dataclasses import replace

from pipeline.settings import Declick, Declip, Deess, Dehum, Denoise, Dereverb, Level, Settings, Tone
from pipeline.stages.denoise.choice import enough, even

from .analysis import Analysis

DRY_S, BOOMY_S = 0.35, 0.9
MOST_DEREVERB_DB = 12.0
STRENGTH_DB = 30.0  # the leveler lifts what is left of the noise, but also what is harmed of quiet words


def chosen(settings: Settings, before: Analysis) -> tuple[Settings, tuple[str, ...]]:
    """`settings` with strengths for a recording where it asks for them, and what was chosen, in a sentence."""
    if not settings.auto.strengths:
        return settings, ()
    # Noise that is near to the speech is turned down as by default.
    denoise = replace(settings.denoise, strength_db=Denoise().strength_db if before.close_to_noise else STRENGTH_DB)
    denoise = enough(denoise, before.noise_distance_db)
    if before.music_under_speech and not settings.content.keep_music:
        denoise = even(denoise)
    dereverb = _room_db(before)
    settings = replace(
        settings,
        declip=Declip(100.0 if before.clipped else 0.0),
        declick=Declick(50.0 if before.clicking else 0.0),
        dehum=Dehum(30.0),  # finds for itself where there is some
        denoise=denoise,
        dereverb=Dereverb(dereverb),
        tone=Tone(120.0) if before.narrow else Tone(),
        deess=Deess(3.0 if before.full_band else 0.0),
        level=Level(8.0),
    )
    reasons = [f"noise reduction {denoise.strength_db:.0f} dB"]
    if dereverb:
        reasons.append(f"dereverberation {dereverb:.0f} dB")
    also = {"declip": before.clipped, "declick": before.clicking, "de-esser": before.full_band}
    reasons += [name for name, on in also.items() if on]
    return settings, (f"Auto: {', '.join(reasons)}.",)


def _room_db(a: Analysis) -> float:
    if a.t60_s is None or a.t60_s < DRY_S:
        return 0.0
    return float(round(MOST_DEREVERB_DB * min(1.0, (a.t60_s - DRY_S) / (BOOMY_S - DRY_S))))
