"""Files that are damaged on the way: what is good comes once and in its place, and nothing is held open."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from pipeline import AudioError, load
from pipeline.audio import Samples
from pipeline.files.decode import Recording, is_audio
from pipeline.files.decoding import placed
from tests.pipeline.files.media import write_av, write_wav
from tests.pipeline.signals import noise

RATE = 48_000


def rising(seconds: float) -> Samples:
    """(1, n): noise that grows louder, so that no part is like another."""
    n = round(seconds * RATE)
    return noise(1, n) * np.linspace(0.2, 1, n, dtype=np.float32)


@pytest.mark.parametrize(("at", "length"), [(0.5, 40), (0.5, 4_000), (0.6, 20_000)])
def test_where_one_decoder_gives_up_another_goes_on_and_the_beginning_does_not_come_twice(
    tmp_path: Path, at: float, length: int
) -> None:
    x = rising(10)
    path = write_wav(tmp_path / "x.flac", x, RATE, kind="FLAC")
    data = bytearray(path.read_bytes())
    start = int(at * len(data))
    data[start : start + length] = bytes(length)
    path.write_bytes(data)
    y = load(path).samples
    assert y.shape[1] == pytest.approx(x.shape[1], abs=0.5 * RATE)
    np.testing.assert_allclose(y[:, : 4 * RATE], x[:, : 4 * RATE], atol=2**-15)
    np.testing.assert_allclose(y[:, -2 * RATE :], x[:, -2 * RATE :], atol=2**-15)


@pytest.mark.parametrize(("name", "codec"), [("x.webm", "libopus"), ("x.mkv", "flac")])
@pytest.mark.parametrize(
    ("gap_s", "silence_s"), [(0.05, 0.0), (0.15, 0.15), (2.0, 2.0), (59.0, 59.0), (61.0, 0.0), (90_000.0, 0.0)]
)
def test_a_pause_that_the_time_stamps_tell_of_is_silence_and_an_absurd_one_is_not_believed(
    tmp_path: Path, name: str, codec: str, gap_s: float, silence_s: float
) -> None:
    path = write_av(tmp_path / name, noise(1, 2 * RATE), RATE, codec, gap_s=gap_s)
    samples = sum(block.shape[1] for block in Recording(path).blocks())
    assert samples / RATE == pytest.approx(2 + silence_s, abs=0.01)


@pytest.mark.parametrize(("gap_s", "silence_s"), [(590.0, 590.0), (610.0, 0.0)])
def test_in_a_long_recording_a_pause_may_last_ten_minutes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gap_s: float, silence_s: float
) -> None:
    monkeypatch.setattr(placed, "MOST_SILENCE_S", 1000.0)  # as with as much sound
    path = write_av(tmp_path / "x.mkv", noise(1, 2 * RATE), RATE, "flac", gap_s=gap_s)
    samples = sum(block.shape[1] for block in Recording(path).blocks())
    assert samples / RATE == pytest.approx(2 + silence_s, abs=0.01)


def with_damaged_frames(path: Path, share: float) -> Path:
    """A FLAC stream in Matroska in which so many of ten frames have lost their beginning."""
    data = bytearray(write_av(path, noise(1, 5 * RATE), RATE, "flac").read_bytes())
    frames = [at for at in range(len(data) - 1) if data[at : at + 2] == b"\xff\xf8"]
    assert len(frames) > 40
    for number, at in enumerate(frames):
        if number % 10 < 10 * share:
            data[at : at + 2] = b"\0\0"
    path.write_bytes(data)
    return path


def test_what_is_mostly_damaged_is_no_recording(tmp_path: Path) -> None:
    for share in (0.6, 0.9):
        with pytest.raises(AudioError, match="damaged or incomplete"):
            load(with_damaged_frames(tmp_path / "x.mkv", share))
    for share in (0.1, 0.3):
        assert load(with_damaged_frames(tmp_path / "x.mkv", share)).duration_s == pytest.approx(5, abs=0.7)


def held_open() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="descriptors are counted in /proc")
def test_nothing_stays_open_that_was_refused_or_left_half_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    path = write_wav(tmp_path / "x.wav", rising(4), RATE)
    other = write_av(tmp_path / "x.m4a", rising(4), RATE, "aac")
    (tmp_path / "empty").touch()
    (tmp_path / "text").write_text("no recording")
    load(other)  # what the libraries open once, they may keep
    before = held_open()
    for refused in (tmp_path, tmp_path / "pipe", "/dev/zero", tmp_path / "empty", tmp_path / "text"):
        assert not is_audio(refused)
        with pytest.raises(AudioError):
            load(refused)
    for whole in (path, other):
        assert is_audio(whole)
        blocks = Recording(whole).blocks()
        next(blocks)
        blocks.close()  # type: ignore[attr-defined]
    assert held_open() == before


def test_silence_is_put_between_time_stamps_up_to_a_minute() -> None:
    """And for a step of a tenth of a second to ten minutes; the tests above put more in its place."""
    steps = (placed.SHORTEST_PAUSE_S, placed.LONGEST_PAUSE_S, placed.MOST_SILENCE_S)
    assert steps == (0.1, 600, 60)
