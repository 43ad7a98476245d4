"""What hum there is, followed through a recording and measured."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from pipeline.audio import Samples
from pipeline.dsp.decibels import power_db
from pipeline.stream.meter import measured
from pipeline.stream.units import Windows

from .detector import FRAMES, LEAST_FRAMES, HumModel
from .spectrum import Frames, HumSpectrum
from .tracker import Hum, agreed

AHEAD = 2  # units from the place at which the hum is known to the end of what has been heard
LEAST_SHARE = 0.25  # of a recording with hum in it, that `measure` speaks of hum


class HumLevel(NamedTuple):
    """Frequency of the mains, and the mean power of the hum in dB re full scale."""

    hz: float
    level_dbfs: float


class Heard(NamedTuple):
    """A recording so far: its last hop (channels, hop), its last frames, and the hum they hold, if any."""

    tail: Samples
    frames: Frames
    hum: Hum | None


@dataclass(frozen=True)
class Listener:
    """What hum has been heard, as units of four hops (a second) arrive."""

    model: HumModel

    @classmethod
    def of_rate(cls, sample_rate: int) -> Listener:
        return cls(HumModel(HumSpectrum.of_rate(sample_rate)))

    @property
    def unit(self) -> int:
        return 4 * self.model.spectrum.hop

    def start(self, channels: int) -> Heard:
        spectrum = self.model.spectrum
        return Heard(np.zeros((channels, spectrum.hop), np.float32), spectrum.silence(FRAMES, channels), None)

    def hear(self, unit: Samples, heard: Heard) -> Heard:
        """After one more unit (channels, 4 hops). The hum is that about the beginning of the last `AHEAD` units."""
        spectrum = self.model.spectrum
        x = np.concatenate((heard.tail, unit), axis=1)
        frames = heard.frames.then(spectrum.frames(x), FRAMES)
        hum = self.model.find(frames)
        if hum is not None and heard.hum is not None:
            hum = agreed(heard.hum.later(self.unit / spectrum.sample_rate), hum)
        return Heard(x[:, -spectrum.hop :], frames, hum)


class Recalled(NamedTuple):
    """units : that have passed; hum : what was heard after them"""

    units: int
    hum: Hum | None


@dataclass(frozen=True)
class Memory:
    """What a listener has heard of the same sound before. hums : after each of its units"""

    listener: Listener
    hums: tuple[Hum | None, ...]

    @property
    def model(self) -> HumModel:
        return self.listener.model

    @property
    def unit(self) -> int:
        return self.listener.unit

    def start(self, channels: int) -> Recalled:  # noqa: ARG002  (as a listener has it)
        return Recalled(0, None)

    def hear(self, unit: Samples, heard: Recalled) -> Recalled:  # noqa: ARG002
        """After one more unit."""
        hum = self.hums[heard.units] if heard.units < len(self.hums) else None
        return Recalled(heard.units + 1, hum)


class HumMeter:
    """The hum in a recording that comes in blocks."""

    def __init__(self, sample_rate: int, channels: int) -> None:
        self._listener = Listener.of_rate(sample_rate)
        self._channels, self._windows = channels, Windows(channels, self._listener.unit)
        self._state = self._listener.start(channels)
        self._hums: list[Hum | None] = []
        self._asked = self._samples = 0

    def add(self, block: Samples) -> None:
        """The next block (channels, n)."""
        self._samples += block.shape[1]
        for unit in self._windows.add(block):
            self._state = self._listener.hear(unit, self._state)
            self._asked += int(self._state.frames.heard.sum() >= LEAST_FRAMES)
            self._hums.append(self._state.hum)

    @property
    def heard(self) -> tuple[Hum | None, ...]:
        """The hum after each second of all blocks and of `AHEAD` seconds more, once there is a result."""
        return tuple(self._hums)

    def result(self) -> HumLevel | None:
        """None where no quarter of the recording holds any. Afterwards no more can be added."""
        if self._samples:  # what is known of the last unit needs `AHEAD` more
            self.add(np.zeros((self._channels, (AHEAD + 1) * self._listener.unit - 1), np.float32))
        found = [hum for hum in self._hums if hum is not None]
        power = sum(hum.power for hum in found)
        if not power or len(found) < LEAST_SHARE * self._asked:
            return None
        return HumLevel(float(np.median([hum.hz for hum in found])), power_db(power / len(found)))


def measure(blocks: Iterable[Samples], sample_rate: int, channels: int) -> HumLevel | None:
    """The hum in a recording that comes in blocks (channels, n); None where no quarter of it holds any."""
    return measured(HumMeter(sample_rate, channels), blocks)
