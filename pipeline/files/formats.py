"""What each output format can hold."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.errors import SettingsError

SUFFIXES = (".wav", ".flac", ".mp3", ".ogg", ".opus")

# libsndfile's "compression": 0 is the highest quality. Both give about 192 kbit/s in stereo.
_VORBIS, _OPUS = 0.4, 0.64
_INSTEAD = "Use .wav or .flac with PCM_16 or PCM_24."
_RIFF_BYTES = 2**32 - 2**20  # a plain wav counts its bytes in 32 bits

# MPEG-1, 2 and 2.5, layer III: sample rates, and the lowest and highest bit rate in kbit/s
_MP3 = (
    ((32_000, 44_100, 48_000), 32, 320),
    ((16_000, 22_050, 24_000), 8, 160),
    ((8_000, 11_025, 12_000), 8, 64),
)
_OPUS_RATES = (8_000, 12_000, 16_000, 24_000, 48_000)


@dataclass(frozen=True)
class Sound:
    """What is to be held: Hz, channels, and samples per channel (at most)."""

    sample_rate: int
    channels: int
    samples: int


@dataclass(frozen=True)
class Form:
    """How libsndfile is to be asked. compression : 0 (largest) to 1, None = its default."""

    container: str
    subtype: str
    compression: float | None = None
    bitrate_mode: str | None = None


def form_of(suffix: str, sound: Sound, subtype: str = "PCM_24", bitrate_kbps: float = 192.0) -> Form:
    """Raises SettingsError where the format cannot hold the recording, naming one that can."""
    match suffix.lower():
        case ".wav":
            return _wav(sound, subtype)
        case ".flac":
            _allow(subtype in ("PCM_16", "PCM_24"), f"FLAC holds PCM_16 or PCM_24, not {subtype!r:.20}.")
            return Form("FLAC", subtype)
        case ".mp3":
            return _mp3(sound, bitrate_kbps)
        case ".ogg":
            _lossy(sound, "Vorbis")
            return Form("OGG", "VORBIS", _VORBIS)
        case ".opus":
            _lossy(sound, "Opus")
            _allow(sound.sample_rate in _OPUS_RATES, f"Opus does not hold {sound.sample_rate} Hz.")
            return Form("OGG", "OPUS", _OPUS)
    raise SettingsError(
        f"The output format {suffix!r:.20} is not known.", suggestion=f"Use one of {', '.join(SUFFIXES)}."
    )


def _wav(sound: Sound, subtype: str) -> Form:
    width = {"PCM_16": 2, "PCM_24": 3, "FLOAT": 4}.get(subtype, 0)
    _allow(width > 0, f"WAV is written as PCM_16, PCM_24 or FLOAT, not {subtype!r:.20}.")
    return Form("WAV" if sound.samples * sound.channels * width < _RIFF_BYTES else "RF64", subtype)


def _mp3(sound: Sound, bitrate_kbps: float) -> Form:
    _lossy(sound, "MP3")
    for rates, lowest, highest in _MP3:
        if sound.sample_rate in rates:
            _allow(8 <= bitrate_kbps <= 320, f"The bit rate must be 8 to 320 kbit/s, not {bitrate_kbps:g}.")
            kbps = min(max(bitrate_kbps, lowest), highest)
            return Form("MP3", "MPEG_LAYER_III", (highest - kbps) / (highest - lowest), "CONSTANT")
    raise SettingsError(f"MP3 does not hold {sound.sample_rate} Hz.", suggestion=_INSTEAD)


def _lossy(sound: Sound, name: str) -> None:
    """Vorbis and Opus would take more than two channels, but treat them as a surround set and dull the last one."""
    _allow(sound.channels <= 2, f"{name} is written with one or two channels, not {sound.channels}.")


def _allow(condition: bool, message: str) -> None:
    if not condition:
        raise SettingsError(message, suggestion=_INSTEAD)
