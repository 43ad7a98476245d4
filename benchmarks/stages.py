"""What every stage but the denoiser does to recordings that are honestly damaged, and to those that are not; its cost.

    python -m benchmarks.stages CLEAN [--every 3]

CLEAN : a folder of mono recordings (wav, flac) with little noise. Each is damaged in the way that a stage repairs, and
what comes out is compared with what it was. The last two rows are what the chain promises of loudness and peaks.
SDR: signal-to-distortion ratio against the undamaged recording. RTF: CPU seconds per second of sound, one core.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline import Audio, Settings, enhance, load
from pipeline.audio import Samples
from pipeline.measures.levels import levels_of
from pipeline.measures.report import Report
from pipeline.settings import Dehum, Denoise, Level, Tone
from pipeline.stages.chain import SIGNAL_PATH, StageContext, Step
from pipeline.stages.deess.band import band_filter, filtered
from pipeline.stages.denoise.choice import OFF
from pipeline.stages.leveler import Scene, level
from pipeline.stream.stage import chained, run_whole

HUM_S = 12.0
Work = Callable[[Samples, int], Samples]


class Row(NamedTuple):
    """One line of the table. before, after : of each recording; worst : the one of `after` that is furthest off."""

    stage: str
    measure: str
    before: list[float]
    after: list[float]
    worst: Callable[[list[float]], float] = min


class Timed:
    """A stage's work, and what it has cost so far."""

    def __init__(self, work: Work) -> None:
        self._work, self.cpu_s, self.sound_s = work, 0.0, 0.0

    def __call__(self, x: Samples, rate: int) -> Samples:
        began = time.process_time()
        y = self._work(x, rate)
        self.cpu_s += time.process_time() - began
        self.sound_s += x.shape[1] / rate
        return y


def levelled(x: Samples, rate: int) -> Samples:
    """By the leveler; as it was where there is no speech."""
    found = levels_of(x, rate)
    if found.speech_dbfs is None:
        return x
    return level(x, rate, Level(12.0), Scene(found.speech_dbfs, found.noise_floor_dbfs))


# How strongly each step of the signal path works here: all but tone, a matter of taste, and the denoiser, which has
# `benchmarks.quality`.
STRENGTHS: dict[str, dict[str, float]] = {
    "dehum": {"dehum_strength_db": 40.0},
    "declip": {"declip_strength_percent": 100.0},
    "declick": {"declick_sensitivity_percent": 50.0},
    "rumble": {"tone_rumble_hz": Tone().rumble_hz},
    "deess": {"deess_strength_db": 8.0},
}


def step_alone(step: Step) -> Work:
    """A step of the signal path, at its strength, and nothing else."""
    settings = Settings.from_flat(STRENGTHS[step.name], base=Settings.nothing())

    def work(x: Samples, rate: int) -> Samples:
        return run_whole(chained(step.stages(StageContext(settings, OFF, rate, x.shape[0]))), x)

    return work


STAGES: dict[str, Timed] = {
    **{step.name: Timed(step_alone(step)) for step in SIGNAL_PATH if step.name in STRENGTHS},
    "leveler": Timed(levelled),
}


def db(power: float) -> float:
    return float(10 * np.log10(power + 1e-20))


def power(x: NDArray[np.floating]) -> float:
    return float(np.mean(np.square(x, dtype=np.float64)))


def sdr_db(truth: Samples, x: Samples) -> float:
    return min(db(power(truth)) - db(power(x - truth)), 100.0)


def repaired(stage: str, what: str, pairs: list[tuple[Samples, Samples, int]]) -> Row:
    """SDR of damaged recordings, and of what the stage makes of them. pairs : truth, damaged, rate."""
    before = [sdr_db(truth, damaged) for truth, damaged, _ in pairs]
    after = [sdr_db(truth, STAGES[stage](damaged, rate)) for truth, damaged, rate in pairs]
    return Row(stage, what, before, after)


def clipped(x: Samples, over_db: float) -> Samples:
    ceiling = np.abs(x).max() * np.float32(10 ** (-over_db / 20))
    return np.clip(x, -ceiling, ceiling)


def clicked(x: Samples, rate: int) -> Samples:
    """Four clicks a second: bursts of up to 1 ms, half as high as the recording's peak."""
    rng, y = np.random.default_rng(0), x.copy()
    for at in range(rate // 8, x.shape[1] - rate // 8, rate // 4):
        burst = rng.standard_normal(int(rng.integers(1, max(2, rate // 1000))))
        burst *= np.exp(-3 * np.arange(burst.size) / burst.size) * 0.5 * np.abs(x).max() / np.abs(burst).max()
        y[0, at : at + burst.size] += burst.astype(np.float32)
    return y


def hum_of(n: int, rate: int, level_db: float = -35.0) -> Samples:
    """Mains of 50.1 Hz with harmonics to 1 kHz that fall by 6 dB per octave."""
    t, rng = np.arange(n) / rate, np.random.default_rng(0)
    x = np.zeros(n)
    for k in range(1, 21):
        x += np.cos(2 * np.pi * 50.1 * k * t + rng.uniform(0, 6.28)) / k
    hum: Samples = (x / np.sqrt(power(x)) * 10 ** (level_db / 20)).astype(np.float32)[np.newaxis]
    return hum


def hum_rows(recordings: list[tuple[Samples, int]]) -> list[Row]:
    """Twelve seconds of each recording, repeated; what else the stage takes away counts as hum that is left."""
    before, after, kept = [], [], []
    for short, rate in recordings:
        x = np.tile(short, (1, int(np.ceil(HUM_S * rate / short.shape[1]))))[:, : int(HUM_S * rate)]
        hum, alone = hum_of(x.shape[1], rate), STAGES["dehum"](x, rate)
        before.append(db(power(hum)))
        after.append(db(power(STAGES["dehum"](x + hum, rate) - alone)))
        kept.append(sdr_db(x, alone))
    return [
        Row("de-hum", "hum of 50.1 Hz under speech, dBFS", before, after, max),
        Row("de-hum", "speech without hum, SDR in dB", [100.0] * len(kept), kept),
    ]


def rumble_rows(recordings: list[tuple[Samples, int]]) -> list[Row]:
    """A sine of 25 Hz as loud as the speech, as somebody who knocks against the table."""
    pairs = []
    for x, rate in recordings:
        truth = STAGES["rumble"](x, rate)
        thud = np.sqrt(2 * power(x)) * np.sin(2 * np.pi * 25 * np.arange(x.shape[1]) / rate)
        pairs.append((truth, x + thud.astype(np.float32), rate))
    return [repaired("rumble", "rumble as loud as the speech, SDR in dB", pairs)]


def sibilance_rows(recordings: list[tuple[Samples, int]]) -> list[Row]:
    """How far the sharpest frames (one in 20) stand over the mean, 5 to 9 kHz raised by 12 dB."""
    before: list[float] = []
    after: list[float] = []
    for x, rate in recordings:
        if rate < 32_000:
            continue
        taps = band_filter(rate)
        sharp = x + np.float32(3) * _band(x, taps)
        mellow = STAGES["deess"](sharp, rate)
        for y, found in ((sharp, before), (mellow, after)):
            frames = _band(y, taps)[0][: y.shape[1] // (rate // 50) * (rate // 50)].reshape(-1, rate // 50)
            peak = np.percentile(np.mean(np.square(frames, dtype=np.float64), axis=1), 95)
            found.append(db(float(peak)) - db(power(y)))
    return [Row("de-esser", "sharpest s against the whole, dB", before, after, max)] if before else []


def _band(x: Samples, taps: Samples) -> Samples:
    return filtered(np.pad(x, ((0, 0), (taps.size // 2, taps.size // 2))), taps)


def talker_rows(recordings: list[tuple[Samples, int]]) -> list[Row]:
    """Every recording, and again 12 dB quieter, for 8 s each in turn: the difference that stays."""
    before: list[float] = []
    after: list[float] = []
    for short, rate in recordings:
        x = np.tile(short, (1, int(np.ceil(8 * rate / short.shape[1]))))[:, : 8 * rate]
        dialogue = np.concatenate((x, x * np.float32(0.25), x, x * np.float32(0.25)), axis=1)
        for y, found in ((dialogue, before), (STAGES["leveler"](dialogue, rate), after)):
            loud, quiet = (power(y[:, (16 + k) * rate : (22 + k) * rate]) for k in (1, 9))
            found.append(db(loud) - db(quiet))
    return [Row("leveler", "talkers 12 dB apart, dB", before, after, max)]


def loudness_rows(recordings: list[tuple[Samples, int]]) -> list[Row]:
    """-16 LUFS under -1 dBTP by the limiter alone, as the report measures the result."""
    reports = [
        enhance(Audio(x, rate), Settings(denoise=Denoise(0.0), dehum=Dehum(0.0), tone=Tone(0.0))).report
        for x, rate in recordings
        if x.shape[1] > 2 * rate
    ]
    return [
        Row("loudness", "LUFS, -16 asked for", *_both(reports, "lufs")),
        Row("loudness", "true peak, dBTP, -1 allowed", *_both(reports, "true_peak_dbtp"), max),
    ]


def _both(reports: list[Report], name: str) -> tuple[list[float], list[float]]:
    return [getattr(r.before, name) for r in reports], [getattr(r.after, name) for r in reports]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clean", type=Path)
    parser.add_argument("--every", type=int, default=3)
    options = parser.parse_args()
    files = sorted(path for path in options.clean.iterdir() if path.suffix in (".wav", ".flac"))[:: options.every]
    loaded = [load(path) for path in files]
    recordings = [(audio.samples[:1], audio.sample_rate) for audio in loaded]
    rows = hum_rows(recordings)
    for over_db in (3, 6, 10):
        pairs = [(x, clipped(x, over_db), rate) for x, rate in recordings]
        rows.append(repaired("declip", f"clipped {over_db} dB under the peak, SDR in dB", pairs))
    rows.append(repaired("declip", "not clipped, SDR in dB", [(x, x, rate) for x, rate in recordings]))
    rows.append(repaired("declick", "four clicks a second, SDR in dB", [(x, clicked(x, r), r) for x, r in recordings]))
    rows.append(repaired("declick", "without clicks, SDR in dB", [(x, x, rate) for x, rate in recordings]))
    rows += [*rumble_rows(recordings), *sibilance_rows(recordings), *talker_rows(recordings)]
    rows += loudness_rows(recordings)
    print(f"{len(recordings)} recordings, {sum(x.shape[1] / rate for x, rate in recordings):.0f} s\n")
    print("| stage | what | before | after | the worst after |\n|---|---|--:|--:|--:|")
    for row in rows:
        values = " | ".join(f"{value:.1f}" for value in (np.mean(row.before), np.mean(row.after), row.worst(row.after)))
        print(f"| {row.stage} | {row.measure} | {values} |")
    print("\n| stage | RTF |\n|---|--:|")
    for name, timed in STAGES.items():
        if timed.sound_s:
            print(f"| {name} | {timed.cpu_s / timed.sound_s:.4f} |")


if __name__ == "__main__":
    main()
