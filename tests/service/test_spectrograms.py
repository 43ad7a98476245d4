"""Spectrograms: their size, their axes, and nothing global."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from pipeline.audio import Audio
from pipeline.stream.source import InMemory
from service.spectrograms import COLUMNS, MELS, PictureStyle, draw_pair, mel_db
from tests.pipeline.signals import noise, sine


def source(x: np.ndarray, rate: int) -> InMemory:
    return InMemory(Audio(x, rate))


@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("dark", [False, True])
def test_both_pictures_match_to_the_pixel(tmp_path: Path, narrow: bool, dark: bool) -> None:
    style = PictureStyle(narrow, dark)
    paths = draw_pair(source(noise(2, 16_000), 16_000), source(np.zeros((2, 16_000)), 16_000), 16_000, tmp_path, style)
    images = [np.asarray(PIL.Image.open(path).convert("RGB")) for path in paths]
    for image in images:
        assert image.shape[1::-1] == style.size_px
        assert (image[0, 0].mean() < 128) == dark
    left = [image[:, :40] for image in images]  # the axis
    assert np.array_equal(*left)
    assert not np.array_equal(*images)


@pytest.mark.parametrize("rate", [8_000, 48_000, 192_000])
def test_a_tone_is_where_it_belongs(rate: int) -> None:
    low, high = (mel_db(source(sine(hz, rate, 1.0), rate), rate).mean(axis=1).argmax() for hz in (300, 3000))
    assert 0 < low < high < MELS


def test_loudness_does_not_change_the_picture() -> None:
    x = noise(1, 32_000)
    loud, quiet = (mel_db(source(gain * x, 16_000), 32_000) for gain in (1.0, 0.01))
    np.testing.assert_allclose(loud, quiet, atol=0.1)


@pytest.mark.parametrize("n", [1, 700, 16_000, 16_000 * 600])
def test_any_length_costs_the_same_picture(n: int) -> None:
    decibels = mel_db(source(np.full((1, n), 0.1, np.float32), 16_000), n)
    assert decibels.shape[0] == MELS
    assert 8 <= decibels.shape[1] <= COLUMNS
    assert np.isfinite(decibels).all()


def test_pyplots_global_state_stays_empty() -> None:
    code = """if True:
        import sys, service.spectrograms
        service.spectrograms.warm_up_drawing()
        pyplot = sys.modules.get("matplotlib.pyplot")
        assert pyplot is None or not pyplot.get_fignums()
    """
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
