"""Spectrograms: their size, their axes, and nothing global."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from pipeline.audio import Audio
from pipeline.stream.source import InMemory
from service import languages
from service.languages import chosen
from service.media.picture import COLUMNS, MELS, PANEL_PX, WIDTH_PX, Panel, draw, mel_db, titles
from tests.pipeline.signals import noise, sine


def source(x: np.ndarray, rate: int) -> InMemory:
    return InMemory(Audio(x, rate))


@pytest.mark.parametrize("dark", [False, True])
def test_both_panels_are_alike_but_for_what_they_show(tmp_path: Path, dark: bool) -> None:
    before, after = source(noise(2, 16_000), 16_000), source(np.zeros((2, 16_000)), 16_000)
    draw([Panel("", before), Panel("", after)], 16_000, tmp_path / "x.png", dark=dark)
    image = np.asarray(PIL.Image.open(tmp_path / "x.png").convert("RGB"))
    assert image.shape == (2 * PANEL_PX, WIDTH_PX, 3)
    assert (image[0, 0].mean() < 128) == dark
    upper, lower = image[:PANEL_PX], image[PANEL_PX:]
    assert np.array_equal(upper[:, :60], lower[:, :60])  # the axis
    assert not np.array_equal(upper, lower)


@pytest.mark.parametrize(("asked", "language"), [("en", "en"), ("xx", "en"), ("../en", "en"), ("", "en")])
def test_what_stands_above_is_in_a_language_of_the_page(asked: str, language: str) -> None:
    assert chosen(asked) == language
    assert titles(language) == ("Before", "After")


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
        import sys, service.media.picture
        service.media.picture.warm_up_drawing()
        pyplot = sys.modules.get("matplotlib.pyplot")
        assert pyplot is None or not pyplot.get_fignums()
    """
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_channel_is_seen() -> None:
    """Whichever channel a sound is in, it is in the picture; and both have the same weight."""
    rate = 16_000
    low, high, nothing = sine(400, rate, 1), sine(3_000, rate, 1), np.zeros((1, rate), np.float32)
    left, right = (mel_db(source(np.concatenate(pair), rate), rate) for pair in ((low, nothing), (nothing, low)))
    np.testing.assert_allclose(left, right, atol=1e-3)
    both, swapped = (mel_db(source(np.concatenate(pair), rate), rate) for pair in ((low, high), (high, low)))
    np.testing.assert_allclose(both, swapped, atol=1e-3)
    mono = mel_db(source(low + high, rate), rate)
    loud = mono > -40
    np.testing.assert_allclose(both[loud], mono[loud], atol=1)


def test_time_runs_from_left_to_right() -> None:
    rate = 16_000
    x = np.concatenate((np.zeros((1, rate), np.float32), sine(1_000, rate, 1)), axis=1)
    loudest = mel_db(source(x, rate), 2 * rate).max(axis=0)
    columns = loudest.size
    assert loudest[: round(0.45 * columns)].max() < -60
    assert loudest[round(0.55 * columns) :].min() > -20


def test_what_is_75_db_down_is_drawn_as_paper_and_the_loudest_as_bright(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shades = []
    for level_db in (0.0, -40.0, -75.0, -90.0):
        monkeypatch.setattr("service.media.picture.mel_db", lambda *_, db=level_db: np.full((MELS, 20), db, np.float32))
        draw([Panel("", source(np.zeros((1, 9)), 16_000))], 16_000, tmp_path / "x.png")
        image = np.asarray(PIL.Image.open(tmp_path / "x.png").convert("L")).astype(float)
        shades.append(image[100:200, 400:900].mean())
    assert shades[0] > shades[1] + 50 > shades[2] + 60
    assert shades[2] == pytest.approx(shades[3], abs=1)


@pytest.mark.parametrize("rate", [16_000, 48_000])
def test_harmonics_of_a_voice_stay_apart_and_consonants_too(rate: int) -> None:
    """A window of some 46 ms: 100 Hz apart is two lines, 100 ms apart is two events."""
    two = mel_db(source(sine(300, rate, 1) + sine(500, rate, 1), rate), rate).mean(axis=1)
    low, high = sorted(np.argsort(two)[-2:]) if abs(np.diff(np.argsort(two)[-2:])[0]) > 2 else (0, 0)
    assert two[low:high].min(initial=0) < two.max() - 20
    clicks = np.zeros((1, 2 * rate), np.float32)
    clicks[0, [rate // 2, round(0.6 * rate)]] = 1
    events = mel_db(source(clicks, rate), 2 * rate).max(axis=0)
    loud = np.flatnonzero(events > -20)
    assert (np.diff(loud) > 1).sum() == 1


def test_drawing_again_opens_no_fonts_again(tmp_path: Path) -> None:
    """Every visitor's request has a thread of its own; Matplotlib's fonts are opened for each thread that draws."""
    descriptors = Path("/proc/self/fd")
    if not descriptors.is_dir():
        pytest.skip("descriptors are counted on Linux")

    def visit() -> None:
        draw([Panel("", source(noise(1, 8000), 16_000))], 8000, tmp_path / f"{threading.get_ident()}.png")
        drawn.release()
        end.wait(60)

    counts, drawn, end = [], threading.Semaphore(0), threading.Event()
    threads = [threading.Thread(target=visit) for _ in range(4)]
    for thread in threads:  # each is still there when the next one comes: a new one may have the name of an old one
        thread.start()
        assert drawn.acquire(timeout=60)
        counts.append(len(list(descriptors.iterdir())))
    end.set()
    for thread in threads:
        thread.join()
    assert counts[3] == counts[0]


@pytest.mark.parametrize(
    ("rate", "named"),
    [
        (8_000, "125 Hz, 250 Hz, 500 Hz, 1 kHz, 2 kHz"),
        (16_000, "125 Hz, 250 Hz, 500 Hz, 1 kHz, 2 kHz, 4 kHz"),
        (48_000, "125 Hz, 250 Hz, 500 Hz, 1 kHz, 2 kHz, 4 kHz, 8 kHz, 16 kHz"),
    ],
)
def test_the_axis_names_the_frequencies_that_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rate: int, named: str
) -> None:
    """One beyond the recording's would stretch the axis, and leave the top of the picture empty."""
    axes: list[Any] = []
    monkeypatch.setattr("matplotlib.figure.Figure.savefig", lambda figure, *_, **__: axes.extend(figure.axes))
    draw([Panel("$a title$", source(np.zeros((1, rate)), rate))], rate, tmp_path / "x.png")
    (drawn,) = axes
    assert drawn.get_title(loc="left") == "$a title$"
    assert drawn.xaxis.get_major_formatter()(0.5) == "0.5 s"
    assert ", ".join(label.get_text() for label in drawn.get_yticklabels()) == named
    assert list(drawn.get_yticks()) == [125 * 2**octave for octave in range(named.count(",") + 1)]
    assert drawn.get_ylim()[1] == pytest.approx(rate / 2, rel=0.05)


def test_a_language_that_is_still_being_translated_borrows_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, words in (
        ("en", '{"player.before": "Before", "player.after": "After"}'),
        ("xx", '{"player.before": ""}'),
    ):
        (tmp_path / f"{name}.json").write_text(words)
    monkeypatch.setattr("service.languages.WORDS", tmp_path)
    languages._catalogue.cache_clear()
    assert titles("xx") == ("Before", "After")
    languages._catalogue.cache_clear()
