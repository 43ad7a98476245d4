"""File in, samples out, all at once or block by block: every usual format, every fault in one clear sentence."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import BinaryIO

import numpy as np

from pipeline.audio import Audio, Samples
from pipeline.errors import AudioError, LimitError, SettingsError
from pipeline.memory import MIB, check_free

from . import decoders
from .decoded import Blocks, damaged
from .isolated import client
from .limits import Limits
from .mending.finite import finite
from .mending.unified import unified
from .sources import PathLike, Source, opened
from .stored import Facts
from .tags.metadata import NOTHING
from .watch import Watch

STEP_BYTES = 32 * MIB  # of samples, for which memory is asked as they come


class Recording:
    """A file to be decoded block by block, as often as its blocks are asked for.

    given : a regular file of any format with sound that FFmpeg's libraries read, or a video; or a file object, open for
        reading bytes (one that is no plain file is copied at once to a temporary file)
    limits : default: `Limits.from_environment()`. They are watched while decoding; what a header claims is
        not believed.
    cancelled : asked from the first byte on, by `blocks` as well; raises Cancelled when it answers True
    track : which sound track, from 1; default (None, 0): the one that the file says players are to take
    stretch : (start, length) in seconds: only this part is decoded, from the packet on that holds its start
    temporary : folder for that temporary file; default: the system's

    stored : what the samples are in the file; tracks : its sound tracks, track : the number of the one that is read
    has_video : there are pictures in the file that move
    about : tags, cover and chapters, as far as FFmpeg knows them; `tags.read` knows more of some formats
    claimed_s : how long the file says that it lasts, None if it does not say: a guess, for who plans work
    remarks : what could not be read, was mended, or contradicts the header, in sentences; complete once `blocks` was
        read to its end

    Raises AudioError (missing, not audio, damaged, protected), LimitError (too large, too long by its own account,
    a strange rate or channel count, more work than sound) and SettingsError (no such track) when it is made; `blocks`
    raises them as well, for what shows later: too long, too short, not numbers.
    """

    def __init__(
        self,
        given: PathLike | BinaryIO,
        limits: Limits | None = None,
        cancelled: Callable[[], bool] | None = None,
        *,
        track: int | None = None,
        stretch: tuple[float, float] | None = None,
        temporary: PathLike | None = None,
    ) -> None:
        self._limits, self._cancelled, self._track = limits or Limits.from_environment(), cancelled, track or None
        self._source = Source(given, self._limits, temporary)
        self.remarks: tuple[str, ...] = ()
        with closing(self._decoded()) as decoded:
            first = next(decoded, None)
        if first is None or first.facts is None or not first.samples.size:
            raise damaged("not one sample")
        self.stored, self.tracks, self.track = first.facts.stored, first.facts.tracks, first.facts.track
        self.has_video = first.facts.has_video
        self.about = first.about or NOTHING
        _check_track(self._track, first.facts)
        self.sample_rate, self.channels, self.claimed_s = first.sample_rate, len(first.samples), first.claimed_s
        self._start_s, self._most_samples = 0.0, math.inf
        if stretch is not None:
            self._start_s, self._most_samples = stretch[0], round(stretch[1] * self.sample_rate)
            self.claimed_s = stretch[1]
        # The gate's answer to a strange rate or channel count, before all of the file is decoded.
        Audio(np.zeros((self.channels, 1024), np.float32), self.sample_rate)
        self._check_claim()

    def blocks(self) -> Iterator[Samples]:
        """All samples, as float32 (channels, n) blocks at the file's own rate; nothing is mixed down.

        Of a truncated file, what can be decoded is returned. Of joined files, all parts in the form of the first.
        """
        samples, remarks = 0, list[str]()
        with closing(finite(unified(self._decoded(self._start_s)))) as decoded:
            for block in decoded:
                remarks += block.remarks
                wanted = block.samples[:, : int(min(self._most_samples - samples, block.samples.shape[1]))]
                samples += wanted.shape[1]
                self._limits.check_longest(samples, self.sample_rate, self.channels)
                if wanted.size:
                    yield wanted
                if samples >= self._most_samples:
                    break
        self._limits.check_shortest(samples, self.sample_rate)
        self.remarks = tuple(remarks)

    def _check_claim(self) -> None:
        """Raises LimitError, before hours are decoded, for a recording that says that it is too long, and is."""
        longest_s = self._limits.longest_s(self.sample_rate, self.channels)
        if self.claimed_s is not None and self.claimed_s <= longest_s:
            return
        try:
            with closing(self._decoded(longest_s)) as rest:
                is_longer = any(block.samples.size for block in rest)
        except LimitError:
            raise
        except AudioError:  # it breaks off before
            return
        if is_longer:
            self._limits.check_longest(math.inf, self.sample_rate, self.channels)

    def _decoded(self, after_s: float = 0.0) -> Blocks:
        with self._source.opened() as file:
            size = os.fstat(file.fileno()).st_size
            if size == 0:
                raise AudioError("The file is empty.", suggestion="Record again, or choose another file.")
            self._limits.check_file(size)
            decoders.check(file)
            if self._limits.isolated:
                yield from client.blocks(file, self._cancelled, after_s, self._track)
            else:
                yield from decoders.blocks(file, Watch(self._cancelled), after_s, self._track)


def load(given: PathLike | BinaryIO, *, limits: Limits | None = None, track: int | None = None) -> Audio:
    """Decode a whole recording, whatever its name says; memory stays below twice `limits.max_decoded_bytes`.

    given, limits, track : as `Recording` takes them

    Returns samples float32 (channels, n). Raises AudioError, LimitError and SettingsError as `Recording` does, and
    NoMemoryError where the memory ends before the recording does.
    """
    recording = Recording(given, limits, track=track)
    samples, asked = 0, 0
    rows = [bytearray() for _ in range(recording.channels)]  # growing them moves pages instead of copying samples
    for block in recording.blocks():
        samples += block.shape[1]
        if 4 * samples * len(rows) > asked:
            asked += STEP_BYTES
            check_free(2 * STEP_BYTES)  # the next step, and the last copy of a channel
        for row, channel in zip(rows, block, strict=True):
            row.extend(np.ascontiguousarray(channel).data.cast("B"))
    return Audio(_joined(rows, samples), recording.sample_rate)


def is_audio(path: PathLike) -> bool:
    """Whether the file begins like a recording, which may be damaged, or has sound in its first block."""
    try:
        with opened(path) as file:
            if decoders.begins_like_one(file):
                return True
            with closing(decoders.blocks(file, Watch())) as blocks:
                return next(blocks, None) is not None
    except AudioError:
        return False


def _check_track(wanted: int | None, facts: Facts) -> None:
    if wanted in (None, facts.track):
        return
    tracks = "; ".join(str(track) for track in facts.tracks)
    some = "1 sound track" if len(facts.tracks) == 1 else f"{len(facts.tracks)} sound tracks"
    raise SettingsError(f"There is no sound track {wanted!r:.20}.", suggestion=f"The file has {some}: {tracks}.")


def _joined(rows: list[bytearray], samples: int) -> Samples:
    if len(rows) == 1:
        return np.frombuffer(rows[0], np.float32)[np.newaxis]
    x = np.empty((len(rows), samples), np.float32)
    for channel in x:
        channel[:] = np.frombuffer(rows.pop(0), np.float32)  # freed one by one: never two whole copies
    return x
