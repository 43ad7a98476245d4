"""From packets to frames of sound, and where something between them could not be read."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from typing import Any

from av.error import EOFError as EndOfFile
from av.error import FFmpegError

from ..watch import Watch, WatchedFile, too_much
from .holes import Holes, Lost, holds_no_sound, steady
from .opened import Opened, protected

BAD_PACKETS = 1000  # so many more bad ones than good ones are not the beginning of a recording
MOST_STEPS_BACK = 1000
MOST_READ = 2  # times the file's length; Matroska can pack what it holds
MOST_FAULTS = 100  # of the demuxer, one after the other
MIB = 2**20
LONGEST_PACKET_S = 1.0  # what a packet is believed to last where its codec does not say
# Streams of bare frames. Their time stamps are counted from the frames that were found, whatever lies between.
BARE = {"mp3", "aac", "ac3", "eac3", "dts"}
# What FFmpeg finds in any bytes, if it must. Its first frames tell whether it was right.
FOUND_ANYWHERE = BARE | {"mpeg", "gsm", "loas", "sbc", "truehd", "mlp", "dtshd", "g729", "codec2", "aptx", "lc3"}
LOOKED_AT, LEAST_GOOD = 8, 6


class Unreadable(Exception):  # noqa: N818  (a finding, which may or may not become a fault)
    """No sound came out of a file in this way."""


def frames(file: WatchedFile, found: Opened, watch: Watch, after_s: float) -> Iterator[Any]:
    """As `_frames`, without those that damage was taken for."""
    read = _frames(file, found, watch, after_s)
    return steady(read) if found.demuxer in BARE else read


def _frames(file: WatchedFile, found: Opened, watch: Watch, after_s: float) -> Iterator[Any]:
    """Decoded frames, and `Lost` between them, of the packets after so many seconds.

    Raises Unreadable if most of it is damaged, LimitError for packets that are read again and again, and AudioError
    for a protected one.
    """
    good = bad = 0
    passed_s = 0.0
    holes = Holes(file, found) if found.demuxer in BARE else None
    for packet in _once(_packets(found, watch), file.length):
        lasts_s = _lasts_s(packet, found.stream)
        if passed_s < after_s:
            passed_s += lasts_s
            continue
        if holes and (missing_s := holes.before(packet, lasts_s)):
            yield Lost(missing_s, is_stamped=False)
        try:
            yield from packet.decode()
            good += 1
            if holes:
                holes.good(packet)
        except EndOfFile:
            continue
        except FFmpegError as error:
            if isinstance(error, MemoryError):
                raise
            if holds_no_sound(packet):
                continue
            bad += 1
            yield Lost(holes.within(packet), is_stamped=False) if holes else Lost(lasts_s, time_s=_time_s(packet))
        if bad > 2 * good + BAD_PACKETS:
            break
    if bad > good:
        raise Unreadable(f"{bad} of {bad + good} packets cannot be decoded")


def convincing(frames: Iterator[Any]) -> Iterator[Any]:
    """The frames, if the first ones are sound. Raises Unreadable."""
    first = list(islice(frames, LOOKED_AT))
    good = sum(not isinstance(frame, Lost) for frame in first)
    if good < max(LEAST_GOOD, len(first) / 2):
        raise Unreadable("no frames follow one another")
    yield from chain(first, frames)


def _packets(found: Opened, watch: Watch) -> Iterator[Any]:
    """Of the sound; covers are put aside. Ends where the file ends or breaks off."""
    streams = (found.stream, *found.pictures.streams)
    packets, faults = found.source.demux(*streams), 0
    while faults < MOST_FAULTS:
        try:
            packet = next(packets, None)
        except MemoryError:
            raise
        except EndOfFile:
            packet = None
        except (FFmpegError, OSError, ValueError):  # damage, or the file breaks off: what came before counts
            watch.check()
            packets, faults = found.source.demux(*streams), faults + 1
            continue
        watch.check()
        if packet is None:
            return
        if packet.stream_index != found.stream.index:
            found.pictures.take(packet)
            continue
        if packet.has_sidedata("encryption_info"):
            raise protected()
        faults = 0
        yield packet


def _once(packets: Iterator[Any], length: int) -> Iterator[Any]:
    """The packets of a file of so many bytes, which is read once and forwards.

    Tables of samples and lists of edits can name the same bytes a million times. An edited film goes back now and then.
    """
    read = back = 0
    last = -1
    for packet in packets:
        read += packet.size
        back += packet.pos is not None and packet.pos < last
        last = packet.pos or last
        if back > MOST_STEPS_BACK or read > MOST_READ * length + MIB:
            raise too_much("time", "parts of it are to be read again and again")
        yield packet


def _time_s(packet: Any) -> float | None:
    return None if packet.pts is None or not packet.time_base else float(packet.pts * packet.time_base)


def _lasts_s(packet: Any, stream: Any) -> float:
    """Seconds of sound in a packet. Time stamps may say anything; most codecs have frames of one length."""
    if stream.codec_context.frame_size and stream.codec_context.sample_rate:
        return float(stream.codec_context.frame_size / stream.codec_context.sample_rate)
    stated = packet.duration * packet.time_base if packet.duration and packet.time_base else 0
    return min(float(stated), LONGEST_PACKET_S)
