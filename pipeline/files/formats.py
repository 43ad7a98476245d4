"""The formats of sound files: one row each, from which page, API, command line and messages are made.

What a file that comes in is, its content says (`container`), never its suffix.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple, Protocol

from pipeline.errors import SettingsError
from pipeline.parameter import Parameters, choice, number

if TYPE_CHECKING:  # the page reads this table before NumPy is imported
    import numpy as np
    from numpy.typing import NDArray

    from .stored import Stored
    from .tags.metadata import Metadata

_INSTEAD = "Use .wav or .flac with PCM_16 or PCM_24."

# libsndfile's "compression": 0 is the highest quality. Both give about 192 kbit/s in stereo.
_VORBIS, _OPUS = 0.4, 0.64

# MPEG-1, 2 and 2.5, layer III: sample rates, and the lowest and highest bit rate in kbit/s
_MP3_RATES = (
    ((32_000, 44_100, 48_000), 32, 320),
    ((16_000, 22_050, 24_000), 8, 160),
    ((8_000, 11_025, 12_000), 8, 64),
)
_MP3_SMALLEST = 0.999  # at 1, libsndfile refuses the lowest bit rate, by a rounding of its own; this is cut down to it
_OPUS_RATES = (8_000, 12_000, 16_000, 24_000, 48_000)
# ISO/IEC 14496-3: sample rates, and what a frame of 1024 samples may take for each channel
_AAC_RATES = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 64_000, 88_200, 96_000)
_AAC_FRAME, _AAC_BITS_PER_FRAME = 1024, 6144
_OF_AAC = {".aac", ".mp4", ".m4b"}
AUTO, _UNTOLD = "auto", "PCM_24"


@dataclass(frozen=True)
class Encoding(Parameters):
    """How samples are put into a file: what a format leaves open."""

    subtype: str = choice(
        AUTO, {AUTO: "as the recording", "PCM_16": "16 bit", "PCM_24": "24 bit", "FLOAT": "32-bit float"}, "Bit depth",
        "Of WAV and FLAC. 24 bit keeps all that was won, 16 bit is dithered, float is for WAV alone.",
    )  # fmt: skip
    bitrate_kbps: float = number(
        192.0, 8.0, 320.0, 8.0, "kbit/s", "MP3 and M4A bit rate",
        "Of MP3 and M4A alone: no more than the sample rate allows. Speech is good from 64 on, in mono.",
    )  # fmt: skip


DEFAULT = Encoding()


@dataclass(frozen=True)
class AudioShape:
    """What is to be held: Hz, channels, samples per channel (at most; 0 = not known yet), and which loudspeakers the
    channels are for, as the bits of WAVE_FORMAT_EXTENSIBLE (0 = not said)."""

    sample_rate: int
    channels: int
    samples: int
    mask: int = 0


class Form(NamedTuple):
    """How a file is written.

    lossy : what a reader gets is not what was given
    unbounded : full scale is no limit
    opened : path, metadata → what writes it; of the metadata, it writes those that must stand in front
    """

    lossy: bool
    unbounded: bool
    opened: Callable[[str, Metadata], Encoder]


class Encoder(Protocol):
    """A file that is being written."""

    def write(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        """x (n, channels); answers what the file holds of it, or of a lossy one what was given to its encoder."""

    def close(self) -> None:
        """The file is complete. More than once does no harm."""


def _wav(shape: AudioShape, encoding: Encoding) -> Form:
    subtype = _depth(encoding)

    def opened(path: str, metadata: Metadata) -> Encoder:
        from .tags import riff
        from .writing.wav import WavFile

        chunks = riff.chunks_of(metadata, shape.sample_rate, shape.samples / shape.sample_rate)
        return WavFile(
            path, shape.sample_rate, shape.channels, subtype, mask=shape.mask, samples=shape.samples, chunks=chunks
        )

    return Form(False, subtype == "FLOAT", opened)


def _flac(shape: AudioShape, encoding: Encoding) -> Form:
    _allow(encoding.subtype != "FLOAT", f"FLAC holds PCM_16 or PCM_24, not {encoding.subtype!r:.20}.")
    return _by_sndfile(shape, "FLAC", _depth(encoding), lossy=False)


def _mp3(shape: AudioShape, encoding: Encoding) -> Form:
    _stereo_at_most(shape, "MP3")
    for rates, lowest, highest in _MP3_RATES:
        if shape.sample_rate in rates:
            kbps = min(max(encoding.bitrate_kbps, lowest), highest)
            compression = min((highest - kbps) / (highest - lowest), _MP3_SMALLEST)
            return _by_sndfile(shape, "MP3", "MPEG_LAYER_III", compression, "CONSTANT")
    raise SettingsError(f"MP3 does not hold {shape.sample_rate} Hz.", suggestion=_INSTEAD)


def _vorbis(shape: AudioShape, _: Encoding) -> Form:
    _stereo_at_most(shape, "Vorbis")
    return _by_sndfile(shape, "OGG", "VORBIS", _VORBIS)


def _opus(shape: AudioShape, _: Encoding) -> Form:
    _stereo_at_most(shape, "Opus")
    _allow(shape.sample_rate in _OPUS_RATES, f"Opus does not hold {shape.sample_rate} Hz.")
    return _by_sndfile(shape, "OGG", "OPUS", _OPUS)


def _aac(shape: AudioShape, encoding: Encoding) -> Form:
    _allow(shape.sample_rate in _AAC_RATES, f"AAC does not hold {shape.sample_rate} Hz.")
    most_kbps = _AAC_BITS_PER_FRAME * shape.channels * shape.sample_rate / _AAC_FRAME / 1000
    kbps = min(encoding.bitrate_kbps, most_kbps)

    def opened(path: str, metadata: Metadata) -> Encoder:
        from .writing.aac import AacFile

        return AacFile(path, shape.sample_rate, shape.channels, kbps, metadata.chapters)

    return Form(True, False, opened)


def _by_sndfile(
    shape: AudioShape, container: str, subtype: str, compression: float | None = None, mode: str | None = None,
    *, lossy: bool = True,
) -> Form:  # fmt: skip
    def opened(path: str, _: Metadata) -> Encoder:
        from .writing.sndfile import SndfileFile

        return SndfileFile(path, shape.sample_rate, shape.channels, container, subtype, compression, mode)

    return Form(lossy, False, opened)


def _depth(encoding: Encoding) -> str:
    return _UNTOLD if encoding.subtype == AUTO else encoding.subtype


@dataclass(frozen=True)
class Format:
    """A kind of file.

    label : what people call it; note : what they should know when they choose it
    written : how it is written, from what it must hold; None where it is only read. Raises SettingsError where the
        format cannot hold it, naming one that can.
    """

    suffix: str
    label: str
    written: Callable[[AudioShape, Encoding], Form] | None = None
    note: str = ""

    @property
    def name(self) -> str:
        """As the API and the command line call it."""
        return self.suffix.removeprefix(".")


FORMATS = (
    Format(".wav", "WAV", written=_wav),
    Format(".flac", "FLAC", written=_flac, note="smaller, same quality"),
    Format(".mp3", "MP3", written=_mp3, note="smallest"),
    Format(".ogg", "OGG", written=_vorbis, note="Vorbis"),
    Format(".opus", "Opus", written=_opus, note="small, for speech"),
    Format(".m4a", "M4A", written=_aac, note="AAC, for phones and players"),
    Format(".aac", "AAC"),
    Format(".aiff", "AIFF"),
    Format(".webm", "WebM"),
    Format(".mp4", "MP4"),
)
OUTPUTS = {form.suffix: form for form in FORMATS if form.written}
OUTPUT_NAMES = tuple(form.name for form in OUTPUTS.values())
KNOWN = " or ".join((", ".join(form.label for form in FORMATS[:-1]), FORMATS[-1].label))


def form_of(suffix: str, shape: AudioShape, encoding: Encoding) -> Form:
    """How a file with this suffix is written. Raises SettingsError where the format cannot hold it, or is not known."""
    found = OUTPUTS.get(suffix.lower())
    if found is None or found.written is None:
        instead = "m4a" if suffix.lower() in _OF_AAC else ", ".join(OUTPUTS)
        raise SettingsError(f"The output format {suffix!r:.20} is not known.", suggestion=f"Use one of {instead}.")
    return found.written(shape, encoding)


def followed(suffix: str, encoding: Encoding, stored: Stored) -> Encoding:
    """The encoding with its depth as the recording has it, where none is asked for: 16 bit stay 16 bit, floats stay
    floats. What has no depth, because it is lossy, becomes 24 bit, and so does what has more."""
    if encoding.subtype != AUTO:
        return encoding
    if stored.is_lossy or stored.bits is None:
        return replace(encoding, subtype=_UNTOLD)
    if stored.is_float:
        return nearest(suffix, replace(encoding, subtype="FLOAT"))
    return replace(encoding, subtype="PCM_16" if stored.bits <= 16 else "PCM_24")


def nearest(suffix: str, encoding: Encoding) -> Encoding:
    """The encoding that a file with this suffix can have and that is nearest to `encoding`: FLAC holds no floats."""
    floats_in_flac = suffix.lower() == ".flac" and encoding.subtype == "FLOAT"
    return replace(encoding, subtype="PCM_24") if floats_in_flac else encoding


def _stereo_at_most(shape: AudioShape, name: str) -> None:
    """Vorbis and Opus would take more than two channels, but treat them as a surround set and dull the last one."""
    _allow(shape.channels <= 2, f"{name} is written with one or two channels, not {shape.channels}.")


def _allow(condition: bool, message: str) -> None:
    if not condition:
        raise SettingsError(message, suggestion=_INSTEAD)
