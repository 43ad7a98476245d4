"""What the measures of a recording mean for whoever makes the next one, in plain words."""

from __future__ import annotations

from .analysis import Analysis


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
        _offset(before),
    )
    return tuple(sentence for sentence in found if sentence)


def _clipping(a: Analysis) -> str:
    return f"Clipped at the source ({a.clipped_percent:.2g} % of it): record 6 dB lower." if a.clipped else ""


def _noise(a: Analysis) -> str:
    if a.noise not in ("noisy", "very noisy"):
        return ""
    much = "Very noisy" if a.noise == "very noisy" else "Noisy"
    return f"{much} (about {a.snr_db:.0f} dB between speech and noise): bring the microphone nearer to the mouth."


def _room(a: Analysis) -> str:
    if not a.reverberant:
        return ""
    much = "Very reverberant" if a.very_reverberant else "Reverberant"
    return f"{much} (the room sounds on for about {a.t60_s:.1f} s): go nearer, or hang up curtains and blankets."


def _hum(a: Analysis) -> str:
    if not a.humming:
        return ""
    return f"Hum of the mains at {a.hum_hz:.1f} Hz: use another power supply or a balanced cable."


def _clicks(a: Analysis) -> str:
    if not a.clicking:
        return ""
    return f"Clicks, about {a.clicks_per_minute:.0f} a minute: look at the cable, drink water, try Declick."


def _band(a: Analysis) -> str:
    if not a.dull or a.bandwidth_hz is None:
        return ""
    source = "a telephone's band" if a.narrow else "a call's or a low bit rate's"
    return f"The sound ends at {a.bandwidth_hz / 1000:.1f} kHz ({source}): what lies above cannot be brought back."


def _quiet(a: Analysis) -> str:
    return (
        f"Recorded very quietly ({a.lufs:.0f} LUFS): turn the input up, as long as it does not clip." if a.quiet else ""
    )


def _offset(a: Analysis) -> str:
    if not a.offset:
        return ""
    return f"A DC offset of {a.dc_offset_percent:.1f} %: the microphone's adapter or the sound card is at fault."
