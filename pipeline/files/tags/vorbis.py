"""Vorbis comments, of FLAC and Ogg, and FLAC's form of a picture.

References
1. Xiph.Org, "Ogg Vorbis I format specification: comment field and header specification"; "Chapter Extension".
2. RFC 9639, "Free Lossless Audio Codec (FLAC)", sections 8.6 and 8.8.
"""

from __future__ import annotations

import base64
import binascii
import re
import struct

from .metadata import MOST_READ, MOST_TAGS, Chapter, Cover, Metadata, cover, in_order, kept

_TIME = re.compile(r"(\d{1,4}):(\d\d):(\d\d(?:\.\d{1,9})?)")
_ALSO = {"ALBUM ARTIST": "ALBUMARTIST", "YEAR": "DATE", "TRACK": "TRACKNUMBER", "DISC": "DISCNUMBER"}


def parsed(data: bytes) -> Metadata:
    """What a block of comments says (without framing)."""
    tags, pictures = [], []
    for comment in _comments(data):
        name, equals, value = comment.decode("utf-8", "replace").partition("=")
        if name.upper() == "METADATA_BLOCK_PICTURE" and len(value) < MOST_READ:
            pictures.append(value)
        elif equals:
            tags.append((_ALSO.get(name.upper(), name), value))
    names = {name.upper() for name, _ in tags}
    if not names & {"COMMENT", "TIME_REFERENCE"}:  # FFmpeg calls a comment so
        tags = [("COMMENT" if name.upper() == "DESCRIPTION" else name, value) for name, value in tags]
    found = None
    for text in pictures[:10]:
        try:
            found = found or parsed_picture(base64.b64decode(text, validate=True))
        except binascii.Error:
            continue
    return Metadata(kept(tags), found, _chapters({name.upper(): value for name, value in tags}))


def vendor(data: bytes) -> bytes:
    """Who encoded the file that the comments are of."""
    size = int.from_bytes(data[:4], "little")
    return data[4 : 4 + size]


def built(metadata: Metadata, by: bytes, *, picture: bool) -> bytes:
    """A block of comments. picture : the cover is one of them, as Ogg has it."""
    tags = list(metadata.tags)
    for k, chapter in enumerate(metadata.chapters):
        minutes, seconds = divmod(chapter.start_s, 60)
        hours, minutes = divmod(int(minutes), 60)
        tags.append((f"CHAPTER{k + 1:03d}", f"{hours:02d}:{minutes:02d}:{seconds:06.3f}"))
        tags.append((f"CHAPTER{k + 1:03d}NAME", chapter.title))
    if metadata.cover is not None and picture:
        tags.append(("METADATA_BLOCK_PICTURE", base64.b64encode(built_picture(metadata.cover)).decode()))
    comments = [f"{name}={value}".encode("utf-8", "replace") for name, value in tags]
    counted = b"".join(struct.pack("<I", len(comment)) + comment for comment in comments)
    return struct.pack("<I", len(by)) + by + struct.pack("<I", len(comments)) + counted


def parsed_picture(block: bytes) -> Cover | None:
    """The picture in FLAC's block of one."""
    at = 4
    for _ in range(2):  # type, description
        at += 4 + int.from_bytes(block[at : at + 4], "big")
    at += 16
    size = int.from_bytes(block[at : at + 4], "big")
    return cover(block[at + 4 : at + 4 + size])


def built_picture(found: Cover) -> bytes:
    """FLAC's block of a front cover. Its width and height are not said: nobody looks into it."""
    mime = found.mime.encode()
    head = struct.pack(">II", 3, len(mime)) + mime + struct.pack(">IIIIII", 0, 0, 0, 0, 0, len(found.data))
    return head + found.data


def _comments(data: bytes) -> list[bytes]:
    at = 4 + int.from_bytes(data[:4], "little")
    count = int.from_bytes(data[at : at + 4], "little")
    at += 4
    found = []
    for _ in range(min(count, MOST_TAGS)):
        size = int.from_bytes(data[at : at + 4], "little")
        if at + 4 + size > len(data):
            break
        found.append(data[at + 4 : at + 4 + size])
        at += 4 + size
    return found


def _chapters(tags: dict[str, str]) -> tuple[Chapter, ...]:
    found = []
    for name, value in tags.items():
        time = _TIME.fullmatch(value.strip())
        if re.fullmatch(r"CHAPTER\d{3}", name) and time:
            start_s = 3600 * int(time[1]) + 60 * int(time[2]) + float(time[3])
            found.append(Chapter(start_s, None, tags.get(f"{name}NAME", "")))
    return in_order(found)
