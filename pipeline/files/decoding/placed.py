"""Frames in their place in time: silence where the file has none, or none that could be read."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from typing import Any

import av
import numpy as np

from pipeline.audio import Samples
from pipeline.errors import AudioError

from ..decoded import Block, Blocks
from .holes import Lost
from .opened import is_listed
from .told import Told, length

# Sound that comes later than its time stamp says: less is jitter (recorders read a clock), more is damage.
SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 600.0
JITTER_S = 0.002  # WebM rounds to 1 ms
MOST_SILENCE_S = 60.0  # put between time stamps; more of it than of sound: they lie
RESET_S = 1.0  # so far back, the time stamps begin anew
DRIFT = 0.005  # the most by which a recorder's clock and its samples run apart
# A clock that was right for so many frames, and is again behind it, does not jump by chance: packets are missing. So
# short a hole is told and not filled: where it is the recorder's clock that was put right, nothing is missing.
STEADY_FRAMES, SHORTEST_JUMP_S = 8, 0.01
MOST_FORMS = 1000
# By format of samples: those that are taken as they are.
FULL_SCALE = {"flt": 1, "fltp": 1, "s16": 1 << 15, "s16p": 1 << 15, "s32": 1 << 31, "s32p": 1 << 31}
MOST_PLANES = 7  # that PyAV reads


class _Steps:
    """From one time stamp to the next."""

    def __init__(self) -> None:
        self._expected_s: float | None = None
        self._steady = 0  # frames that came when they were expected

    def jump_s(self, time_s: float | None, lasts_s: float, next_s: float | None) -> float:
        """Seconds that a steady clock leaves out before this frame; arguments as `Timeline.silence_s` has them."""
        late_s = None if time_s is None or self._expected_s is None else time_s - self._expected_s
        self._expected_s = None if time_s is None else time_s + lasts_s
        steady, self._steady = self._steady, self._steady + 1 if late_s is not None and abs(late_s) <= JITTER_S else 0
        if late_s is None or self._expected_s is None or next_s is None:
            return 0.0
        goes_on = abs(next_s - self._expected_s) <= JITTER_S
        least_s = max(SHORTEST_JUMP_S, lasts_s / 2)
        return late_s if steady >= STEADY_FRAMES and goes_on and late_s >= least_s else 0.0


class Timeline:
    """Where in time the next frame belongs, and how much silence is still believed."""

    def __init__(self, told: Told, starts_s: float | None, *, is_timed: bool = True) -> None:
        """starts_s : when the film begins, None if its first frame says so; is_timed : time stamps are believed"""
        self.told, self._is_timed = told, is_timed
        self.lead_s = 0.0  # silence before the first frame
        self.gaps_are_losses = False  # there are none in whole files of this kind
        self._end_s = starts_s  # by the time stamps
        self._stamp_s: float | None = None  # of the frame before
        self._steps = _Steps()
        self._is_first = True
        self._lost_at_s: float | None = None  # the time stamp of what could not be read before it
        self._pending_s = self._unstamped_s = 0.0  # that could not be read, and its place is not filled yet
        self._silent_s = self._sounding_s = 0.0

    @property
    def ends_in_damage(self) -> bool:
        return self._pending_s + self._unstamped_s > 0

    def lose(self, lost: Lost) -> None:
        """Silence takes its place as soon as something follows it."""
        if self._is_first and self._lost_at_s is None:
            self._lost_at_s = lost.time_s
        if lost.is_stamped:
            self._pending_s += lost.lasts_s
        else:
            self._unstamped_s += lost.lasts_s

    def silence_s(self, time_s: float | None, lasts_s: float, next_s: float | None = None) -> float:
        """Before a frame of that time stamp and length; next_s : the time stamp of the frame that follows, if known.

        Frames without a time stamp follow the one before. So does one whose time stamp comes again: some demuxers
        give all frames of a page the time of its last.
        """
        repeats = time_s is not None and (
            time_s == self._stamp_s or (next_s is not None and next_s - time_s < lasts_s / 2)
        )
        self._stamp_s = time_s
        if repeats or not self._is_timed:
            time_s = None
        lost_s, unstamped_s = self._pending_s, 0.0 if self._is_first else self._unstamped_s
        self._pending_s = self._unstamped_s = 0.0
        if self._is_first and time_s is not None and self._lost_at_s is not None:
            lost_s = max(lost_s, time_s - self._lost_at_s)
        jump_s = self._steps.jump_s(time_s, lasts_s, next_s)
        silence_s = self._believed(self._late_s(time_s, lasts_s, lost_s) + unstamped_s)
        lost_s += unstamped_s
        if self._is_first:
            self.lead_s, self._is_first = max(0.0, silence_s - lost_s), False
            if lost_s:
                self.told.lost(min(lost_s, silence_s))
        elif silence_s:
            (self.told.lost if lost_s or self.gaps_are_losses else self.told.gap)(silence_s)
        elif jump_s:
            self.told.jump(jump_s)
        self.told.at_s += silence_s + lasts_s
        self._sounding_s += lasts_s
        return silence_s

    def _late_s(self, time_s: float | None, lasts_s: float, lost_s: float) -> float:
        """By how much the frame comes after the end of the one before. Time stamps that come early are remembered:
        those that are early and late by turns are no gaps."""
        if time_s is None:
            late_s = lost_s
        elif self._end_s is None:
            late_s, self._end_s = lost_s, time_s
        else:
            late_s = time_s - self._end_s
            if late_s < -RESET_S or late_s > (JITTER_S if lost_s or self._is_first else SHORTEST_PAUSE_S):
                self._end_s = time_s
            else:
                self._end_s += min(DRIFT * lasts_s, max(-DRIFT * lasts_s, late_s))
                late_s = 0.0
        if self._end_s is not None:
            self._end_s += lasts_s
        return late_s if 0 < late_s < LONGEST_PAUSE_S else 0.0

    def _believed(self, silence_s: float) -> float:
        if silence_s and self._silent_s + silence_s >= max(MOST_SILENCE_S, self._sounding_s):
            self.told.say(f"A pause of {length(silence_s)} that the file tells of was left out.")
            return 0.0
        self._silent_s += silence_s
        return silence_s


def _followed(frames: Iterator[Any]) -> Iterator[tuple[Any, float | None]]:
    """Each frame (or `Lost`) with the time stamp of the frame behind it, None if that is not known."""
    this = next(frames, None)
    while this is not None:
        behind = next(frames, None)
        yield this, None if behind is None or isinstance(behind, Lost) else behind.time
        this = behind


def placed(frames: Iterator[Any], timeline: Timeline) -> Blocks:
    """Frames, and what was lost between them, as float32 (channels, n) in place. Rate and channels may change."""
    convert: Any = None
    form: tuple[object, ...] = ()
    forms = 0
    for frame, next_s in _followed(frames):
        if isinstance(frame, Lost):
            timeline.lose(frame)
            continue
        layout, kind = frame.layout, frame.format.name  # asked for once: PyAV makes them anew each time
        if is_listed(layout):  # it would be freed twice: see `opened`
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(layout))
            raise AudioError("The channels are in an order of their own.", suggestion="Convert it to WAV first.")
        rate, channels = int(frame.sample_rate), int(layout.nb_channels)
        if form != (rate, channels, layout.name, kind):
            forms += 1
            if forms > MOST_FORMS:
                raise AudioError("The recording changes its form again and again.", suggestion="Convert it to WAV.")
            form = (rate, channels, layout.name, kind)
            # Interleaved: of planar frames with 8 or more channels, PyAV reads planes that do not exist.
            convert = av.AudioResampler(format="flt")
        silence_s = timeline.silence_s(frame.time, frame.samples / rate, next_s)
        yield from _silence(round(silence_s * rate), rate, channels)
        if kind in FULL_SCALE and channels <= MOST_PLANES:
            yield Block(rate, _scaled(frame, kind, channels))
            continue
        for converted in convert.resample(frame):
            yield Block(rate, _contiguous(converted.to_ndarray().reshape(-1, channels).T))


def _scaled(frame: Any, kind: str, channels: int) -> Samples:
    """What FFmpeg's resampler makes of a frame, in less time."""
    x = frame.to_ndarray()
    x = _contiguous(x if kind.endswith("p") else x.reshape(-1, channels).T)
    if FULL_SCALE[kind] != 1:
        x *= np.float32(1 / FULL_SCALE[kind])
    return x


def _contiguous(x: Any) -> Samples:
    return np.ascontiguousarray(x, dtype=np.float32)


def _silence(samples: int, rate: int, channels: int) -> Blocks:
    for at in range(0, samples, rate):  # a second at a time, so that the limits are seen in between
        yield Block(rate, np.zeros((channels, min(rate, samples - at)), np.float32))
