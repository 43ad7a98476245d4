"""The whole enhancement: which stages run, in which order, and how far they are."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .audio import Audio, Samples
from .denoise import OFF, Denoiser, denoiser
from .errors import Cancelled
from .leveling import to_target
from .report import Report, analyze
from .rumble import stage as rumble_stage
from .settings import Settings
from .stream import Stage, chained, run, split

Progress = Callable[[float, str], None]

BLOCK_S = 2.0  # between two looks at the cancel flag: some 20 ms of work


@dataclass(frozen=True)
class Result:
    """The enhanced recording (same rate, channels and length, sample-aligned), what changed, and the settings used."""

    audio: Audio
    report: Report
    settings: Settings


def enhance(
    audio: Audio,
    settings: Settings | None = None,
    *,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Result:
    """Enhance a recording.

    The stages work block by block: noise reduction, rumble filter, wet/dry mix, then loudness with a true-peak limiter.

    settings : default `Settings()`
    progress : called with (fraction 0…1, what is being done), from the calling thread
    cancelled : asked at every block; raises Cancelled when it answers True
    """
    settings = settings or Settings()
    began = time.perf_counter()
    watch = _Watch(progress, cancelled)

    watch.phase(0.0, 0.15, "Measuring the recording")
    before = analyze(audio, on_block=watch.tick(audio.duration_s))
    watch.phase(0.15, 0.7, "Removing noise")
    chosen = denoiser(settings.denoise, audio.sample_rate, audio.channels) if settings.mix.wet_percent else OFF
    restored = _restored(audio, settings, chosen, watch)
    watch.phase(0.7, 0.9, "Setting the loudness")
    y, gain_db, notes = to_target(restored, audio.sample_rate, settings.loudness, watch.tick(audio.duration_s))
    watch.phase(0.9, 1.0, "Measuring the result")
    result = Audio(y, audio.sample_rate)
    after = analyze(result, on_block=watch.tick(audio.duration_s))
    watch.phase(1.0, 1.0, "Done")
    took, notes = time.perf_counter() - began, (*chosen.notes, *notes)
    return Result(result, Report(before, after, gain_db, took, settings.flat(), chosen.name, notes), settings)


def _restored(audio: Audio, settings: Settings, chosen: Denoiser, watch: _Watch) -> Samples:
    """The stages that work on the sound itself, mixed with the original as asked."""
    x, wet = audio.samples, np.float32(settings.mix.wet_percent / 100)
    stages = _stages(audio, settings, chosen)
    if not stages or wet == 0:
        return x
    y, at, tick = np.empty_like(x), 0, watch.tick(audio.duration_s)
    length = max(1, round(BLOCK_S * audio.sample_rate))
    for block in run(chained(stages), split(x, length)):
        stop = at + block.shape[1]
        y[:, at:stop] = block if wet == 1 else wet * block + (1 - wet) * x[:, at:stop]
        at = stop
        tick()
    return y


def _stages(audio: Audio, settings: Settings, chosen: Denoiser) -> list[Stage]:
    stages = [*chosen.stages]
    if settings.tone.rumble_hz:
        stages.append(rumble_stage(settings.tone, audio.sample_rate, audio.channels))
    return stages


class _Watch:
    """Turns blocks done into progress, and asks at each whether to go on."""

    def __init__(self, progress: Progress | None, cancelled: Callable[[], bool] | None) -> None:
        self._progress, self._cancelled = progress, cancelled
        self._start, self._stop, self._text = 0.0, 0.0, ""

    def phase(self, start: float, stop: float, text: str) -> None:
        self._start, self._stop, self._text = start, stop, text
        self._report(start)

    def tick(self, duration_s: float) -> Callable[[], None]:
        """A callback for a loop over about `duration_s` seconds in blocks of a second or two."""
        done = 0

        def on_block() -> None:
            nonlocal done
            done += 1
            share = min(1.0, done / (duration_s + 1))
            self._report(self._start + share * (self._stop - self._start))

        return on_block

    def _report(self, fraction: float) -> None:
        if self._cancelled is not None and self._cancelled():
            raise Cancelled("The enhancement was cancelled.")
        if self._progress is not None:
            self._progress(fraction, self._text)
