"""What is said of a recording never contradicts itself: table, advice, notes and work go by one judgement."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from pipeline import Audio, Report, Settings, enhance, load
from pipeline.measures.advice import advice
from pipeline.presets import PRESETS
from tests.fuzz.scale import STRESS
from tests.pipeline.signals import noise, sine, speech_like

RATE = 16_000
REAL = Path(__file__).resolve().parents[4] / "shared" / "data" / "dev" / "real"
COUNT = 200 if STRESS else 16
ON = {"declip_strength_percent": 100.0, "declick_sensitivity_percent": 50.0}


def generated(number: int) -> Audio:
    """Speech with noise, hum, clicks, clipping and a level, each drawn for itself."""
    rng = np.random.default_rng([20, number])
    x = speech_like(RATE, 3, rng.uniform(-40, -15), seed=number, pitch=rng.uniform(0.8, 1.8))
    x = x + noise(1, x.shape[1], rng.uniform(-90, -15), seed=number)
    if rng.random() < 0.3:
        x += sine(50.0, RATE, 3, 10 ** rng.uniform(-4, -1))
    if rng.random() < 0.3:
        x[0, rng.integers(RATE, 2 * RATE, 6)] += 0.5
    if rng.random() < 0.3:
        x = np.clip(x, *(np.array([-1, 1]) * np.abs(x).max() * rng.uniform(0.3, 1.0)))
    return Audio(x.astype(np.float32) * np.float32(10 ** (rng.uniform(-50, 0) / 20)), RATE)


def settings(number: int) -> Settings:
    name = [*PRESETS][number % len(PRESETS)]
    return Settings.from_flat(ON, PRESETS[name]) if number % 2 else PRESETS[name]


def contradictions(report: Report) -> Iterator[str]:
    """Everything that is said twice, in two ways."""
    before, rows = report.before, {name: (was, now) for name, was, now in report.rows()}
    said = " ".join(report.sentences())
    noisy = re.search(r"[Nn]oisy \(about (-?\d+) dB", said)
    if noisy and "noise was low" in said:
        yield "noisy, and low in noise"
    if noisy and abs(float(noisy[1]) - float(rows["Signal-to-noise ratio (estimate)"][0].split()[0])) > 0.55:
        yield "two ratios"
    if bool(noisy) != (before.noise in ("noisy", "very noisy")):
        yield "the advice and the grade"
    if "peaks rebuilt" in said and "Clipped at the source" not in said:
        yield "rebuilt what was not clipped"
    if "Clipped at the source" in said and rows["Clipped"][0] == "none":
        yield "clipped, and not"
    if report.settings["auto_strengths"]:
        for word, stage in (("declip", "Clipped at"), ("declick", "Clicks, about")):
            if (re.search(rf"Auto:.*\b{word}\b", said) is not None) != (stage in said):
                yield f"auto and the advice on {word}"
    if "Hum of the mains" in said and rows["Mains hum"][0] == "none":
        yield "hum, and none"
    if "very quietly" in said and rows["Loudness"][0] == "none":
        yield "quiet, and nothing"
    if advice(report.before) != report.advice:
        yield "two advices"


@pytest.mark.stress
@pytest.mark.parametrize("number", range(COUNT))
def test_generated_recordings(number: int) -> None:
    report = enhance(generated(number), settings(number)).report
    assert [*contradictions(report)] == []


@pytest.mark.stress
@pytest.mark.parametrize("path", sorted(REAL.glob("*.flac")) or [Path("made")], ids=lambda path: path.stem)
def test_real_recordings(path: Path) -> None:
    """Where they lie beside the checkout; elsewhere a made one."""
    audio = load(path) if path.is_file() else generated(COUNT)
    short = Audio(audio.samples[:, : (60 if STRESS else 4) * audio.sample_rate], audio.sample_rate)
    assert [*contradictions(enhance(short).report)] == []
