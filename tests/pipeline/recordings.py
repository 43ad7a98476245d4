"""Clean speech to degrade in tests: recordings where the shared data lie beside the checkout, made voices elsewhere."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import soundfile

from pipeline.audio import Samples
from tests.pipeline.signals import speech_like

SPEECH = Path(__file__).parents[3] / "shared" / "data" / "speech"
CORPORA = ("kathleen", "kerstin", "ljspeech", "arctic", "librispeech")


@cache
def clean_speech() -> tuple[tuple[str, Samples, int], ...]:
    """(name, (1, n), Hz) of a few clean voices, four seconds each."""
    files = [next(iter(sorted((SPEECH / corpus).rglob("*.opus"))), None) for corpus in CORPORA]
    voices = [(file.name, *_start_of(file)) for file in files if file]
    made = [(f"made {rate}", speech_like(rate, 4, level_db=-20), rate) for rate in (32_000, 48_000)]
    return tuple(voices or made)


def _start_of(file: Path) -> tuple[Samples, int]:
    with soundfile.SoundFile(file) as sound:
        return sound.read(4 * sound.samplerate, dtype="float32", always_2d=True).T[:1].copy(), sound.samplerate
