"""Strengths chosen by what a recording measures."""

from __future__ import annotations

from dataclasses import replace

from pipeline.settings import Declick, Declip, Deess, Dehum, Denoise, Dereverb, Level, Settings, Tone
from pipeline.stages.denoise.choice import enough

from .advice import CLICKS_PER_MINUTE, CLIPPED_PERCENT
from .analysis import Analysis

DRY_S, BOOMY_S = 0.35, 0.9
MOST_DEREVERB_DB = 12.0
NOISY_DB = 15.0  # noise that is so near to the speech is turned down as by default
STRENGTH_DB = 30.0  # the leveler lifts what is left of the noise, but also what is harmed of quiet words
FULL_HZ = 10_000.0  # a band that reaches so far has sibilants


def chosen(settings: Settings, before: Analysis) -> tuple[Settings, tuple[str, ...]]:
    """`settings` with strengths for a recording where it asks for them, and what was chosen, in a sentence."""
    if not settings.auto.strengths:
        return settings, ()
    noisy = before.clearance_db is not None and before.clearance_db < NOISY_DB
    denoise = enough(Denoise() if noisy else Denoise(STRENGTH_DB), before.clearance_db)
    dereverb = _room_db(before)
    clipped, clicks = before.clipped_percent >= CLIPPED_PERCENT, before.clicks_per_minute >= CLICKS_PER_MINUTE
    settings = replace(
        settings,
        declip=Declip(100.0 if clipped else 0.0),
        declick=Declick(50.0 if clicks else 0.0),
        dehum=Dehum(30.0),  # finds for itself where there is some
        denoise=denoise,
        dereverb=Dereverb(dereverb),
        tone=Tone(70.0 if before.bandwidth_hz is None or before.bandwidth_hz > 4_200 else 120.0),
        deess=Deess(3.0 if (before.bandwidth_hz or 0) > FULL_HZ else 0.0),
        level=Level(8.0),
    )
    reasons = [f"Auto: noise reduction {denoise.strength_db:.0f} dB"]
    if dereverb:
        reasons.append(f"dereverberation {dereverb:.0f} dB")
    reasons += [
        name for name, on in (("declip", clipped), ("declick", clicks), ("de-esser", settings.deess.strength_db)) if on
    ]
    return settings, (", ".join(reasons) + ".",)


def _room_db(a: Analysis) -> float:
    if a.t60_s is None or a.t60_s < DRY_S:
        return 0.0
    return float(round(MOST_DEREVERB_DB * min(1.0, (a.t60_s - DRY_S) / (BOOMY_S - DRY_S))))
