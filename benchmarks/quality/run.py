"""A system over all recordings, and what the metrics say of it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile

from benchmarks import metrics
from benchmarks.peers import System

from .recordings import Recording, Sound, read

Scores = metrics.Scores


class Made(NamedTuple):
    """What a system made of a recording of so many seconds, and the processor's seconds that it took."""

    sound: Sound
    cpu_s: float
    seconds: float


def scores(system: System, found: list[Recording], pool: ProcessPoolExecutor, clean: bool = False) -> dict[str, Scores]:
    """By recording. One constant delay per system and rate, the median over pairs, is taken out.

    clean : also what the system makes of the clean recordings, as `clean_pesq`
    """
    made = processed(system, [r.noisy for r in found])
    sounds = [made[r.noisy].sound for r in found]
    delays = _delays_s(found, sounds, pool)
    shifts = [delays[soundfile.info(r.clean).samplerate] if r.clean else 0.0 for r in found]
    rows = dict(zip((r.name for r in found), pool.map(score, found, sounds, shifts), strict=True))
    for recording in found:
        rows[recording.name] |= {"cpu_s": made[recording.noisy].cpu_s, "sound_s": made[recording.noisy].seconds}
    if clean:
        for name, quality in _of_clean(system, found, delays, pool).items():
            rows[name]["clean_pesq"] = quality
    return rows


def processed(system: System, paths: list[Path]) -> dict[Path, Made]:
    """Every recording through a system, one after the other, after one that does not count."""
    first = read(paths[0])
    system(first.samples.copy(), first.rate)
    return {path: _one(system, path) for path in paths}


def _one(system: System, path: Path) -> Made:
    x = read(path)
    began = _cpu_s()
    y, rate = system(x.samples, x.rate)
    took_s = _cpu_s() - began
    return Made(Sound(np.nan_to_num(np.asarray(y, np.float32)), rate), took_s, len(x.samples) / x.rate)


def _cpu_s() -> float:
    """Of this process and of the programs it has run."""
    return sum(os.times()[:4])


def _delays_s(found: list[Recording], sounds: Iterable[Sound], pool: ProcessPoolExecutor) -> dict[int, float]:
    """By the recordings' rate."""
    pairs = [(r, y) for r, y in zip(found, sounds, strict=True) if r.clean is not None]
    late: dict[int, list[float]] = {}
    for rate, lag in pool.map(lag_s, [r for r, _ in pairs], [y for _, y in pairs]):
        late.setdefault(rate, []).append(lag)
    return {rate: float(np.median(values)) for rate, values in late.items()}


def lag_s(recording: Recording, y: Sound) -> tuple[int, float]:
    """The recording's rate, and by how many seconds the system is late."""
    assert recording.clean is not None
    reference = read(recording.clean)
    at = metrics.RATE
    late = metrics.delay(
        metrics.resampled(reference.samples, reference.rate, at), metrics.resampled(y.samples, y.rate, at), at
    )
    return reference.rate, late / at


def score(recording: Recording, y: Sound, delay_s: float) -> Scores:
    if recording.clean is None:
        return {f"real_{name}": value for name, value in metrics.of_recording(y.samples, y.rate).items()}
    reference, noisy = read(recording.clean), read(recording.noisy)
    before = metrics.resampled(noisy.samples, noisy.rate, reference.rate)
    return metrics.of_pair(reference.samples, reference.rate, y.samples, y.rate, delay_s, recording.dry, before)


def _of_clean(
    system: System, found: list[Recording], delays_s: dict[int, float], pool: ProcessPoolExecutor
) -> dict[str, float]:
    clean = {r.name: r.clean for r in found if r.clean is not None}
    if not (clean and metrics.available("pesq")):
        return {}
    made = [each.sound for each in processed(system, list(clean.values())).values()]
    grades = pool.map(unharmed, clean.values(), made, [delays_s] * len(clean))
    return {name: grade for name, grade in zip(clean, grades, strict=True) if np.isfinite(grade)}


def unharmed(path: Path, y: Sound, delays_s: dict[int, float]) -> float:
    """PESQ of what a system makes of a clean recording, against the recording."""
    reference = read(path)
    s = metrics.resampled(reference.samples, reference.rate, metrics.RATE)
    late = delays_s[reference.rate] * metrics.RATE
    return metrics.pesq_wb(s, metrics.advanced(metrics.resampled(y.samples, y.rate, metrics.RATE), late, len(s)))
