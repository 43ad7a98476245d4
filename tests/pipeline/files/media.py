"""Files of every kind, made for the tests."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import soundfile

from pipeline.audio import Samples


def clicks(sample_rate: int = 48_000, duration_s: float = 2.0) -> tuple[Samples, list[int]]:
    """(1, n) with four short bursts in silence, and where they are: what a shifted decoder cannot hide."""
    x = np.zeros((1, round(duration_s * sample_rate)), np.float32)
    burst = 0.8 * np.hanning(64) * np.sin(np.arange(64) * 0.5)
    places = [int(share * x.shape[1]) for share in (0.011, 0.25, 0.63, 0.96)]
    for at in places:
        x[0, at : at + 64] += burst.astype(np.float32)
    return x, places


def shift(x: Samples, y: Samples) -> int:
    """Samples by which the first channel of y lies behind that of x: the peak of their correlation."""
    n = 1 << (x.shape[1] + y.shape[1]).bit_length()
    correlation = np.fft.irfft(np.fft.rfft(y[0], n) * np.conj(np.fft.rfft(x[0], n)))
    lag = int(np.argmax(correlation))
    return lag if lag < n // 2 else lag - n


def write_av(
    path: Path, x: Samples, sample_rate: int, codec: str, container: str | None = None,
    picture: bool = False, gap_s: float = 0.0, sample_format: str | None = None, **options: str,
) -> Path:  # fmt: skip
    """Encode with FFmpeg's libraries. picture : a video track, too; gap_s : a jump of time after the first half."""
    layout = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1", 24: "22.2"}[x.shape[0]]
    with av.open(str(path), "w", format=container, container_options=options) as out:
        film = _picture(out) if picture else None
        stream = out.add_stream(codec, rate=sample_rate, layout=layout)
        if sample_format is not None:
            stream.codec_context.format = sample_format
        if film is not None:
            _fill(out, film)
        size = stream.codec_context.frame_size or 1024
        for at in range(0, x.shape[1], size):
            frame = av.AudioFrame.from_ndarray(x[:, at : at + size].T.reshape(1, -1), "flt", layout)
            frame.sample_rate = sample_rate
            frame.pts = at + (round(gap_s * sample_rate) if at >= x.shape[1] // 2 else 0)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def write_video_only(path: Path) -> Path:
    with av.open(str(path), "w") as out:
        _fill(out, _picture(out))
    return path


def _picture(out: av.container.OutputContainer) -> av.VideoStream:
    stream = out.add_stream("mpeg4", rate=10)
    stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
    return stream


def _fill(out: av.container.OutputContainer, stream: av.VideoStream) -> None:
    for _ in range(5):
        out.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), "rgb24")))
    out.mux(stream.encode(None))


def write_wav(path: Path, x: Samples, sample_rate: int = 48_000, subtype: str = "PCM_16", kind: str = "WAV") -> Path:
    soundfile.write(path, x.T, sample_rate, subtype=subtype, format=kind)
    return path
