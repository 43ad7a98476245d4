"""What the measures of a recording mean for whoever makes the next one, in plain words."""

from __future__ import annotations

from .analysis import Analysis

CLIPPED_PERCENT = 0.005
CLICKS_PER_MINUTE = 6.0
HUM_DBFS = -70.0
NOISY_DB, VERY_NOISY_DB = 15.0, 6.0
BOOMY_S, VERY_BOOMY_S = 0.5, 0.9
NARROW_HZ, DULL_HZ = 4_200.0, 7_600.0
QUIET_LUFS = -38.0


def advice(before: Analysis) -> tuple[str, ...]:
    """A sentence for everything that better recording would cure, the worst first."""
    found = (
        _clipping(before),
        _noise(before),
        _room(before),
        _hum(before),
        _clicks(before),
        _band(before),
        _quiet(before),
    )
    return tuple(sentence for sentence in found if sentence)


def _clipping(a: Analysis) -> str:
    if a.clipped_percent < CLIPPED_PERCENT:
        return ""
    return f"Clipped at the source ({a.clipped_percent:.2g} % of it): record 6 dB lower."


def _noise(a: Analysis) -> str:
    if a.snr_db is None or a.snr_db > NOISY_DB:
        return ""
    much = "Very noisy" if a.snr_db < VERY_NOISY_DB else "Noisy"
    return f"{much} (about {a.snr_db:.0f} dB between speech and noise): bring the microphone nearer to the mouth."


def _room(a: Analysis) -> str:
    if a.t60_s is None or a.t60_s < BOOMY_S:
        return ""
    much = "Very reverberant" if a.t60_s > VERY_BOOMY_S else "Reverberant"
    return f"{much} (the room sounds on for about {a.t60_s:.1f} s): go nearer, or hang up curtains and blankets."


def _hum(a: Analysis) -> str:
    if a.hum_hz is None or a.hum_dbfs is None or a.hum_dbfs < HUM_DBFS:
        return ""
    return f"Hum of the mains at {a.hum_hz:.1f} Hz: use another power supply or a balanced cable."


def _clicks(a: Analysis) -> str:
    if a.clicks_per_minute < CLICKS_PER_MINUTE:
        return ""
    return f"Clicks, about {a.clicks_per_minute:.0f} a minute: look at the cable, drink water, try Declick."


def _band(a: Analysis) -> str:
    if a.bandwidth_hz is None or a.bandwidth_hz > DULL_HZ:
        return ""
    source = "a telephone's band" if a.bandwidth_hz < NARROW_HZ else "a call's or a low bit rate's"
    return f"The sound ends at {a.bandwidth_hz / 1000:.1f} kHz ({source}): what lies above cannot be brought back."


def _quiet(a: Analysis) -> str:
    if a.lufs is None or a.lufs > QUIET_LUFS:
        return ""
    return f"Recorded very quietly ({a.lufs:.0f} LUFS): turn the input up, as long as it does not clip."
