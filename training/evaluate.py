"""Scores of exported weights on pairs of noisy and clean recordings, by the app's own code.

What is quoted elsewhere comes from the whole bench; this is the short version that guides training.
"""

from __future__ import annotations

import csv
import warnings
from concurrent.futures import ProcessPoolExecutor
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.metrics.eaten import VOICE_HZ, eaten_cells
from pipeline.neural.weights import read
from pipeline.stages.denoise.neural import stage
from pipeline.stream.stage import run_whole
from training.data.corpus import Samples

METRIC_RATE = 16_000


class Scores(NamedTuple):
    """pesq : P.862.2; estoi : %; overall : DNSMOS at equal level, nan without its package; si_sdr : dB;
    eaten, cells : cells of speech, from 62 Hz up, that lose more than 10 dB, and all; the last three without
    reverberant recordings, whose reference is dry.
    """

    pesq: float
    estoi: float
    overall: float
    si_sdr: float
    eaten: float
    cells: float


def evaluate(weights: Path, pairs: Path, strength_db: float = 40.0, every: int = 1) -> dict[str, Scores]:
    """Mean scores over every `every`-th pair of `pairs`/{noisy,clean}, noisy and denoised.

    pairs : beside it, manifest.csv says which recordings are reverberant (`subset` ends in _rev)
    """
    with (pairs.parent / "manifest.csv").open(newline="") as file:
        rooms = {Path(row["file"]).stem for row in csv.DictReader(file) if row["subset"].endswith("_rev")}
    names = sorted(path.name for path in (pairs / "noisy").glob("*.*"))[::every]
    with ProcessPoolExecutor(2) as pool:
        rows = list(pool.map(partial(_one, weights, pairs, strength_db, rooms), names))
    means = np.nanmean(np.array(rows), axis=0)
    return {"noisy": Scores(*means[0].tolist()), "denoised": Scores(*means[1].tolist())}


def _one(weights: Path, pairs: Path, strength_db: float, rooms: set[str], name: str) -> tuple[Scores, Scores]:
    import soundfile

    noisy, rate = soundfile.read(pairs / "noisy" / name, dtype="float32", always_2d=True)
    clean, _ = soundfile.read(pairs / "clean" / name, dtype="float32", always_2d=True)
    x = np.ascontiguousarray(noisy[:, :1].T)
    y = run_whole(stage(read(weights).network, strength_db, rate, 1), x)[0]
    reference = clean[: len(y), 0]
    dry = Path(name).stem not in rooms
    return score(noisy[:, 0], noisy[:, 0], reference, rate, dry), score(y, noisy[:, 0], reference, rate, dry)


def score(y: Samples, noisy: Samples, clean: Samples, sample_rate: int, dry: bool) -> Scores:
    """y, noisy, clean (n,) float32; with dry, also what needs a reference of the same room."""
    from pesq import NoUtterancesError, pesq
    from pystoi import stoi
    from scipy.signal import resample_poly

    ratio = Fraction(METRIC_RATE, sample_rate)
    a, b = (resample_poly(x, ratio.numerator, ratio.denominator) for x in (clean, y))
    try:
        grade = pesq(METRIC_RATE, a, b, "wb")
    except NoUtterancesError:
        grade = float("nan")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # too short for STOI: nan
        intelligible = 100 * stoi(a, b, METRIC_RATE, extended=True)
    if not dry:
        return Scores(grade, intelligible, _overall(b), *[float("nan")] * 3)
    scaled = clean * (np.dot(clean, y) / np.dot(clean, clean))
    si_sdr = 10 * np.log10((scaled**2).sum() / (((y - scaled) ** 2).sum() + 1e-12) + 1e-12)
    return Scores(grade, intelligible, _overall(b), float(si_sdr), *eaten_cells(y, noisy, clean, sample_rate, VOICE_HZ))


def _overall(x: Samples) -> float:
    from importlib.util import find_spec

    if find_spec("speechmos") is None or find_spec("onnx") is None:
        return float("nan")
    from training.losses.dnsmos import overall

    return overall(x)
