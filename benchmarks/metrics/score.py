"""All that can be said of one recording, and the means over many."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from .alignment import advanced
from .composite import composite
from .distances import Signal, full_band, segmental_snr, si_sdr
from .dnsmos import dnsmos
from .eaten import VOICE_HZ, eaten_percent

RATE = 16_000
FULL_BAND_HZ = 32_000  # references below have nothing to say of the high band
Scores = dict[str, float]
# What is left out without a package: other people's programs.
MISSING = {
    "pesq": "PESQ-WB, CSIG, CBAK, COVL",
    "pystoi": "STOI, ESTOI",
    "onnxruntime": "DNSMOS",
    "speechmos": "DNSMOS",
}


@cache
def available(package: str) -> bool:
    """Whether a metric's package is installed."""
    return find_spec(package) is not None


def resampled(x: Signal, rate: int, to: int) -> NDArray[np.float32]:
    """x (n,) at another rate."""
    if rate == to:
        return x
    import soxr  # here, since training takes a metric from this package, and does without it

    return np.asarray(soxr.resample(x, rate, to), np.float32)


def of_pair(
    reference: Signal,
    rate: int,
    y: Signal,
    y_rate: int,
    delay_s: float = 0.0,
    dry: bool = True,
    noisy: Signal | None = None,
) -> Scores:
    """Scores of `y` (n,) against its clean reference; the constant delay of the system is taken out.

    dry : the reference has the room of the recording; otherwise SI-SDR, segmental SNR and eaten speech would measure
        the room
    noisy : what `y` was made of, at the reference's rate, for eaten speech
    """
    s = resampled(reference, rate, RATE)
    x = advanced(resampled(y, y_rate, RATE), delay_s * RATE, len(s))
    found: Scores = {"si_sdr": si_sdr(s, x), "seg_snr": segmental_snr(s, x, RATE)} if dry else {}
    if dry and noisy is not None:
        found |= _eaten(s, x, advanced(resampled(noisy, rate, RATE), 0.0, len(s)))
    if available("pesq"):
        found |= _perceived(s, x)
    if available("pystoi"):
        from pystoi import stoi

        found |= {"stoi": 100 * float(stoi(s, x, RATE)), "estoi": 100 * float(stoi(s, x, RATE, extended=True))}
    if rate >= FULL_BAND_HZ:
        found |= full_band(reference, advanced(resampled(y, y_rate, rate), delay_s * rate, len(reference)), rate)
    return found | of_recording(x, RATE)


def of_recording(y: Signal, rate: int) -> Scores:
    """Scores that need no reference; none without DNSMOS's packages."""
    if not (available("onnxruntime") and available("speechmos")):
        return {}
    return dnsmos(resampled(y, rate, RATE))


def pesq_wb(reference: Signal, y: Signal) -> float:
    """ITU-T P.862.2, at most 4.64; nan where PESQ hears no speech. Both (n,) at 16 kHz."""
    from pesq import NoUtterancesError, pesq

    try:
        return float(pesq(RATE, reference, y, "wb"))
    except NoUtterancesError:
        return float("nan")


def _perceived(s: Signal, x: Signal) -> Scores:
    quality = pesq_wb(s, x)
    return {"pesq": quality, **composite(quality, s, x, RATE)} if np.isfinite(quality) else {}


def _eaten(s: Signal, x: Signal, noisy: Signal) -> Scores:
    ranges_hz = {"eaten_percent": 0.0, "eaten_voice_percent": VOICE_HZ}
    found = {key: eaten_percent(x, noisy, s, RATE, above_hz) for key, above_hz in ranges_hz.items()}
    return {key: percent for key, percent in found.items() if np.isfinite(percent)}


def mean(rows: Iterable[Scores]) -> Scores:
    """Of each score, the mean over the rows that have it."""
    rows = list(rows)
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: float(np.mean([row[name] for row in rows if name in row])) for name in names}
