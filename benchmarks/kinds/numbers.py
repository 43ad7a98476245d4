"""The numbers of each kind: what a listener would say, from a mixture and a result. Results are aligned to the mixture.

What should stay is judged where it sounds and nothing hides it; what should go, in the pauses of the speech and by the
speech under it; what should stay even, by how its gain moves.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from benchmarks import metrics
from benchmarks.metrics.distances import si_sdr

from .gains import Cells, Numbers
from .mixtures import Mixture, Signal

SPEECH, OTHER, REST = 0, 1, 2
CELL_S = 0.064
LOST_DB = -10.0
RANGE_DB = 30.0  # what is weaker than the loudest cell by more is not heard
TALKER_S = 0.128  # cells in which two voices are told apart
MUSIC_S = 0.512
MUSIC_HEARD_DB = -10.0  # against the speech in its band: what is weaker is hidden
MUSIC_LEAST_DB = -30.0  # below, least squares beside speech tells little, and music under speech is not heard
PAUSE_DB, AROUND_PAUSE_S, STEP_S = -35.0, 0.06, 0.024
NAN = float("nan")

Measure = Callable[[Mixture, Signal], float]


class Number(NamedTuple):
    """wanted : where the best result is"""

    title: str
    wanted: str
    measure: Measure


def _cells(mixture: Mixture, cell_s: float) -> Cells:
    return Cells((mixture.speech, mixture.other, mixture.rest), mixture.sample_rate, cell_s)


def _heard(cells: Cells, part: int, mixture: Mixture, over_db: float = 0.0) -> Numbers:
    """(moments, bands) The part's loudness where it is marked, within 30 dB of its loudest cell and `over_db` over each
    of the others; else 0."""
    power, inside = cells.power, cells.share(mixture.marked()) >= 0.5
    own = np.where(inside, power[part], 0)
    others = np.delete(power, part, axis=0).max(axis=0) * 10 ** (over_db / 10)
    there = (own > own.max() * 10 ** (-RANGE_DB / 10)) & (own >= others)
    found: Numbers = np.where(there, cells.loudness(part), 0)
    return found


def _mean(values: Numbers, weights: Numbers) -> float:
    return float((values * weights).sum() / weights.sum()) if weights.any() else NAN


def kept_db(mixture: Mixture, y: Signal) -> float:
    """Mean gain of what should stay, weighted by loudness, in cells where it is louder than the noise."""
    cells = _cells(mixture, CELL_S)
    return _mean(cells.gains_db(y)[SPEECH], _heard(cells, SPEECH, mixture))


def lost_percent(mixture: Mixture, y: Signal) -> float:
    """The share of its loudness that lies in cells turned down by more than 10 dB."""
    cells = _cells(mixture, CELL_S)
    lost = (cells.gains_db(y)[SPEECH] < LOST_DB).astype(np.float64)
    return 100 * _mean(lost, _heard(cells, SPEECH, mixture))


def estoi(mixture: Mixture, y: Signal) -> float:
    """Extended short-time objective intelligibility where the kind sounds, in percent; nan without pystoi."""
    if not metrics.available("pystoi"):
        return NAN
    from pystoi import stoi

    inside = mixture.marked()
    s, x = (metrics.resampled(sound[inside], mixture.sample_rate, metrics.RATE) for sound in (mixture.speech, y))
    return 100 * float(stoi(s, x, metrics.RATE, extended=True))


def si_sdr_db(mixture: Mixture, y: Signal) -> float:
    """Scale-invariant signal-to-distortion ratio of the speech."""
    return si_sdr(mixture.speech, y)


def residual_db(mixture: Mixture, y: Signal) -> float:
    """Power in the pauses of the speech, against the recording's there, from 100 Hz up."""
    before, after, speech = Cells((mixture.noisy, y, mixture.speech), mixture.sample_rate, STEP_S).power.sum(axis=2)
    spoken = speech > np.percentile(speech, 95) * 10 ** (PAUSE_DB / 10)
    around = math.ceil(AROUND_PAUSE_S / STEP_S)
    pause = np.convolve(spoken, np.ones(2 * around + 1), "same") == 0
    if not before[pause].any():
        return NAN
    return 10 * math.log10(after[pause].sum() / before[pause].sum() + 1e-9)


def louder_db(mixture: Mixture, y: Signal) -> float:
    """Gain of the louder of two talkers, where both talk."""
    return max(_talkers_db(mixture, y))


def weaker_db(mixture: Mixture, y: Signal) -> float:
    """Gain of the talker who lost more, where both talk."""
    return min(_talkers_db(mixture, y))


def _talkers_db(mixture: Mixture, y: Signal) -> tuple[float, float]:
    """Mean gains of both, weighted by loudness, where neither hides the other."""
    cells = _cells(mixture, TALKER_S)
    gains = cells.gains_db(y)
    one, two = (_mean(gains[part], _heard(cells, part, mixture, over_db=-10)) for part in (SPEECH, OTHER))
    return one, two


def music_mean_db(mixture: Mixture, y: Signal) -> float:
    """Mean over time of the music's gain."""
    in_time = _music_db(mixture, y)
    return float(in_time.mean()) if in_time.size else NAN


def music_moves_db(mixture: Mixture, y: Signal) -> float:
    """Standard deviation over time of the music's gain: pumping."""
    in_time = _music_db(mixture, y)
    return float(in_time.std()) if in_time.size else NAN


def _music_db(mixture: Mixture, y: Signal) -> Numbers:
    """(moments,) The music's gain in each half second, at least -30 dB, weighted by loudness where speech does not hide
    it; without moments where it is hidden."""
    cells = _cells(mixture, MUSIC_S)
    weights = _heard(cells, OTHER, mixture, MUSIC_HEARD_DB)
    gains = np.maximum(cells.gains_db(y)[OTHER], MUSIC_LEAST_DB)
    there = weights.any(axis=1)
    in_time: Numbers = (gains * weights).sum(axis=1)[there] / weights.sum(axis=1)[there]
    return in_time


def jingle_db(mixture: Mixture, y: Signal) -> float:
    """Mean gain of music that plays alone, weighted by loudness."""
    cells = _cells(mixture, CELL_S)
    return _mean(cells.gains_db(y)[OTHER], _heard(cells, OTHER, mixture))


def _where(noise: bool, measure: Measure) -> Measure:
    """The measure of mixtures with light noise alone, or without; nan for the others."""

    def measured(mixture: Mixture, y: Signal) -> float:
        return measure(mixture, y) if noise == mixture.is_noisy else NAN

    return measured


STAYS = (
    Number("level, no noise, dB", "0", _where(False, kept_db)),
    Number("level, light noise, dB", "0", _where(True, kept_db)),
    Number("lost by more than 10 dB, light noise, %", "0", _where(True, lost_percent)),
)
GOES = (
    Number("in pauses, dB", "lower", residual_db),
    Number("speech: SI-SDR, dB", "higher", si_sdr_db),
    Number("speech: ESTOI, %", "higher", estoi),
)
KINDS: dict[str, tuple[Number, ...]] = {
    "whisper": (*STAYS, Number("ESTOI, light noise, %", "higher", _where(True, estoi))),
    "laughter": STAYS,
    "excited": STAYS,
    "breaths": STAYS,
    "ends": STAYS,
    "talkers": (Number("who loses less, dB", "0", louder_db), Number("who loses more, dB", "0", weaker_db)),
    "keyboard": GOES,
    "knocks": GOES,
    "dogs": GOES,
    "dishes": GOES,
    "wind": GOES,
    "siren": GOES,
    "rooster": GOES,
    "clock": GOES,
    "sneeze": GOES,
    "engine": GOES,
    "baby": GOES,
    "music": (
        Number("gain, mean, dB", "lower", music_mean_db),
        Number("gain, deviation over time, dB", "0", music_moves_db),
    ),
    "jingle": (Number("gain, dB", "0", jingle_db),),
}
