"""What is wanted, and what comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import SettingsError
from pipeline.files.formats import OUTPUT_NAMES, Encoding
from pipeline.parameter import shown
from pipeline.presets import PRESETS
from pipeline.settings import Settings
from service.line.admission import Visit
from service.site import Site
from service.storage import refused_path

if TYPE_CHECKING:
    from pipeline import Report
    from service.media.copies import Media


@dataclass(frozen=True)
class Order:
    """What is wanted: the file, the settings, the format of the result and how it is encoded; who wants it; which sound
    track of the file is meant, None for the usual one; and which part of it, (start, length) in seconds, None for all.

    listens : the result is to be listened to in the page's player
    name : what the recording is called where it was given, None: as it is stored
    as_video : it is of no use without the video that the recording is part of
    """

    source: Path
    settings: Settings
    output_format: str = "wav"
    encoding: Encoding = field(default_factory=Encoding)
    visit: Visit = field(default_factory=Visit)
    track: int | None = None
    stretch: tuple[float, float] | None = None
    listens: bool = False
    name: str | None = None
    as_video: bool = False

    def __post_init__(self) -> None:
        if self.output_format not in OUTPUT_NAMES:
            raise SettingsError(
                f"The output format {shown(self.output_format)} is not known.",
                suggestion=f"Use one of {', '.join(OUTPUT_NAMES)}.",
            )


# What programs may say beside settings and encoding, on or off.
EXTRAS = ("removed", "as_video", "preview")
PREVIEW_S = 10.0


def as_told(order: Order, extras: Mapping[str, bool]) -> Order:
    """The order with what is said by EXTRAS. Raises SettingsError for two that do not go together."""
    if not extras["preview"]:
        return replace(order, as_video=extras["as_video"])
    if extras["as_video"]:
        raise SettingsError("A preview is sound alone.", suggestion="Leave as_video out, or false.")
    return replace(order, stretch=(0.0, PREVIEW_S))


@dataclass(frozen=True)
class Outcome:
    """The result and what was removed, as files; `source` is what was uploaded.

    stem, title : what the names of its files begin with, on the disk and for people
    media : what the player needs, if it was asked for
    video : the suffix of the video that can be made with the new sound, "" where there is none
    """

    folder: Path
    after: Path
    removed: Path
    report: Report
    source: Path
    stem: str
    title: str
    track: int | None = None
    media: Media | None = None
    video: str = ""

    def name_of(self, path: Path) -> str:
        """What people are to store a file of this result under."""
        return self.title + path.name.removeprefix(self.stem)


def preset(name: object) -> Settings:
    """Raises SettingsError for a name that is not a preset."""
    if not isinstance(name, str) or name not in PRESETS:
        raise SettingsError(f"Unknown preset: {shown(name)}.", suggestion=f"Use one of {', '.join(PRESETS)}.")
    return PRESETS[name]


def uploaded(site: Site, path: object) -> Path:
    """The file, if it is one that this server was given. Raises AudioError."""
    if not isinstance(path, str) or not site.may_open(path):
        raise refused_path()
    return Path(path)
