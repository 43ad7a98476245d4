"""Everything else by FFmpeg's libraries (PyAV), in blocks: AAC, MP3, WMA, AMR, the sound track of a video."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, NoReturn

import av
import numpy as np
from av.error import FFmpegError

from pipeline.errors import AudioError

from .decoded import Block, Blocks, damaged
from .decoding.facts import facts
from .stored import Facts
from .watch import Watch, WatchedFile, too_much

# What FFmpeg reports is read from its exceptions; its log would go to stderr.
av.logging.set_level(None)

PROTECTED = {"enca", "drms", "drmi"}  # names of encrypted tracks; common encryption is told by its packets
# A step of the time stamps: shorter, it is jitter (WebM rounds to 1 ms, recorders read a clock); longer, damage.
SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 600.0
MOST_SILENCE_S = 60.0  # put between time stamps; more of it than of sound: they lie
BAD_PACKETS = 1000  # so many more bad ones than good ones are not the beginning of a recording
MOST_STEPS_BACK = 1000
MOST_READ = 2  # times the file's length; Matroska can pack what it holds
MIB = 2**20
MOST_STREAMS = 100  # a film has sound and subtitles in some twenty languages
LONGEST_PACKET_S = 1.0  # what a packet is believed to last where its codec does not say
INVENTED = {"wavesynth", "anull"}  # decoders of sound that is not in the file


def blocks(file: WatchedFile, demuxer: str, watch: Watch, after_s: float = 0.0) -> Blocks:
    """The (first, best) sound track in `file`, block by block; packets that are damaged are left out.

    Encoder delay is removed where the container states it. A gap between time stamps becomes silence, so that
    what follows stays in its place (damage; WebM recorders leave pauses out).
    after_s : what lies before is counted, not decoded

    Raises AudioError if there is no sound, if it is protected, or if most of it is damaged; and what `watch` raises.
    """
    try:
        # An open file, not a name, and a demuxer named beforehand: no address, no playlist, no other file.
        options = {"codec_whitelist": _sound_decoders(), "max_streams": str(MOST_STREAMS)}
        with av.open(file, format=demuxer, metadata_errors="replace", io_open=_refuse, options=options) as source:
            watch.check()
            stream = source.streams.best("audio")
            if stream is None:
                raise AudioError("The file holds no sound.", suggestion="Choose a recording with a sound track.")
            if stream.codec_context is None or _tag(stream) in PROTECTED:
                raise _protected()
            for other in source.streams:
                if other is not stream:
                    other.discard = av.stream.Discard.all
            stream.codec_context.thread_count = 1
            claimed_s = _claimed_s(source, stream)
            packets = _once(_packets(source, stream, watch), file.length)
            known: Facts | None = facts(source, stream)
            for block in _in_place(_frames(packets, stream, after_s)):
                yield block._replace(claimed_s=claimed_s, facts=known)
                known = None
    except MemoryError:
        raise too_much("memory", "FFmpeg") from None
    except (FFmpegError, OSError, ValueError, IndexError, ArithmeticError) as error:
        watch.check()
        reason = f"FFmpeg: {getattr(error, 'strerror', '') or type(error).__name__}"
        raise damaged(reason) from None


@cache
def _sound_decoders() -> str:
    """No other is opened: a cover would be decoded, even to find out what the file holds."""
    found = []
    for name in sorted(av.codecs_available - INVENTED):
        try:
            if av.codec.Codec(name, "r").type == "audio":
                found.append(name)
        except ValueError:  # an encoder
            continue
    return ",".join(found)


def _tag(stream: Any) -> str:
    """Four bytes, "" where they are no letters: PyAV would have them as a text."""
    try:
        return str(stream.codec_context.codec_tag)
    except UnicodeDecodeError:
        return ""


def _claimed_s(source: Any, stream: Any) -> float | None:
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    return None if source.duration is None else source.duration / av.time_base


def _protected() -> AudioError:
    return AudioError(
        "The sound is copy-protected or in a format that is not known.",
        suggestion="Export it as WAV, FLAC, MP3 or M4A and try again.",
    )


def _refuse(*_: object) -> NoReturn:
    raise PermissionError("a recording must not refer to other files")


def _packets(source: Any, stream: Any, watch: Watch) -> Iterator[Any]:
    """Ends where the file ends or breaks off."""
    packets = source.demux(stream)
    while True:
        try:
            packet = next(packets, None)
        except MemoryError:
            raise
        except FFmpegError:
            packet = None  # truncated: what came before counts
        watch.check()
        if packet is None:
            return
        if packet.has_sidedata("encryption_info"):
            raise _protected()
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


def _frames(packets: Iterator[Any], stream: Any, after_s: float) -> Iterator[Any]:
    """Decoded frames, of the packets after so many seconds."""
    good = bad = 0
    passed_s = 0.0
    for packet in packets:
        if passed_s < after_s:
            passed_s += _lasts_s(packet, stream)
            continue
        try:
            yield from packet.decode()
            good += 1
        except MemoryError:
            raise
        except FFmpegError:
            bad += 1
        if bad > 2 * good + BAD_PACKETS:
            break
    if bad > good:
        raise damaged(f"{bad} of {bad + good} packets cannot be decoded")


def _lasts_s(packet: Any, stream: Any) -> float:
    """Seconds of sound in a packet. Time stamps may say anything; most codecs have frames of one length."""
    if stream.codec_context.frame_size and stream.codec_context.sample_rate:
        return float(stream.codec_context.frame_size / stream.codec_context.sample_rate)
    stated = packet.duration * packet.time_base if packet.duration and packet.time_base else 0
    return min(float(stated), LONGEST_PACKET_S)


def _in_place(frames: Iterator[Any]) -> Blocks:
    """Frames as float32 (channels, n), with silence where the time stamps jump.

    Only the step from one frame to the next counts: over an hour, a recorder's clock drifts from its samples.
    """
    silent_s = sounding_s = 0.0
    convert: Any = None
    form: tuple[int, int] = (0, 0)
    end_s = None
    for frame in frames:
        rate, channels = int(frame.sample_rate), int(frame.layout.nb_channels)
        if convert is None:
            # Interleaved: of planar frames with 8 or more channels, PyAV reads planes that do not exist.
            convert, form = av.AudioResampler(format="flt"), (rate, channels)
        if (rate, channels) != form:
            raise AudioError(
                "The recording changes its sample rate or its channels on the way.",
                suggestion="Convert it to WAV and try again.",
            )
        if frame.time is not None:
            pause_s = frame.time - end_s if end_s is not None else 0.0
            believed = silent_s + pause_s < max(MOST_SILENCE_S, sounding_s)
            if SHORTEST_PAUSE_S < pause_s < LONGEST_PAUSE_S and believed:
                yield from _silence(round(pause_s * rate), rate, channels)
                silent_s += pause_s
            end_s = frame.time + frame.samples / rate
        sounding_s += frame.samples / rate
        for converted in convert.resample(frame):
            x = converted.to_ndarray().reshape(-1, channels)
            yield Block(rate, np.ascontiguousarray(x.T, dtype=np.float32))


def _silence(samples: int, rate: int, channels: int) -> Blocks:
    for at in range(0, samples, rate):  # a second at a time, so that the limits are seen in between
        yield Block(rate, np.zeros((channels, min(rate, samples - at)), np.float32))
