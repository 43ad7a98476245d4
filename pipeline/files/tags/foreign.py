"""What FFmpeg's libraries tell of a file that they have opened: for containers that nobody here has a reader for.

It is asked where the file is decoded, in a process of its own for strangers' files. Matroska, ASF, AVI, CAF, FLV,
WavPack, APE, RealAudio and others. Nothing is decoded: a cover is copied as it lies in the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import av

from .metadata import MOST_COVER_BYTES, MOST_TAG_BYTES, Chapter, Cover, Metadata, cover, in_order, kept

_ATTACHED = 0x400  # AV_DISPOSITION_ATTACHED_PIC
_MOST_PICTURES = 4  # that are looked at
# FFmpeg's names, Matroska's, Microsoft's and those of older lists, where they are others than Vorbis' comments have.
_NAMES = {
    "ALBUM_ARTIST": "ALBUMARTIST", "ALBUM ARTIST": "ALBUMARTIST", "TRACK": "TRACKNUMBER", "PART_NUMBER": "TRACKNUMBER",
    "DISC": "DISCNUMBER", "PUBLISHER": "ORGANIZATION", "AUTHOR": "ARTIST", "YEAR": "DATE", "WM/YEAR": "DATE",
    "DATE_RELEASED": "DATE", "DATE_RECORDED": "DATE", "PRODUCT": "ALBUM",
}  # fmt: skip
_NAMES |= {
    f"COM.APPLE.QUICKTIME.{name}": name for name in ("TITLE", "ARTIST", "ALBUM", "COMMENT", "GENRE", "COPYRIGHT")
}
# Of the film, of its tracks and of the program that made it, not of what is heard.
_OF_THE_FILE = re.compile(
    r"CREATION_TIME|HANDLER_NAME|VENDOR_ID|TIMECODE|BPS(-.*)?|NUMBER_OF_.*|_STATISTICS.*|WM/.*|WMFSDK.*|ISVBR|DEVICE.*"
    r"|MEDIAFOUNDATION.*|ASF_.*|COM\..*|AUDIO.*|VIDEO.*|CANSEEK.*|HAS(AUDIO|VIDEO|METADATA|KEYFRAMES|CUEPOINTS)|LAST.*"
    r"|FILESIZE|DATASIZE|STEREO|WIDTH|HEIGHT|FRAMERATE|METADATA.*|MUXER|WRITING.*|PRODUCT_(VERSION|UID)|.*_UID"
)


class Pictures:
    """The covers of an open container: its packets are given to `take` as they come, before those of the sound."""

    def __init__(self, source: Any) -> None:
        attached = (stream for stream in source.streams.video if int(stream.disposition) & _ATTACHED)
        self.streams: list[Any] = list(attached)[:_MOST_PICTURES]
        self.found: Cover | None = None

    def take(self, packet: Any) -> None:
        """The front cover, or the first one."""
        # No more of this stream: some films say that they are covers.
        packet.stream.discard = av.stream.Discard.all
        if not packet.size or packet.size > MOST_COVER_BYTES:
            return
        said = packet.stream.metadata
        front = said.get("filename", "").startswith("cover.") or said.get("comment", "") == "Cover (front)"
        if front or self.found is None:
            self.found = cover(bytes(packet)) or self.found


def metadata(source: Any, stream: Any, picture: Cover | None, begins_s: float) -> Metadata:
    """What an open container says.

    stream : the sound that is read; Ogg has its comments there
    begins_s : the time stamp of the first sample
    """
    said = source.metadata | (stream.metadata if source.format.name == "ogg" else {})
    return Metadata(kept(_named(said)), picture, in_order(_chapters(source, begins_s)))


def _named(said: dict[str, str]) -> Iterator[tuple[str, str]]:
    """By our names; one that is another's only where that is missing."""
    texts = {_text(name).strip().upper(): _text(value) for name, value in said.items()}
    for name, value in texts.items():
        instead = _NAMES.get(name)
        if instead is None and not _OF_THE_FILE.fullmatch(name):
            yield name, value
        elif instead is not None and instead not in texts:
            yield instead, value


def _chapters(source: Any, begins_s: float) -> Iterator[Chapter]:
    for one in source.chapters():
        start_s, end_s = (float(one[name] * one["time_base"]) - begins_s for name in ("start", "end"))
        if end_s > 0:
            yield Chapter(max(0.0, start_s), end_s, _text(one["metadata"].get("title", "")))


def _text(said: str) -> str:
    """Bytes that are no UTF-8 come as surrogates: they are what Windows has written, or cannot be read."""
    if len(said) > MOST_TAG_BYTES:
        return ""
    data = said.encode("utf-8", "surrogateescape")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")
