"""Listening copies: any frames of them can be decoded for themselves, and lie where they were to the sample."""

from __future__ import annotations

import io
from pathlib import Path

import av
import numpy as np
import pytest

from pipeline.audio import Samples
from pipeline.stream.stage import split
from service.media.listening import BITRATE_KBPS, FRAME_SAMPLES, SAMPLE_RATE
from tests.pipeline.signals import noise, sine, speech_like
from tests.service.media.written import Listening, write_listening


def decoded(data: bytes) -> Samples:
    """(channels, n): all that a decoder makes of the frames, nothing trimmed."""
    with av.open(io.BytesIO(data), format="mp3") as container:
        return np.concatenate([frame.to_ndarray() for frame in container.decode(audio=0)], axis=1)


def written(path: Path, x: Samples, rate: int, block: int = 7001) -> tuple[Listening, bytes]:
    made = write_listening(split(x, block), rate, len(x), path)
    return made, path.read_bytes()


def lead(x: Samples, y: Samples) -> int:
    """By how many samples y is late, from the first channel's middle."""
    at, n = x.shape[1] // 3, x.shape[1] // 3
    products = np.correlate(y[0, at : at + n + 3000], x[0, at : at + n], "valid")
    return int(np.argmax(products))


@pytest.mark.parametrize("channels", [1, 2])
def test_every_frame_is_as_long_as_the_others_and_nothing_stands_before_them(tmp_path: Path, channels: int) -> None:
    x = noise(channels, 100_001)
    made, data = written(tmp_path / "x.mp3", x, SAMPLE_RATE)
    assert made.frame_bytes == BITRATE_KBPS[channels] * 1000 * FRAME_SAMPLES // 8 // SAMPLE_RATE
    assert len(data) % made.frame_bytes == 0
    heads = {data[i : i + 2] for i in range(0, len(data), made.frame_bytes)}
    assert heads == {b"\xff\xfb"}
    assert not any(name in data[: made.frame_bytes] for name in (b"Xing", b"Info", b"VBRI", b"ID3"))
    assert not data[-128:].startswith(b"TAG")
    assert made.samples == 100_001
    assert len(data) // made.frame_bytes * FRAME_SAMPLES >= made.lead_samples + made.samples + FRAME_SAMPLES


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 48_000, 96_000])
def test_the_lead_is_the_same_at_every_rate(tmp_path: Path, rate: int) -> None:
    x = speech_like(rate, 3.0)
    made, data = written(tmp_path / "x.mp3", x, rate)
    same = np.interp(np.arange(made.samples) / SAMPLE_RATE, np.arange(x.shape[1]) / rate, x[0])[np.newaxis]
    assert made.samples == round(x.shape[1] * SAMPLE_RATE / rate)
    assert lead(same.astype(np.float32), decoded(data)) == made.lead_samples


def test_frames_from_anywhere_are_those_of_the_whole(tmp_path: Path) -> None:
    """No reservoir: with two frames before them, whose sound is thrown away, they are the same to the bit."""
    made, data = written(tmp_path / "x.mp3", speech_like(SAMPLE_RATE, 2.0) + noise(1, 96_000, -40.0), SAMPLE_RATE)
    whole = decoded(data)
    for first in (2, 17, 40):
        part = decoded(data[(first - 2) * made.frame_bytes : (first + 20) * made.frame_bytes])
        expected = whole[:, first * FRAME_SAMPLES : (first + 20) * FRAME_SAMPLES]
        np.testing.assert_array_equal(part[:, 2 * FRAME_SAMPLES :], expected)


def test_it_sounds_like_the_recording(tmp_path: Path) -> None:
    x = sine(997.0, SAMPLE_RATE, 2.0)
    made, data = written(tmp_path / "x.mp3", np.concatenate((x, 0.5 * x)), SAMPLE_RATE)
    y = decoded(data)[:, made.lead_samples : made.lead_samples + made.samples]
    fault = (y - np.concatenate((x, 0.5 * x)))[:, 2000:-2000]
    assert 10 * np.log10(np.mean(x**2) / np.mean(fault**2)) > 30


def test_six_channels_are_heard_in_two(tmp_path: Path) -> None:
    x = np.zeros((6, SAMPLE_RATE), np.float32)
    x[2] = sine(440.0, SAMPLE_RATE, 1.0)  # the voice of a film is in the middle alone
    made, data = written(tmp_path / "x.mp3", x, SAMPLE_RATE)
    y = decoded(data)
    assert made.frame_bytes == 480
    assert y.shape[0] == 2
    assert float(np.abs(y).max(axis=1).min()) > 0.08
    full = np.ones((6, 1), np.float32) * sine(440.0, SAMPLE_RATE, 1.0, peak=0.98)
    _, data = written(tmp_path / "y.mp3", full, SAMPLE_RATE)
    assert 0.97 < float(np.abs(decoded(data)[:, 4000:40_000]).max()) < 0.99  # not clipped


def test_what_is_beyond_full_scale_is_clipped_as_a_player_would(tmp_path: Path) -> None:
    _, data = written(tmp_path / "x.mp3", 4 * sine(440.0, SAMPLE_RATE, 1.0), SAMPLE_RATE)
    assert float(np.abs(decoded(data)).max()) < 1.3


@pytest.mark.parametrize("samples", [1, 46, 47, 48, 1151, 1152, 1153])
def test_the_shortest_recordings_have_their_last_sample(tmp_path: Path, samples: int) -> None:
    made, data = written(tmp_path / "x.mp3", noise(1, samples), SAMPLE_RATE)
    assert made.samples == samples
    assert decoded(data).shape[1] >= made.lead_samples + samples + FRAME_SAMPLES
