"""The content detector on a recording that comes in blocks."""

from __future__ import annotations

import logging
from typing import NamedTuple

import numpy as np

from pipeline.audio import Samples
from pipeline.stream.units import Windows

from .features import COUNT, Numbers, State, features, powers, transform
from .network import REACH, STRIDE, Network
from .stretches import SPEECH_LIKELY, Stretch, speech_likely, stretches, suspected, under_speech
from .weights import KINDS, ContentWeightsError, bundled

log = logging.getLogger(__name__)
UNIT_HOPS = 64  # frames that are computed at once


class Content(NamedTuple):
    """stretches : what is there beside speech, by its start; speech : whether any was heard, None where nobody
    listened; suspected : the stretches, and where there may be music or laughter, or somebody certainly speaks;
    music_under_speech : 0…1, of the time in which somebody speaks.
    """

    stretches: tuple[Stretch, ...] = ()
    speech: bool | None = None
    suspected: tuple[Stretch, ...] = ()
    music_under_speech: float = 0.0


NOTHING = Content()


class ContentMeter:
    """Where music, singing, laughter and applause are, and whether there is speech at all.

    Without weights it hears nothing, and says so in the log.
    """

    def __init__(self, sample_rate: int, channels: int) -> None:
        self._network = _network()
        self._rate, self._stft, self._samples = sample_rate, transform(sample_rate), 0
        self._windows = Windows(channels, UNIT_HOPS * self._stft.hop)
        self._tail, self._state = self._stft.silence(channels), State()
        self._line = np.zeros((REACH, COUNT), np.float32)  # normal features whose answers are still to come
        self._answers: list[Numbers] = []

    def add(self, block: Samples) -> None:
        """The next block (channels, n)."""
        self._samples += block.shape[1]
        if self._network is not None:
            for unit in self._windows.add(block):
                self._hear(self._network, unit)

    def result(self) -> Content:
        """What was heard in all blocks. Afterwards no more can be added."""
        if self._network is None or not self._samples:
            return NOTHING
        hop, rest = self._stft.hop, self._windows.rest
        rest = np.pad(rest, ((0, 0), (0, -rest.shape[1] % (STRIDE * hop))))
        if rest.shape[1]:
            self._hear(self._network, rest)
        self._line = np.concatenate((self._line, np.zeros((REACH, COUNT), np.float32)))
        self._answer(self._network)
        likely = np.concatenate([*self._answers, np.zeros((0, len(KINDS)), np.float32)])
        answer_s = STRIDE * hop / self._rate
        heard = speech_likely(likely, answer_s) >= SPEECH_LIKELY
        duration_s = self._samples / self._rate
        found = stretches(likely, answer_s, duration_s)
        may_be = suspected(likely, answer_s, duration_s)
        return Content(found, heard, may_be, under_speech(likely, answer_s, found))

    def _hear(self, network: Network, unit: Samples) -> None:
        """unit (channels, whole hops)."""
        power, self._tail = powers(unit, self._tail, self._stft, self._rate)
        heard, self._state = features(power, self._rate, self._stft, self._state)
        self._line = np.concatenate((self._line, network.normal(heard)))
        self._answer(network)

    def _answer(self, network: Network) -> None:
        """All answers whose surroundings are known by now."""
        ready = (len(self._line) - 2 * REACH - 1) // STRIDE + 1
        if ready > 0:
            last = 2 * REACH + 1 + STRIDE * (ready - 1)
            self._answers.append(network.likely(self._line[:last]))
            self._line = self._line[STRIDE * ready :]


def _network() -> Network | None:
    try:
        return bundled()
    except ContentWeightsError as error:
        log.warning("Music, singing, laughter and applause are not looked for: %s", error)
        return None
