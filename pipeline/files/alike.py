"""A file to be written of the form that a recording has: its rate, channels and depth, and what it says of itself."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from .decode import Recording
from .encode import Writer
from .formats import AudioShape, Encoding, followed
from .tags.metadata import Metadata
from .tags.read import metadata


def told(source: str | os.PathLike[str] | BinaryIO, recording: Recording) -> Metadata:
    """What `source` says of its `recording`: tags, cover, chapters, and what the channels are for."""
    about = metadata(source).completed(recording.about)
    return replace(about, mask=recording.stored.mask or about.mask)


@dataclass(frozen=True)
class Alike:
    """path : its suffix says the format; about : what is written beside the samples"""

    path: str | os.PathLike[str]
    recording: Recording
    encoding: Encoding
    about: Metadata

    def writer(self, samples: int) -> Writer:
        """Raises SettingsError for a format that is not known, or cannot hold it."""
        form, mask = self.recording, self.about.mask
        how = followed(Path(self.path).suffix, self.encoding, form.stored)
        return Writer(self.path, AudioShape(form.sample_rate, form.channels, samples, mask), how, self.about)
