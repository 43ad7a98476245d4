"""Recordings of every kind that the ffmpeg here can write, and what was done to them; FFmpeg's own answer for each.

Files are made with the `ffmpeg` command, and read by it: as an outsider who knows nothing of our decoders.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import av
import numpy as np
import soundfile
from av.error import FFmpegError

from pipeline.audio import Samples
from tests.pipeline.signals import noise, speech_like

DURATION_S = 2.0
# What ffmpeg calls a muxer and that makes no file of sound that could be read back: checksums, streams to somewhere,
# playlists and pieces, subtitles, pictures.
NO_FILES = re.compile(
    r"asf_stream|amv|dv|gxf|mxf_d10|mxf_opatom|sdl,sdl2|fifo_test|alsa|chromaprint|crc|data|fbdev|fifo|framecrc|framehash|framemd5|hash|md5|hds|hls|dash|ssegment|segment|image2.*"
    r"|null|oss|pulse|rtp.*|rtsp|sap|sdl|smoothstreaming|streamhash|tee|uncodedframecrc|webm_chunk|opengl|xv|caca"
    r"|ffmetadata|.*pipe|webm_dash_manifest|stream_segment.*|ismv|srt|ass|webvtt|lrc|ttml|scc|sup|jacosub|microdvd"
    r"|vc1.*|h26.|hevc|mjpeg|rawvideo|yuv4mpegpipe|gif|apng|webp|ico|fits|dirac|dnxhd|cavsvideo|m4v|mpeg[12]video|obu"
    r"|ivf|avs2|avm2|a64|filmstrip|mkvtimestamp_v2|mpjpeg|video4linux2,v4l2|roq|swf|flm|rcwt|bit|kvag|alp"
)
# Bare samples: without a name's suffix, nothing tells what they are.
BARE = re.compile(
    r"[fsu](8|16|24|32|64)(be|le)?|alaw|mulaw|vidc|g72[26](le)?|sln|codec2raw|daud|dfpwm|aptx.*|g723_1|sbc"
)
EXTRA = {
    *(("ogg", encoder) for encoder in ("libvorbis", "libopus", "flac", "libspeex")), ("opus", "libopus"),
    *(("mpegts", encoder) for encoder in ("aac", "ac3", "eac3", "mp2", "libmp3lame", "libopus", "s302m", "dca")),
    ("gsm", "libgsm"), ("3gp", "aac"), ("3g2", "aac"), ("mxf", "pcm_s16le"), ("mxf", "pcm_s24le"), ("spx", "libspeex"),
    ("mpeg", "ac3"), ("mpeg", "libmp3lame"), ("mpeg", "pcm_dvd"), ("oma", "pcm_s16be"), ("caf", "alac"), ("ac3", "ac3"),
}  # fmt: skip
RATES, CHANNELS = (8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 96_000, 192_000), (1, 2, 3, 6, 8)


@dataclass(frozen=True)
class Kind:
    """What is written."""

    muxer: str
    codec: str
    sample_rate: int
    channels: int

    def __str__(self) -> str:
        return f"{self.muxer}-{self.codec}-{self.sample_rate}-{self.channels}"


def ffmpeg() -> str:
    """The command. These tests are worth nothing without it, so its absence is a failure."""
    found = shutil.which("ffmpeg")
    assert found, "ffmpeg is not installed: the corpus of recordings cannot be made"
    return found


@cache
def pairs() -> tuple[tuple[str, str], ...]:
    """(muxer, encoder) that may go together: FFmpeg's libraries say so, or it works although they do not."""
    found = [(muxer, encoder) for muxer in muxers() for encoder in encoders() if _codec(encoder) in _held_by(muxer)]
    return tuple(sorted({*found, *EXTRA}))


def muxers() -> tuple[str, ...]:
    listed = re.findall(r"^ .E ([\w,]+)", _said("-muxers"), re.MULTILINE)
    return tuple(name for name in listed if not NO_FILES.fullmatch(name) and not BARE.fullmatch(name))


@cache
def encoders() -> tuple[str, ...]:
    return tuple(re.findall(r"^ A\S+ (\w+)", _said("-encoders").split("------")[1], re.MULTILINE))


@cache
def _held_by(muxer: str) -> frozenset[str]:
    with tempfile.TemporaryFile() as file:
        try:
            with av.open(file, "w", format=muxer) as container:
                return frozenset(container.supported_codecs)
        except (ValueError, FFmpegError):
            return frozenset()


def _codec(encoder: str) -> str:
    """What the encoder writes."""
    known = {"libgsm": "gsm", "libgsm_ms": "gsm_ms", "libtwolame": "mp2", "libshine": "mp3", "libvorbis": "vorbis"}
    known |= {"libspeex": "speex", "dca": "dts", "libcodec2": "codec2"}
    try:
        return known.get(encoder) or av.codec.Codec(encoder, "w").canonical_name
    except ValueError:
        return encoder


def source(folder: Path, sample_rate: int = 48_000, channels: int = 2, duration_s: float = DURATION_S) -> Path:
    """Speech in noise, each channel at its own level."""
    path = folder / f"source-{sample_rate}-{channels}-{duration_s}.wav"
    if not path.exists():
        n = round(sample_rate * duration_s)
        x = np.resize(speech_like(16_000, duration_s)[0], n) * 0.5 + 0.3 * noise(1, n)[0] * np.linspace(0.5, 1, n)
        levels = np.linspace(1, 0.5, channels)[:, np.newaxis]
        soundfile.write(path, (levels * x).T.astype(np.float32), sample_rate, subtype="PCM_16")
    return path


def write(path: Path, kind: Kind, folder: Path, duration_s: float = DURATION_S) -> bool:
    """Whether ffmpeg could."""
    given = source(folder, kind.sample_rate, kind.channels, duration_s)
    path.unlink(missing_ok=True)
    done = subprocess.run(
        [ffmpeg(), "-v", "error", "-nostdin", "-y", "-i", given, "-c:a", kind.codec, "-strict", "-2", "-threads", "1",
         "-f", kind.muxer, path],
        capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    return done.returncode == 0 and path.exists() and path.stat().st_size > 100


def decoded(path: Path, channels: int, *options: str) -> Samples:
    """FFmpeg's samples (channels, n); (channels, 0) where it has none."""
    done = subprocess.run(
        [ffmpeg(), "-v", "error", "-nostdin", "-i", path, "-map", "0:a:0?", *options, "-f", "f32le", "-"],
        capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    x = np.frombuffer(done.stdout[: len(done.stdout) // (4 * channels) * 4 * channels], np.float32)
    return np.ascontiguousarray(x.reshape(-1, channels).T)


def form(path: Path) -> tuple[int, int, int]:
    """(rate, channels, samples in a frame) that ffprobe finds; zeros where it finds nothing."""
    done = subprocess.run(
        ["ffprobe", "-v", "error", "-select_streams", "a:0", "-read_intervals", "%+0.5", "-of", "default=nw=1",
         "-show_entries", "frame=nb_samples:stream=sample_rate,channels", path],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip

    def largest(name: str) -> int:
        return max((int(n) for n in re.findall(rf"{name}=(\d+)", done.stdout)), default=0)

    return largest("sample_rate"), largest("channels"), largest("nb_samples")


def correlation(x: Samples, y: Samples) -> float:
    """Of the samples that both have: 1 where they are the same but for a gain."""
    n = min(x.shape[1], y.shape[1])
    a, b = x[:, :n].ravel().astype(np.float64), y[:, :n].ravel().astype(np.float64)
    power = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / power if power else 1.0


def _said(question: str) -> str:
    return subprocess.run([ffmpeg(), "-hide_banner", question], capture_output=True, text=True, check=True).stdout
