"""Frames made when they are asked for are those of one long encoding; outlines and tiles show what is there."""

from __future__ import annotations

import io
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from pipeline import Audio
from pipeline.audio import Samples
from pipeline.stream.source import InMemory
from service.media import spectra, tiles
from service.media.copies import CopyMaker, Track
from service.media.listening import FRAME_SAMPLES, LEAD_SAMPLES, SAMPLE_RATE
from service.media.on_demand import Copy
from service.media.peaks import PeakWriter, outline
from tests.pipeline.signals import noise, sine, speech_like
from tests.service.media.test_listening import decoded


def copy_of(path: Path, x: Samples, rate: int) -> Copy:
    soundfile.write(path, x.T, rate, subtype="FLOAT")
    return Copy(path, rate, x.shape[1], len(x))


def track_of(folder: Path, x: Samples, rate: int) -> Track:
    source = InMemory(Audio(x, rate))
    return CopyMaker(folder, x.shape[1], lambda _: None).track("before", source, None, -20.0)


@pytest.mark.parametrize("rate", [16_000, 44_100, 48_000])
@pytest.mark.parametrize("channels", [1, 2, 3])
def test_pieces_made_alone_fit_together_to_the_sample(tmp_path: Path, rate: int, channels: int) -> None:
    """As a player does it: two frames more at the beginning, which are thrown away."""
    x = np.concatenate([speech_like(rate, 3.0, level_db=-12 - k) for k in range(channels)])
    copy = copy_of(tmp_path / "x.wav", x, rate)
    truth = copy.piece(0, copy.heard_samples)
    step, heard = 40, []
    for first in range(0, copy.frames - 1, step):
        start, stop = max(0, first - 2), min(first + step + 1, copy.frames)
        data = copy.read(start * copy.frame_bytes, stop * copy.frame_bytes)
        assert len(data) == (stop - start) * copy.frame_bytes
        heard.append(decoded(data)[:, (first - start) * FRAME_SAMPLES : (first - start + step) * FRAME_SAMPLES])
    whole = np.concatenate(heard, axis=1)[:, LEAD_SAMPLES:][:, : copy.heard_samples]
    fault = whole - truth[:, : whole.shape[1]]
    assert 10 * np.log10(np.mean(truth**2) / np.mean(fault**2)) > 15
    joints = [at * FRAME_SAMPLES - LEAD_SAMPLES for at in range(step, copy.frames - 1, step)]
    at_joints = [np.abs(fault[:, at - 8 : at + 8]).max() for at in joints if at + 8 < fault.shape[1]]
    assert max(at_joints) <= np.quantile(np.abs(fault), 0.9999)  # no click where pieces meet


def test_bytes_can_be_asked_for_from_anywhere(tmp_path: Path) -> None:
    copy = copy_of(tmp_path / "x.wav", noise(1, 60_000), SAMPLE_RATE)
    some = copy.read(5 * copy.frame_bytes + 7, 9 * copy.frame_bytes + 3)
    assert some == copy.encoded(5, 10)[7 : 4 * copy.frame_bytes + 3]
    assert len(copy.read(0, copy.size)) == copy.size
    assert copy.read(copy.size - 10, copy.size + 10) == copy.encoded(copy.frames - 1, copy.frames)[-10:]


@pytest.mark.parametrize("rate", [8_000, 44_100, 96_000])
def test_a_piece_is_where_it_was_and_silent_outside(tmp_path: Path, rate: int) -> None:
    x = sine(440.0, rate, 2.0)
    copy = copy_of(tmp_path / "x.wav", x, rate)
    truth = sine(440.0, SAMPLE_RATE, 2.0)
    for start, stop in ((30_001, 40_002), (48_000, 48_001)):
        assert copy.piece(start, stop) == pytest.approx(truth[:, start:stop], abs=2e-3)
    assert not copy.piece(-5000, -2500).any()
    assert not copy.piece(copy.heard_samples + 2500, copy.heard_samples + 5000).any()


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100, 48_000])
@pytest.mark.parametrize("block", [1, 97, 4096])
def test_the_outline_is_that_of_all_samples_whatever_the_blocks(tmp_path: Path, rate: int, block: int) -> None:
    x = noise(2, rate // 3 + 11, seed=3)
    writer = PeakWriter(rate)
    for start in range(0, x.shape[1], block):
        writer.add(x[:, start : start + block])
    writer.write(tmp_path / "p")
    found = np.fromfile(tmp_path / "p", np.int8).reshape(-1, 2)
    edges = -(-np.arange(len(found) + 1) * rate // 100)
    expected = [x[:, a:b] for a, b in pairwise(edges)]
    assert len(found) == -(-x.shape[1] * 100 // rate)
    for one, part in zip(found, expected, strict=True):
        assert one[0] == max(-127, -np.ceil(-part.min() * 127)) if part.min() < 0 else one[0] >= 0
        assert one[1] == min(127, np.ceil(part.max() * 127)) if part.max() > 0 else one[1] <= 0


def test_an_outline_of_any_stretch(tmp_path: Path) -> None:
    np.arange(-100, 100, dtype=np.int8).tofile(tmp_path / "p")  # pairs (-100, -99) … (98, 99): a second
    pairs = np.frombuffer(outline(tmp_path / "p", 0.0, 1.0, 10), np.int8).reshape(-1, 2)
    assert pairs[:, 0].tolist() == list(range(-100, 100, 20))
    assert pairs[:, 1].tolist() == list(range(-81, 100, 20))
    fine = np.frombuffer(outline(tmp_path / "p", 0.5, 0.52, 8), np.int8).reshape(-1, 2)
    assert fine.tolist() == [[0, 1]] * 4 + [[2, 3]] * 4
    beyond = np.frombuffer(outline(tmp_path / "p", 0.9, 1.1, 4), np.int8).reshape(-1, 2)
    assert beyond.tolist() == [[80, 89], [90, 99], [0, 0], [0, 0]]
    (tmp_path / "nothing").write_bytes(b"")
    assert outline(tmp_path / "nothing", 0.0, 1.0, 2) == bytes(4)


def picture(data: bytes | None) -> np.ndarray:
    assert data is not None
    return np.asarray(Image.open(io.BytesIO(data)))


@pytest.mark.parametrize("rate", [16_000, 48_000])
def test_tiles_of_every_level_show_a_tone_where_it_is(tmp_path: Path, rate: int) -> None:
    """A tone of 1 kHz in the second quarter of two minutes."""
    x = noise(1, 120 * rate, -90.0)
    x[:, 30 * rate : 60 * rate] += sine(1000.0, rate, 30.0, 0.5)
    track = track_of(tmp_path, x, rate)
    assert tiles.levels(120.0) == [0.01, 0.04, 0.16]
    for level, per_px in enumerate(tiles.levels(120.0)):
        some = range(8, 9) if level == 0 else range(int(120 / per_px / 512) + 1)  # 40.96 s to 46.08 s: tone alone
        drawn = [picture(tiles.tile(track.copy, track.overview, 120.0, level, k)) for k in some]
        shown = np.concatenate(drawn, axis=1)
        assert shown.shape[0] == spectra.MELS
        if level == 0:
            assert shown.shape[1] == 512
            assert shown.max(axis=0).min() > 240
        else:
            assert shown.shape[1] == round(120 / per_px)
            at = np.flatnonzero(shown.max(axis=0) > 200) * per_px
            assert at[0] == pytest.approx(30.0, abs=0.2)
            assert at[-1] == pytest.approx(60.0, abs=0.3)
        row = int(np.argmax(shown.sum(axis=1)))
        mel = 2595 * np.log10(1 + np.array([40.0, 1000.0, rate / 2]) / 700)
        assert row / spectra.MELS == pytest.approx(1 - (mel[1] - mel[0]) / (mel[2] - mel[0]), abs=0.06)
    assert tiles.tile(track.copy, track.overview, 120.0, 0, 400) is None


def test_a_very_short_recording_has_its_tile(tmp_path: Path) -> None:
    track = track_of(tmp_path, noise(1, 900, -20.0), 16_000)
    assert picture(tiles.tile(track.copy, track.overview, 900 / 16_000, 0, 0)).shape == (spectra.MELS, 6)
