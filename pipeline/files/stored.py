"""What a recording is as it lies in its file: for who writes another like it, and for who chooses among its tracks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MOST_TRACKS, MOST_TEXT = 100, 100  # a film has sound in some twenty languages


@dataclass(frozen=True)
class Stored:
    """How the samples are stored.

    container, codec : FFmpeg's names: "wav", "mov" (m4a and mp4, too), "matroska" (webm, too); "pcm_s24le", "aac"
    bits : of a sample, 8 to 64; None where the codec keeps no samples (it is lossy)
    is_float : the samples are floats: full scale is no limit for them
    is_lossy : they are not the ones that were encoded
    layout : of the channels, FFmpeg's name: "stereo", "5.1(side)"; "6 channels" where only their number is known
    mask : the same as bits, as in WAVE_FORMAT_EXTENSIBLE's dwChannelMask; 0 where it is not stated
    """

    container: str
    codec: str
    bits: int | None
    is_float: bool
    is_lossy: bool
    layout: str
    mask: int


@dataclass(frozen=True)
class Track:
    """A sound track.

    number : from 1, in the file's order; `Recording` takes it as `track`
    language : as the file says it ("ger"), "" if it does not
    is_default : the file says that players are to take it
    """

    number: int
    language: str
    title: str
    codec: str
    channels: int
    is_default: bool

    def __str__(self) -> str:
        named = ", ".join(text for text in (self.title, self.language) if text)
        form = {1: "mono", 2: "stereo"}.get(self.channels, f"{self.channels} channels")
        return f"{self.number} ({named + ', ' if named else ''}{self.codec}, {form})"


@dataclass(frozen=True)
class Facts:
    """What is known of a file once it is open. track : the number of the one that is read; has_video : there are
    pictures beside it that move."""

    stored: Stored
    tracks: tuple[Track, ...]
    track: int
    has_video: bool = False

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Facts:
        """From `asdict`'s answer, which may have been made by anybody. Raises ValueError, KeyError or TypeError."""
        tracks = tuple(Track(**_plain(track, Track)) for track in given["tracks"][:MOST_TRACKS])
        return cls(Stored(**_plain(given["stored"], Stored)), tracks, int(given["track"]), given["has_video"] is True)


_KINDS: dict[str, tuple[type, ...]] = {
    "str": (str,), "int": (int,), "bool": (bool,), "int | None": (int, type(None)),
}  # fmt: skip


def _plain(given: Mapping[str, Any], kind: type) -> dict[str, Any]:
    """The fields of `kind`, each of its type, texts short and printable."""
    found: dict[str, Any] = {}
    for name, annotation in kind.__annotations__.items():
        value = given[name]
        if not isinstance(value, _KINDS[annotation]):
            raise TypeError(name)
        found[name] = printable(value) if isinstance(value, str) else value
    return found


def printable(text: str, length: int = MOST_TEXT) -> str:
    """A text of a file, for people: one line of at most so many characters."""
    return "".join(c if c.isprintable() else " " for c in text[:length]).strip()
