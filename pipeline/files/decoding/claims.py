"""How long a file says that it lasts, and what follows when it is read to its end."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import Any

import av

from ..watch import WatchedFile
from .opened import Opened
from .told import Told, length

# Whose headers count samples. Of others FFmpeg guesses from the bit rate, or asks the last page of what is there.
_COUNTED = {"wav", "w64", "aiff", "caf", "flac", "mov", "matroska", "wv", "tta", "ape", "mpc8", "nistsphere"}
_ASF_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
_LEAST_S, _SHARE = 0.1, 0.002  # by which a claim is wrong
_CLOCK = re.compile(r"(\d+):(\d\d):(\d\d(?:\.\d+)?)")


def claimed_s(found: Opened) -> float | None:
    """A guess, for who plans work."""
    source, stream = found.source, found.stream
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    return None if source.duration is None else float(source.duration / av.time_base)


def promised_s(found: Opened, file: WatchedFile) -> float | None:
    """What the header promises of this track; None if it does not, or nobody knows whether it does."""
    source, stream = found.source, found.stream
    kind = found.demuxer.split(",")[0]
    if kind == "mp3":
        return _counted_s(stream.codec_context, file.peek(4096, 0))
    if kind == "asf":
        return _asf_s(file.peek(1 << 16, 0))
    if kind not in _COUNTED:
        return None
    if kind == "matroska":  # the longest track's; this one's is a tag
        if clock := _CLOCK.match(stream.metadata.get("DURATION", "")):
            return int(clock[1]) * 3600 + int(clock[2]) * 60 + float(clock[3])
        return claimed_s(found) if len(source.streams) == 1 else None
    return claimed_s(found)


def _counted_s(context: Any, head: bytes) -> float | None:
    """Of an MP3 whose first frame counts the others (Xing's header: name, flags, frames)."""
    counted = re.search(rb"(?:Xing|Info)\x00\x00\x00[\x01\x03\x05\x07\x09\x0b\x0d\x0f](....)", head, re.DOTALL)
    if counted is None or not context.frame_size or not context.sample_rate:
        return None
    return float(int.from_bytes(counted[1]) * context.frame_size / context.sample_rate)


def _asf_s(head: bytes) -> float | None:
    """Of the File Properties Object (ASF specification §3.2); FFmpeg drops it for a file that was cut."""
    at = head.find(_ASF_PROPERTIES)
    if at < 0 or len(head) < at + 92 or head[at + 88] & 1:  # not written yet
        return None
    plays, preroll = struct.unpack_from("<Q8xQ", head, at + 64)
    return plays / 1e7 - preroll / 1e3 if plays / 1e7 > preroll / 1e3 else None


@dataclass(frozen=True)
class End:
    """What is said when all of a file was read. is_damaged : its end could not be"""

    found: Opened
    is_damaged: bool

    def tell(self, told: Told, lasted_s: float, promised: float | None, *, is_exact: bool = False) -> None:
        """is_exact : the promise is certainly what the header says"""
        most = max(_LEAST_S, _SHARE * lasted_s)
        if promised is not None and promised - lasted_s > most:
            told.say(f"The file ends early: of the {length(promised)} that it promises, {length(lasted_s)} are there.")
        elif promised and lasted_s - promised > most and (is_exact or self._counts_exactly):
            told.say(f"The header promises {length(lasted_s - promised)} less than there is; all of it was read.")
        elif self.is_damaged and promised is None:
            told.say("The end of the file could not be read: it is cut off, or something else follows the sound.")

    @property
    def _counts_exactly(self) -> bool:
        """Of rare codecs in old containers FFmpeg reads the length wrong."""
        codec, kind = self.found.stream.codec_context.name, self.found.demuxer
        return codec.startswith("pcm_") or kind in ("mp3", "flac", "wv", "tta", "ape")
