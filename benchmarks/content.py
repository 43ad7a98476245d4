"""How well music, singing, laughter and applause are found, and what is taken for them: precision and recall.

    python -m benchmarks.content DIR [--count 40] [--seed 1] [--speech FOLDER …]

DIR holds recordings that nobody trained on, as KIND/SOURCE/*.flac, 16 kHz mono: speech, music, singing, laughter,
applause, song (music with singing), noise, and other (coughs, knocks, alarms). They are mixed as people have them:

    alone · in noise at 5 to 20 dB · in a room of 0.3 to 1.2 s · before and after speech · a bed of music 10 to 20 dB
    under speech

and scored by second and by stretch. Seconds: what is told up to 1 s beyond an end counts neither way. Stretches: one
that is told is right if half of it is true, one that is there is found if half of it is told. Music told as singing and
singing as music is wrong there; the last two columns ask only whether it would be kept. Speech in noise, and the
recordings of each --speech folder, have none of it: whatever is told there is a false alarm.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy.signal import fftconvolve

from pipeline.audio import Audio
from pipeline.files.decode import load
from pipeline.measures.content.meter import Content, ContentMeter
from pipeline.measures.content.stretches import Stretch
from pipeline.stream.meter import measured
from pipeline.stream.stage import split

RATE = 16_000
KINDS = ("music", "singing", "laughter", "applause")
SCENES = ("alone", "in noise", "in a room", "beside speech", "bed under speech")
NEAR_S = 1.0
STEP_S = 0.1

Sound = NDArray[np.float32]


class Recordings:
    """Recordings by kind, drawn by source first."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self._paths = {
            kind.name: [files for source in sorted(kind.iterdir()) if (files := sorted(source.glob("*.flac")))]
            for kind in sorted(folder.iterdir())
            if kind.is_dir()
        }

    def draw(self, kind: str, seconds: float) -> Sound:
        """Up to so many seconds of one recording, its mean level -20 dBFS."""
        sources = self._paths[kind]
        files = sources[self.rng.integers(len(sources))]
        sound, _ = soundfile.read(files[self.rng.integers(len(files))], dtype="float32")
        n = round(seconds * RATE)
        start = int(self.rng.integers(max(1, len(sound) - n + 1)))
        return _levelled(sound[start : start + n])

    def filled(self, kind: str, seconds: float) -> Sound:
        """So many seconds, of as many recordings as it takes."""
        parts: list[Sound] = []
        while sum(map(len, parts)) < seconds * RATE:
            parts.append(self.draw(kind, seconds))
        return np.concatenate(parts)[: round(seconds * RATE)]

    def between(self, low: float, high: float) -> float:
        return float(self.rng.uniform(low, high))


def _levelled(sound: Sound) -> Sound:
    return sound / np.float32(max(float(np.sqrt(np.mean(sound * sound))), 1e-5)) * np.float32(0.1)


def _in_room(sound: Sound, t60_s: float, rng: np.random.Generator) -> Sound:
    """With what a room adds: noise that dies away."""
    tail = rng.standard_normal(round(t60_s * RATE)) * 10 ** (-3 * np.arange(round(t60_s * RATE)) / (t60_s * RATE))
    wet: Sound = fftconvolve(sound, tail / np.sqrt(np.sum(tail * tail)))[: len(sound)].astype(np.float32)
    return _levelled(sound + wet)


def _turned(sound: Sound, db: float) -> Sound:
    return sound * np.float32(10 ** (db / 20))


def mixture(recordings: Recordings, kind: str, scene: str) -> tuple[Sound, list[Stretch]]:
    """A mixture with one stretch of a kind, and the truth."""
    r = recordings
    told = "music" if kind == "song" else kind
    sound = r.draw(kind, r.between(4, 12))
    if scene == "in a room":
        sound = _in_room(sound, r.between(0.3, 1.2), r.rng)
    if scene == "bed under speech":
        speech = r.filled("speech", 14.0)
        sound = np.resize(r.draw(kind, 10.0), 10 * RATE)
        speech[2 * RATE : 12 * RATE] += _turned(sound, r.between(-20, -10))
        return _turned(speech, r.between(-15, 5)), [Stretch(told, 2.0, 12.0)]
    before, after = (
        r.filled("speech", r.between(3, 6)) if scene == "beside speech" else np.zeros(2 * RATE, np.float32)
        for _ in range(2)
    )
    mix = np.concatenate((before, _turned(sound, r.between(-6, 3)), after))
    floor = r.filled("noise", len(mix) / RATE)[: len(mix)]
    mix[: len(floor)] += _turned(floor, r.between(-20, -5) if scene == "in noise" else r.between(-50, -35))
    ends = (len(before) / RATE, (len(before) + len(sound)) / RATE)
    return _turned(mix, r.between(-15, 5)), [Stretch(told, *ends)]


def noisy_speech(recordings: Recordings, seconds: float) -> Sound:
    """Speech without any of the kinds, in noise at 0 to 25 dB, with coughs, knocks and alarms now and then."""
    mix = recordings.filled("speech", seconds)
    mix += _turned(recordings.filled("noise", seconds), recordings.between(-25, 0))
    for _ in range(int(seconds // 20)):
        other = _turned(recordings.draw("other", 4.0), recordings.between(-12, 3))
        at = int(recordings.rng.integers(len(mix) - len(other)))
        mix[at : at + len(other)] += other
    return _turned(mix, recordings.between(-20, 5))


def heard(mix: Sound, rate: int = RATE) -> Content:
    """What the detector says of a mono recording."""
    return measured(ContentMeter(rate, 1), split(np.atleast_2d(mix), rate))


class Score:
    """Hits, misses and false alarms of a kind, in steps of 0.1 s and in stretches."""

    def __init__(self) -> None:
        self.steps, self.stretches = Counter[str](), Counter[str]()

    def add(self, told: list[Stretch], true: list[Stretch], seconds: float) -> None:
        at = np.arange(0, seconds, STEP_S)
        is_told, is_true, is_near = (_covered(at, ends, more) for ends, more in ((told, 0), (true, 0), (true, NEAR_S)))
        self.steps.update(hit=int((is_told & is_true).sum()), missed=int((~is_told & is_true).sum()))
        self.steps.update(false=int((is_told & ~is_near).sum()))
        for one in told:
            self.stretches["right" if _share(one, true) >= 0.5 else "false"] += 1
        for one in true:
            self.stretches["found" if _share(one, told) >= 0.5 else "missed"] += 1

    def row(self) -> str:
        steps, parts = self.steps, self.stretches
        return " | ".join(
            _percent(*pair)
            for pair in (
                (steps["hit"], steps["false"]),
                (steps["hit"], steps["missed"]),
                (parts["right"], parts["false"]),
                (parts["found"], parts["missed"]),
            )
        )


def _percent(good: int, bad: int) -> str:
    return f"{100 * good / (good + bad):.0f}" if good + bad else "–"


def _covered(at: NDArray[np.float64], ends: list[Stretch], more_s: float) -> NDArray[np.bool_]:
    inside = np.zeros(at.shape, np.bool_)
    for one in ends:
        inside |= (at >= one.start_s - more_s) & (at < one.end_s + more_s)
    return inside


def _share(one: Stretch, of: list[Stretch]) -> float:
    common = sum(max(0.0, min(one.end_s, other.end_s) - max(one.start_s, other.start_s)) for other in of)
    return common / (one.end_s - one.start_s)


def _kept(told: tuple[Stretch, ...]) -> list[Stretch]:
    """As one kind, whatever it is called: what would be kept."""
    return [Stretch("any", one.start_s, one.end_s) for one in told]


def scored(recordings: Recordings, count: int) -> Iterator[tuple[str, str, Score, Score]]:
    """(kind, scene, score of that kind, score of whatever is kept)."""
    for kind in (*KINDS, "song"):
        for scene in SCENES:
            if scene == "bed under speech" and kind not in ("music", "song"):
                continue
            own, kept = Score(), Score()
            for _ in range(count):
                mix, true = mixture(recordings, kind, scene)
                told, seconds = heard(mix).stretches, len(mix) / RATE
                own.add([one for one in told if one.kind == true[0].kind], true, seconds)
                kept.add(_merged(_kept(told)), _kept(tuple(true)), seconds)
            yield kind, scene, own, kept


def _merged(ends: list[Stretch]) -> list[Stretch]:
    """Without overlaps."""
    joined: list[Stretch] = []
    for one in sorted(ends, key=lambda end: end.start_s):
        if joined and one.start_s <= joined[-1].end_s:
            joined[-1] = joined[-1]._replace(end_s=max(joined[-1].end_s, one.end_s))
        else:
            joined.append(one)
    return joined


def false_alarms(name: str, sounds: Iterator[tuple[Sound, int]]) -> str:
    """A row: hours, false stretches an hour of each kind, and where no speech was heard."""
    seconds, told, unheard, files = 0.0, Counter[str](), 0, 0
    for mix, rate in sounds:
        content, files, seconds = heard(mix, rate), files + 1, seconds + len(mix) / rate
        told.update(one.kind for one in content.stretches)
        unheard += content.speech is False
    hours = seconds / 3600
    rates = " | ".join(f"{told[kind] / hours:.1f}" for kind in KINDS)
    return f"| {name} | {hours:.2f} | {rates} | {unheard} of {files} |"


def _of_folder(folder: Path) -> Iterator[tuple[Sound, int]]:
    for path in sorted(path for path in folder.iterdir() if path.suffix in (".wav", ".flac")):
        audio: Audio = load(path)
        yield audio.samples[0], audio.sample_rate


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recordings", type=Path)
    parser.add_argument("--count", type=int, default=40, help="mixtures for each row")
    parser.add_argument("--minutes", type=float, default=60, help="of speech in noise")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--speech", type=Path, nargs="*", default=[], help="folders of real recordings of speech")
    options = parser.parse_args()
    recordings = Recordings(options.recordings, options.seed)
    print("Percent.\n")
    print("| kind | scene | precision, seconds | recall | precision, stretches | recall | kept: precision | recall |")
    print("|---|---|--:|--:|--:|--:|--:|--:|")
    for kind, scene, own, kept in scored(recordings, options.count):
        print(f"| {kind} | {scene} | {own.row()} | {' | '.join(kept.row().split(' | ')[:2])} |", flush=True)
    print("\n| speech | hours | " + " | ".join(f"false {kind}, an hour" for kind in KINDS) + " | no speech heard |")
    print("|---|--:|" + "--:|" * len(KINDS) + "--:|")
    noisy = ((noisy_speech(recordings, 60.0), RATE) for _ in range(round(options.minutes)))
    print(false_alarms("in noise", noisy), flush=True)
    for folder in options.speech:
        print(false_alarms("/".join(folder.parts[-3:-1]), _of_folder(folder)), flush=True)


if __name__ == "__main__":
    main()
