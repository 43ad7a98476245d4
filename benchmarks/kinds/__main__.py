"""The table."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

import benchmarks.kinds
from benchmarks import metrics
from benchmarks.metrics.alignment import advanced
from benchmarks.peers import Mono, NotInstalledError, System, clean_only, neural, rnnoise, unprocessed

from .mixtures import Mixture, Signal, mixtures
from .numbers import KINDS

Scores = dict[tuple[str, str], dict[str, list[float]]]  # (kind, number) → system → by mixture


def keeping_music() -> System:
    """The preset `clean_only` with "Keep music"."""
    from pipeline import PRESETS, Audio, enhance
    from pipeline.settings import Content

    settings = replace(PRESETS["clean_only"], content=Content(keep_music=True))
    return lambda x, rate: (enhance(Audio(x, rate), settings).audio.samples[0], rate)


SYSTEMS: dict[str, Callable[[], System]] = {
    "unprocessed": unprocessed,
    "RNNoise": rnnoise,
    "denoiser, 40 dB": neural,
    "clean_only": clean_only,
    "with Keep music": keeping_music,
}


def results(system: System, found: list[Mixture]) -> list[Signal]:
    """What a system makes of each mixture, at its rate; one constant delay, the median at each rate, is taken out."""
    sounds = [_at_rate(system(mixture.noisy.copy(), mixture.sample_rate), mixture.sample_rate) for mixture in found]
    lags: dict[int, list[float]] = {}
    for mixture, sound in zip(found, sounds, strict=True):
        late = metrics.delay(mixture.noisy, sound, mixture.sample_rate)
        lags.setdefault(mixture.sample_rate, []).append(late)
    late_by = {rate: float(np.median(values)) for rate, values in lags.items()}
    return [
        advanced(sound, late_by[mixture.sample_rate], len(mixture.noisy))
        for mixture, sound in zip(found, sounds, strict=True)
    ]


def _at_rate(result: tuple[Mono, int], rate: int) -> Signal:
    return metrics.resampled(np.nan_to_num(np.asarray(result[0], np.float32)), result[1], rate)


def scores(found: list[Mixture]) -> Scores:
    """All numbers of all systems that can run here."""
    told: Scores = {}
    for name, make in SYSTEMS.items():
        try:
            system = make()
        except (NotInstalledError, ImportError, OSError) as fault:
            print(f"{name} is left out: {fault}.", file=sys.stderr)
            continue
        for mixture, y in zip(found, results(system, found), strict=True):
            for number in KINDS[mixture.kind]:
                values = told.setdefault((mixture.kind, number.title), {})
                values.setdefault(name, []).append(number.measure(mixture, y))
    return told


def table(told: Scores) -> str:
    """Means over the mixtures of a kind, in the kinds' order."""
    names = [name for name in SYSTEMS if any(name in values for values in told.values())]
    lines = [f"| kind | number | wanted | {' | '.join(names)} |", "|---|---|--:|" + "--:|" * len(names)]
    for kind, numbers in KINDS.items():
        for number in numbers:
            if values := told.get((kind, number.title)):
                cells = " | ".join(_cell(values.get(name, [])) for name in names)
                lines.append(f"| {kind} | {number.title} | {number.wanted} | {cells} |")
    return "\n".join(lines)


def _cell(values: list[float]) -> str:
    known = [value for value in values if np.isfinite(value)]
    return f"{round(float(np.mean(known)), 1) + 0.0:.1f}" if known else "–"


def each(told: Scores, found: list[Mixture]) -> str:
    """A line for each mixture and number."""
    lines = []
    for (kind, title), values in told.items():
        for k, name in enumerate(mixture.name for mixture in found if mixture.kind == kind):
            if all(np.isfinite(of[k]) for of in values.values()):
                lines.append(f"{name}: {title}: " + ", ".join(f"{system} {of[k]:.1f}" for system, of in values.items()))
    return "\n".join(lines)


def _use(weights: Path) -> None:
    """These weights instead of those that come with the app."""
    import pipeline.neural.weights

    if not weights.is_file():
        raise SystemExit(f"There is no file {weights}.")
    os.environ.pop("DENOISER_REPO", None)
    pipeline.neural.weights.BUNDLED = weights


def main() -> None:
    doc = benchmarks.kinds.__doc__
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.kinds", description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--weights", type=Path, help="a file of weights instead of the app's")
    parser.add_argument("--each", action="store_true", help="also the numbers of each mixture")
    options = parser.parse_args()
    if options.weights:
        _use(options.weights)
    if not metrics.available("pystoi"):
        print("ESTOI is left out, the package pystoi is not installed.", file=sys.stderr)
    found = mixtures(options.folder)
    if unknown := {mixture.kind for mixture in found} - KINDS.keys():
        raise SystemExit(f"No numbers for these kinds: {', '.join(sorted(unknown))}.")
    told = scores(found)
    print(table(told))
    if options.each:
        print("\n" + each(told, found))


if __name__ == "__main__":
    main()
