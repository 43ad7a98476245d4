"""A file, opened by FFmpeg's libraries, and the sound track that is to be read; nothing else of it is opened."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, NamedTuple, NoReturn

import av

from pipeline.errors import AudioError

from ..tags.foreign import Pictures
from ..watch import Watch, WatchedFile
from .demuxers import ALLOWED

# What FFmpeg reports is read from its exceptions; its log would go to stderr.
av.logging.set_level(None)

PROTECTED = {"enca", "drms", "drmi"}  # names of encrypted tracks; common encryption is told by its packets
MOST_STREAMS = 100  # a film has sound and subtitles in some twenty languages
INVENTED = {"wavesynth", "anull"}  # decoders of sound that is not in the file
# A FLAC frame with a wrong checksum is noise at full level.
_STRICT = {"flac": {"err_detect": "crccheck+explode"}}


class Opened(NamedTuple):
    """An open container and its sound track, as PyAV has them; and its covers."""

    source: Any
    stream: Any
    pictures: Pictures

    @property
    def demuxer(self) -> str:
        return str(self.source.format.name)


@contextmanager
def opened(file: WatchedFile, demuxer: str, watch: Watch, track: int | None = None) -> Iterator[Opened]:
    """demuxer : its name, "" to have FFmpeg look among those that are allowed; track : from 1, default the usual one.

    Raises AudioError if there is no sound or it is protected, and what PyAV raises.
    """
    # An open file, not a name, and demuxers named beforehand: no address, no playlist, no other file.
    with container(file, demuxer) as source:
        watch.check()
        for one in source.streams.audio:
            _plain_layout(one.codec_context)
        stream = source.streams.best("audio") or next(iter(source.streams.audio), None)
        if track is not None and 0 < track <= len(source.streams.audio):
            stream = source.streams.audio[track - 1]
        if stream is None:
            raise AudioError("The file holds no sound.", suggestion="Choose a recording with a sound track.")
        if stream.codec_context is None or _tag(stream) in PROTECTED:
            raise protected()
        pictures = Pictures(source)
        for other in source.streams:
            if other is not stream and other not in pictures.streams:
                other.discard = av.stream.Discard.all
        stream.codec_context.thread_count = 1
        stream.codec_context.options = _STRICT.get(stream.codec_context.name, {})
        yield Opened(source, stream, pictures)


def container(file: Any, demuxer: str) -> Any:
    """The file, opened by a demuxer that is allowed. Raises what PyAV raises."""
    options = {
        "codec_whitelist": _sound_decoders(), "max_streams": str(MOST_STREAMS),
        "format_whitelist": ",".join(sorted(ALLOWED)), "protocol_whitelist": "none",
    }  # fmt: skip
    kept = "surrogateescape"  # what is no UTF-8
    return av.open(file, format=demuxer or None, metadata_errors=kept, io_open=_refuse, options=options)


def is_listed(layout: Any) -> bool:
    """Whether its channels are listed one by one, in an order of their own: "3 channels (FC+FL+FR)"."""
    return " channels (" in layout.name


def _plain_layout(context: Any) -> None:
    """PyAV copies such a list without its memory, and frees it with every copy (18.1, `AudioLayout.__dealloc__`).

    So it is read once, and replaced before it is freed.
    """
    if context is not None and is_listed(layout := context.layout):
        context.layout = f"{layout.nb_channels} channels"


def protected() -> AudioError:
    return AudioError(
        "The sound is copy-protected or in a format that is not known.",
        suggestion="Export it as WAV, FLAC, MP3 or M4A and try again.",
    )


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


def _refuse(*_: object) -> NoReturn:
    raise PermissionError("a recording must not refer to other files")
