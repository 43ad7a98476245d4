"""What a file says of its recording, whatever kind of file it is.

Tags have the names of Vorbis comments, in capitals. What was true of the old file alone is left out: its encoder, its
loudness, its length.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import NamedTuple

MOST_TAG_BYTES = 1 << 20  # all of them together
MOST_COVER_BYTES = 10 << 20
MOST_TAGS, MOST_CHAPTERS = 1000, 1000
_LATEST_S = 1e8  # three years
MOST_READ = MOST_TAG_BYTES + 2 * MOST_COVER_BYTES  # of one tag, which may hold other pictures than the cover

_NAME = re.compile(r"[ -<>-~]{1,100}")
_UNTRUE = re.compile(
    r"ENCODER.*|ENCODED.?BY|ENCODING.*|SOFTWARE|ISFT|TSSE|TENC|TLEN|LENGTH|DURATION|TFLT|TSIZ|VENDOR|REPLAYGAIN.*|"
    r"R128_.*|MP3GAIN.*|ITUNNORM|ITUNSMPB|ITUNPGAP|LOUDNESS.*|MAX_TRUE_PEAK.*|MAX_MOMENTARY.*|MAX_SHORT.*|PEAK|MD5|"
    r"MAJOR_BRAND|MINOR_VERSION|COMPATIBLE_BRANDS|WAVEFORMATEXTENSIBLE_CHANNEL_MASK|METADATA_BLOCK_PICTURE|COVERART.*|"
    r"CHAPTER\d{3}.*|TBPM_ANALYSIS"
)
_PICTURES = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"))


class Chapter(NamedTuple):
    """end_s : None = until the next one begins"""

    start_s: float
    end_s: float | None
    title: str


class Cover(NamedTuple):
    """A picture as it lies in the file. Nobody here looks into it."""

    mime: str
    data: bytes


@dataclass(frozen=True)
class Metadata:
    """tags : (name, value), a name may come more than once
    chunks : of a WAV: name → content, kept as they are
    mask : which loudspeakers the channels are for (dwChannelMask), 0 = not said
    """

    tags: tuple[tuple[str, str], ...] = ()
    cover: Cover | None = None
    chapters: tuple[Chapter, ...] = ()
    chunks: dict[bytes, bytes] = field(default_factory=dict)
    mask: int = 0

    def __bool__(self) -> bool:
        return bool(self.tags or self.cover or self.chapters or self.chunks)

    def first(self, name: str) -> str:
        """The first value under that name, "" if there is none."""
        return next((value for found, value in self.tags if found == name), "")

    def completed(self, other: Metadata) -> Metadata:
        """With the other's tags, cover or chapters where these have none at all of the kind."""
        return replace(
            self,
            tags=self.tags or other.tags,
            cover=self.cover or other.cover,
            chapters=self.chapters or other.chapters,
        )

    def over(self, other: Metadata) -> Metadata:
        """These, and what only the other one has."""
        mine = {name for name, _ in self.tags}
        return replace(
            self,
            tags=kept((*self.tags, *(tag for tag in other.tags if tag[0] not in mine))),
            cover=self.cover or other.cover,
            chapters=self.chapters or other.chapters,
            chunks={**other.chunks, **self.chunks},
        )


NOTHING = Metadata()


def kept(tags: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Those that are still true and not too large, each once."""
    found: dict[tuple[str, str], None] = {}
    size = 0
    for name, value in tags:
        tag = name.strip().upper(), value.replace("\0", "").strip()
        size += len(tag[0]) + len(tag[1].encode("utf-8", "replace"))
        if size > MOST_TAG_BYTES or len(found) >= MOST_TAGS:
            break
        if tag[1] and _NAME.fullmatch(tag[0]) and not _UNTRUE.fullmatch(tag[0]):
            found[tag] = None
    return tuple(found)


def cover(data: bytes) -> Cover | None:
    """A picture of a kind that every format holds, and not too large."""
    if len(data) > MOST_COVER_BYTES:
        return None
    return next((Cover(mime, data) for magic, mime in _PICTURES if data.startswith(magic)), None)


def in_order(chapters: Iterable[Chapter]) -> tuple[Chapter, ...]:
    """Sorted by time, not too many, with titles that are one short line."""
    named = (
        Chapter(
            chapter.start_s,
            chapter.end_s if chapter.end_s is not None and chapter.start_s <= chapter.end_s <= _LATEST_S else None,
            "".join(x for x in chapter.title[:2000] if x.isprintable())[:500],
        )
        for chapter in chapters
        if 0 <= chapter.start_s <= _LATEST_S
    )
    return tuple(sorted(named, key=lambda chapter: (chapter.start_s, chapter.title))[:MOST_CHAPTERS])


def is_number(text: str, bits: int) -> bool:
    """Whether it fits so many bits. Python refuses to read digits without end."""
    return text.isascii() and text.isdecimal() and len(text) <= 20 and int(text) < 2**bits


def ends(chapters: tuple[Chapter, ...], duration_s: float) -> list[float]:
    """Where each chapter ends; none where there are none."""
    nexts = [*(c.start_s for c in chapters), duration_s][1:]
    return [c.end_s if c.end_s is not None else max(c.start_s, n) for c, n in zip(chapters, nexts, strict=True)]
