"""Bytes between bare frames that are none: how many frames they would have been.

FFmpeg skips them without a word, and counts its time stamps as if nothing had been there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from ..watch import WatchedFile
from .opened import Opened

LOOKED_THROUGH = 1 << 20  # bytes, for the next frame
TAGS = (b"ID3", b"TAG", b"APETAGEX")
LEAST_NEW = 4  # frames of another form, one behind the other: fewer are damage that looks like a head
_SHARE = 16  # how slowly the mean size of a frame follows
_ADTS_HEAD = 7


class Lost(NamedTuple):
    """Sound that could not be read.

    is_stamped : the time stamps of what follows count it, if there are any
    time_s : its own time stamp, if it has one; how long a packet lasts is not always known
    """

    lasts_s: float
    is_stamped: bool = True
    time_s: float | None = None


class Holes:
    """Told of the packets in their order. file : of bare frames"""

    def __init__(self, file: WatchedFile, found: Opened) -> None:
        self._file, self._is_adts = file, found.demuxer == "aac"
        self._mean_bytes = 0.0
        self._end: int | None = None
        self._frame_s = 0.0  # what a frame lasts; damage may look like one of another length
        self._same, self._last_s = 0, 0.0
        self._shift = 0  # bytes that FFmpeg skipped and does not count in a packet's place

    def before(self, packet: Any, lasts_s: float) -> float:
        """Seconds that are missing between the packet before and this one, which would last so long."""
        if packet.pos is None or not packet.size:
            return 0.0
        self._same = self._same + 1 if lasts_s == self._last_s else 0
        self._last_s = lasts_s
        if self._same >= LEAST_NEW or not self._frame_s:
            self._frame_s = lasts_s
        hole = packet.pos - self._end if self._end is not None else 0
        count = round(hole / self._mean_bytes) if self._mean_bytes else 0
        if count > 0 and self._file.peek(16, packet.pos + self._shift - hole).startswith(TAGS):
            count = 0
        self._end = packet.pos + packet.size
        return max(0, count) * self._frame_s

    def good(self, packet: Any) -> None:
        """It was decoded."""
        if packet.size:
            self._mean_bytes += (packet.size - self._mean_bytes) / (_SHARE if self._mean_bytes else 1)

    def within(self, packet: Any) -> float:
        """Seconds that a packet which cannot be decoded has cost, with what FFmpeg skips behind it."""
        if not self._mean_bytes:
            return self._frame_s
        skipped = 0
        if self._is_adts and packet.pos is not None:
            skipped = _to_next_adts(self._file, packet.pos + self._shift + packet.size)
            self._shift += skipped
        return max(1, round(int(packet.size + skipped) / self._mean_bytes)) * self._frame_s


def steady(frames: Iterator[Any]) -> Iterator[Any]:
    """Frames, and `Lost` for those whose rate or channels are like none around them."""
    form: tuple[int, int] | None = None
    kept: list[Any] = []
    frame_s = 0.0
    for frame in frames:
        now = None if isinstance(frame, Lost) else (int(frame.sample_rate), int(frame.layout.nb_channels))
        if kept and now != (int(kept[-1].sample_rate), int(kept[-1].layout.nb_channels)):
            yield from [Lost(frame_s, is_stamped=False)] * len(kept)
            kept = []
        if now is None:
            yield frame
        elif now == form:
            frame_s = frame.samples / frame.sample_rate
            yield frame
        else:
            kept.append(frame)
            if len(kept) >= LEAST_NEW:
                form = now
                yield from kept
                kept = []
    if form is None:
        yield from kept


def holds_no_sound(packet: Any) -> bool:
    """A tag, or the first frame of an MP3, which counts the others; joined files have them for each part."""
    head = bytes(memoryview(packet)[:64])
    return head.startswith(TAGS) or any(name in head for name in (b"Xing", b"Info", b"VBRI"))


def _to_next_adts(file: WatchedFile, at: int) -> int:
    """Bytes from `at` to two frames, one behind the other; 0 if there are none (ISO/IEC 13818-7 §6.2)."""
    data, place = file.peek(LOOKED_THROUGH, at), -1
    while (place := data.find(b"\xff", place + 1)) >= 0:
        length = _adts_bytes(data, place)
        if length and _adts_bytes(data, place + length):
            return place
    return 0


def _adts_bytes(data: bytes, at: int) -> int:
    """How long the frame is that begins there, 0 if none does."""
    head = data[at : at + _ADTS_HEAD]
    if len(head) < _ADTS_HEAD or head[0] != 0xFF or head[1] & 0xF6 != 0xF0 or (head[2] >> 2 & 0xF) > 12:
        return 0
    length = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
    return length if length > _ADTS_HEAD else 0
