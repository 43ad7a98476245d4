"""Prepared recordings, cut at random."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
Generator = np.random.Generator

# How often a corpus of speech is drawn: many speakers often, one speaker seldom, however long the recordings are.
SPEECH_WEIGHTS = {
    "librispeech": 30,
    "speechocean": 22,
    "librispeech_clean": 14,
    "alphanumeric": 10,
    "arctic": 10,
    "picovoice_wake": 12,
    "picovoice_intent": 8,
    "picovoice_misc": 5,
    "mycroft_precise": 6,
    "ljspeech": 5,
    "kathleen": 7,
    "kerstin": 6,
    "aishell": 5,
    "asterisk_ru": 4,
    "laughing": 6,
}

# How much more often a noise of a corpus is drawn than its length says: hundreds of short clips are but a few kinds.
NOISE_TIMES = {"ESC-10": 0.3, "ESC-50": 0.35, "kitchen20": 0.5, "supersonic": 0.4, "typing": 2.0, "berlin_noise": 2.0}


class Entry(TypedDict):
    """A recording in the index: its samples from `start` to `stop`; bandwidth_hz : up to which it has sound."""

    start: int
    stop: int
    corpus: str
    bandwidth_hz: float
    held_out: bool


@dataclass(frozen=True)
class Corpus:
    """Recordings of one kind at one rate. `samples` is mapped from the disk, not loaded."""

    samples: NDArray[np.int16]
    entries: list[Entry]
    chances: NDArray[np.float64]

    @classmethod
    def open(cls, folder: Path, kind: str, sample_rate: int, held_out: bool = False) -> Corpus:
        """The prepared recordings of `kind` (speech, noise, rir); with held_out, those kept for validation."""
        path = folder / f"{kind}{sample_rate // 1000}"
        index: list[Entry] = json.loads(path.with_suffix(".json").read_text())
        entries = [e for e in index if kind == "rir" or e["held_out"] == held_out]
        lengths = np.array([e["stop"] - e["start"] for e in entries], np.float64)
        # Noise: by the square root of the length, so that the few long recordings are not all that is heard.
        weights = np.sqrt(lengths) if kind == "noise" else lengths
        corpora = np.array([e["corpus"] for e in entries])
        if kind == "noise":
            weights *= [NOISE_TIMES.get(corpus, 1.0) for corpus in corpora.tolist()]
        if kind == "speech":
            for corpus in set(corpora.tolist()):
                of_corpus = corpora == corpus
                weights[of_corpus] *= SPEECH_WEIGHTS.get(corpus, 5) / weights[of_corpus].sum()
        if kind == "rir":
            weights = np.ones(len(entries))
        return cls(np.load(path.with_suffix(".npy"), mmap_mode="r"), entries, weights / weights.sum())

    def draw(self, rng: Generator) -> Entry:
        """One entry of the index."""
        return self.entries[rng.choice(len(self.entries), p=self.chances)]

    def read(self, entry: Entry, length: int, rng: Generator) -> Samples:
        """At most `length` samples of a recording, from a random place."""
        spare = entry["stop"] - entry["start"] - length
        start = entry["start"] + (int(rng.integers(spare + 1)) if spare > 0 else 0)
        return self.samples[start : min(start + length, entry["stop"])].astype(np.float32) / np.float32(32768)
