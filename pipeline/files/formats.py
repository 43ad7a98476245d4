"""The formats of sound files: one row each, from which page, API, command line and messages are made.

What a file that comes in is, its content says (`container`), never its suffix.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from pipeline.errors import SettingsError
from pipeline.parameter import Parameters, choice, number

_INSTEAD = "Use .wav or .flac with PCM_16 or PCM_24."
_RIFF_BYTES = 2**32 - 2**20  # a plain wav counts its bytes in 32 bits

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
_BYTES = {"PCM_16": 2, "PCM_24": 3, "FLOAT": 4}


@dataclass(frozen=True)
class Encoding(Parameters):
    """How samples are put into a file: what a format leaves open."""

    subtype: str = choice(
        "PCM_24", {"PCM_16": "16 bit", "PCM_24": "24 bit", "FLOAT": "32-bit float"}, "Bit depth",
        "Of WAV and FLAC. 24 bit keeps all that was won, 16 bit is dithered, float is for WAV alone.",
    )  # fmt: skip
    bitrate_kbps: float = number(
        192.0, 8.0, 320.0, 8.0, "kbit/s", "MP3 bit rate",
        "Of MP3 alone: constant, and no more than the sample rate allows.",
    )  # fmt: skip


DEFAULT = Encoding()


@dataclass(frozen=True)
class AudioShape:
    """What is to be held: Hz, channels, and samples per channel (at most)."""

    sample_rate: int
    channels: int
    samples: int


@dataclass(frozen=True)
class SndfileFormat:
    """How libsndfile is to be asked. compression : 0 (largest) to 1, None = its default."""

    container: str
    subtype: str
    compression: float | None = None
    bitrate_mode: str | None = None


def _wav(shape: AudioShape, encoding: Encoding) -> SndfileFormat:
    size = shape.samples * shape.channels * _BYTES[encoding.subtype]
    return SndfileFormat("WAV" if size < _RIFF_BYTES else "RF64", encoding.subtype)


def _flac(_: AudioShape, encoding: Encoding) -> SndfileFormat:
    _allow(encoding.subtype != "FLOAT", f"FLAC holds PCM_16 or PCM_24, not {encoding.subtype!r:.20}.")
    return SndfileFormat("FLAC", encoding.subtype)


def _mp3(shape: AudioShape, encoding: Encoding) -> SndfileFormat:
    _stereo_at_most(shape, "MP3")
    for rates, lowest, highest in _MP3_RATES:
        if shape.sample_rate in rates:
            kbps = min(max(encoding.bitrate_kbps, lowest), highest)
            compression = min((highest - kbps) / (highest - lowest), _MP3_SMALLEST)
            return SndfileFormat("MP3", "MPEG_LAYER_III", compression, "CONSTANT")
    raise SettingsError(f"MP3 does not hold {shape.sample_rate} Hz.", suggestion=_INSTEAD)


def _vorbis(shape: AudioShape, _: Encoding) -> SndfileFormat:
    _stereo_at_most(shape, "Vorbis")
    return SndfileFormat("OGG", "VORBIS", _VORBIS)


def _opus(shape: AudioShape, _: Encoding) -> SndfileFormat:
    _stereo_at_most(shape, "Opus")
    _allow(shape.sample_rate in _OPUS_RATES, f"Opus does not hold {shape.sample_rate} Hz.")
    return SndfileFormat("OGG", "OPUS", _OPUS)


@dataclass(frozen=True)
class Format:
    """A kind of file.

    label : what people call it; note : what they should know when they choose it
    playable : every current browser plays it
    written : how it is written, from what it must hold; None where it is only read. Raises SettingsError where the
        format cannot hold it, naming one that can.
    """

    suffix: str
    label: str
    playable: bool = True
    written: Callable[[AudioShape, Encoding], SndfileFormat] | None = None
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
    Format(".m4a", "M4A"),
    Format(".aac", "AAC", playable=False),
    Format(".aiff", "AIFF", playable=False),
    Format(".webm", "WebM"),
    Format(".mp4", "MP4"),
)
OUTPUTS = {form.suffix: form for form in FORMATS if form.written}
OUTPUT_NAMES = tuple(form.name for form in OUTPUTS.values())
PLAYABLE = {form.suffix for form in FORMATS if form.playable} | {".oga"}
KNOWN = " or ".join((", ".join(form.label for form in FORMATS[:-1]), FORMATS[-1].label))


def sndfile_format(suffix: str, shape: AudioShape, encoding: Encoding) -> SndfileFormat:
    """How a file with this suffix is written. Raises SettingsError where the format cannot hold it, or is not known."""
    found = OUTPUTS.get(suffix.lower())
    if found is None or found.written is None:
        raise SettingsError(
            f"The output format {suffix!r:.20} is not known.", suggestion=f"Use one of {', '.join(OUTPUTS)}."
        )
    return found.written(shape, encoding)


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
