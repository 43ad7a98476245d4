"""Samples in, file out: whole or not at all."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

import numpy as np

from pipeline.audio import Audio, Samples

from .decode import Recording
from .formats import DEFAULT, AudioShape, Encoder, Encoding, form_of
from .limits import OURS
from .tags.metadata import NOTHING, Metadata
from .tags.write import tagged
from .writing.target import checked_target, replacing

BLOCK = 1 << 16  # frames


class ClippingWarning(UserWarning):
    """`save` was given samples beyond full scale, for a format that has no room for them."""


class _Trimmed(Recording):
    """A file of ours, without the silence with which an encoder fills up its last frame, which decoders may leave."""

    def __init__(self, path: str, duration_s: float) -> None:
        super().__init__(path, OURS)
        self._left = round(duration_s * self.sample_rate)

    def blocks(self) -> Iterator[Samples]:
        left = self._left
        for block in super().blocks():
            yield block[:, :left]
            left -= min(left, block.shape[1])


class Writer:
    """Writes a recording block by block; the suffix says how: .wav, .flac, .mp3, .ogg (Vorbis), .opus or .m4a (AAC).

    shape : rate, channels, and samples per channel (more than come do no harm: they choose the kind of header)
    encoding : bit depth and bit rate. 16 bit are dithered. Vorbis has a quality instead of a bit rate, and takes about
        as much as MP3 does by default.
    metadata : tags, cover, chapters, as far as the format holds them

    A context manager: the file appears complete, under its name, when the context ends well, or not at all: it is
    written beside it and then renamed.

    lossy, unbounded : of the format: what is read back is not what was written; full scale is no limit
    clipped : samples that were beyond full scale and are not any more

    Raises SettingsError (a format, subtype, rate or channel count that do not go together) and
    EnhancementError (it cannot be written there).
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        shape: AudioShape,
        encoding: Encoding = DEFAULT,
        metadata: Metadata = NOTHING,
    ) -> None:
        self._form = form_of(Path(path).suffix, shape, encoding)
        self.lossy, self.unbounded = self._form.lossy, self._form.unbounded
        self._path, self._shape, self._metadata, self._stack = Path(path), shape, metadata, ExitStack()
        self._encoder: Encoder | None = None
        self.clipped = self._samples = 0

    def __enter__(self) -> Writer:
        with ExitStack() as stack:
            self._part = stack.enter_context(replacing(checked_target(self._path)))
            stack.push(self._complete)
            self._open()
            self._stack = stack.pop_all()
        return self

    def write(self, block: Samples) -> Samples:
        """The next samples (channels, n) float32. Beyond ±1 they are clipped, except in a FLOAT wav.

        Answers the samples as the file holds them; of a lossy one, as its encoder was given them.
        """
        if self._encoder is None:
            raise RuntimeError("the file is closed")
        if not self.unbounded:
            self.clipped += int(np.count_nonzero(np.abs(block) > 1))
        self._samples += block.shape[1]
        held = np.empty_like(block)
        for at in range(0, block.shape[1], BLOCK):
            held[:, at : at + BLOCK] = self._encoder.write(block[:, at : at + BLOCK].T).T
        return held

    def read_back(self) -> Recording:
        """The file as a reader gets it; after that, no more can be written, but `again`."""
        self._close()
        return _Trimmed(self._part, self._samples / self._shape.sample_rate)

    def again(self) -> None:
        """Begin the file anew."""
        self._close()
        self._open()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def _open(self) -> None:
        self._encoder = self._form.opened(self._part, self._metadata)
        self.clipped = self._samples = 0

    def _close(self) -> None:
        encoder, self._encoder = self._encoder, None
        if encoder is not None:
            encoder.close()

    def _complete(self, kind: type[BaseException] | None, *_: object) -> None:
        self._close()
        if kind is None:
            tagged(self._part, self._path.suffix.lower(), self._metadata, self._samples / self._shape.sample_rate)


def save(
    path: str | os.PathLike[str],
    audio: Audio,
    *,
    subtype: str = DEFAULT.subtype,
    bitrate_kbps: float = DEFAULT.bitrate_kbps,
) -> None:
    """Write a whole recording.

    path : its suffix says how: .wav, .flac, .mp3, .ogg (Vorbis), .opus or .m4a (AAC)
    subtype : "PCM_16", "PCM_24" (what was won over 16 bit is kept; also what "auto", the default, means here) or, for
        wav, "FLOAT"
    bitrate_kbps : of mp3 (constant) and m4a, 8 to 320

    Warns with ClippingWarning of samples beyond full scale: they are clipped, except in a FLOAT wav.
    Raises SettingsError and EnhancementError, as `Writer` does.
    """
    shape = AudioShape(audio.sample_rate, audio.channels, audio.samples.shape[1])
    with Writer(path, shape, Encoding(subtype, bitrate_kbps)) as writer:
        for at in range(0, shape.samples, BLOCK):
            writer.write(audio.samples[:, at : at + BLOCK])
    if writer.clipped:
        share = 100 * writer.clipped / audio.samples.size
        warnings.warn(
            f"{share:.2g} % of the samples were beyond full scale and are clipped: save them as a FLOAT wav, or lower.",
            ClippingWarning,
            stacklevel=2,
        )
