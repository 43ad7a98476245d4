"""How much of the enhancement: the mix is what it is said to be, at its loudness, in step."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from pipeline import Settings, load
from pipeline.audio import Audio, Samples
from pipeline.errors import Cancelled
from pipeline.files.formats import Encoding
from pipeline.files.limits import OURS
from pipeline.files.tags.read import metadata
from pipeline.loudness.meter import LoudnessMeter
from pipeline.loudness.true_peak import PeakMeter
from pipeline.stream.source import InMemory
from service.jobs import Order, Outcome, enhance
from service.media import amount
from service.site import Site
from service.work import Handle
from tests.pipeline.signals import noise, sine, speech_like

QUICK: dict[str, Any] = {"denoise_method": "spectral"}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Stereo, 24 bit, with a title."""
    path, x = tmp_path / "talk.wav", speech_like(16_000, 3.0) + noise(2, 48_000, -45.0)
    with soundfile.SoundFile(path, "w", 16_000, 2, "PCM_24") as file:
        file.title = "A talk"
        file.write(x.T)
    return path


def outcome(site: Site, source: Path, form: str = "wav", **settings: Any) -> tuple[Order, Outcome]:
    order = Order(source, Settings.from_flat(QUICK | settings), form, Encoding("auto", 192))
    return order, enhance(Handle(), site, order)


def mixed(order: Order, made: Outcome, percent: int, form: str = "wav") -> Samples:
    target = amount.place(made, percent, form)
    amount.make(Handle(), order, made, percent, target)
    return load(target, limits=OURS).samples


def level_db(x: Samples) -> float:
    return float(10 * np.log10(np.mean(np.square(x, dtype=np.float64)) + 1e-20))


@pytest.mark.parametrize("percent", [0, 30, 99])
def test_it_is_the_mix_of_both(site: Site, source: Path, percent: int) -> None:
    order, made = outcome(site, source, loudness_normalize=False)
    x, y = load(source).samples, load(made.after).samples
    assert level_db(x - y) > -60  # else anything would be the mix
    w = percent / 100
    assert level_db(mixed(order, made, percent) - (w * y + (1 - w) * x)) < -110


def test_both_are_equally_loud_in_it(site: Site, source: Path) -> None:
    """g: the gain that the enhancement applied. Without loudness set for the mix, the formula is seen bare."""
    order, made = outcome(site, source, loudness_target_lufs=-30.0)
    off = made.report.settings | {"loudness_normalize": False}
    made = replace(made, report=replace(made.report, settings=off))
    x, y = load(source).samples, load(made.after).samples
    assert abs(made.report.gain_db) > 1
    expected = 0.6 * y + 0.4 * 10 ** (made.report.gain_db / 20) * x
    assert level_db(mixed(order, made, 60) - expected) < -110


@pytest.mark.parametrize(("form", "percent"), [("wav", 20), ("mp3", 50)])
def test_loudness_and_ceiling_are_met(site: Site, source: Path, form: str, percent: int) -> None:
    order, made = outcome(site, source, loudness_target_lufs=-14.0, loudness_ceiling_dbtp=-3.0)
    y = mixed(order, made, percent, form)
    loudness, peak = LoudnessMeter(16_000, 2), PeakMeter(2)
    loudness.add(y)
    peak.add(y)
    assert loudness.result() == pytest.approx(-14.0, abs=0.15)
    assert 20 * np.log10(peak.result()) <= -2.95


@pytest.mark.parametrize("form", ["opus", "mp3", "flac"])
def test_a_result_of_another_form_is_in_step(site: Site, source: Path, form: str) -> None:
    """Opus has another rate than the recording; codecs are late. Where they were out of step, halves would cancel."""
    order, made = outcome(site, source, form, loudness_normalize=False, denoise_strength_db=0.0, tone_rumble_hz=0.0)
    y, x = mixed(order, made, 50), load(source).samples
    assert y.shape == x.shape
    assert level_db(y - x) < level_db(x) - (60 if form == "flac" else 18)


def test_a_part_and_its_tags_and_depth(site: Site, source: Path) -> None:
    order = Order(source, Settings.nothing(), stretch=(0.5, 1.0))
    made = enhance(Handle(), site, order)
    for form in ("wav", "flac"):
        y = mixed(order, made, 40, form)
        assert y.shape == (2, 16_000)
        assert np.allclose(y, load(made.after).samples, atol=2e-6)
        target = amount.place(made, 40, form)
        assert soundfile.info(target).subtype == "PCM_24"
        assert metadata(target).first("TITLE") == "A talk"


def test_the_result_itself_is_not_made_again(site: Site, source: Path) -> None:
    _, made = outcome(site, source, **Settings.nothing().flat())
    assert amount.place(made, 100, "wav") == made.after
    assert amount.place(made, 100, "flac") != made.after
    assert len({amount.place(made, percent, form) for percent in (0, 7, 70) for form in ("wav", "mp3")}) == 6


def test_cancelled_nothing_stays(site: Site, source: Path) -> None:
    order, made = outcome(site, source, **Settings.nothing().flat())
    before, handle = set(made.folder.iterdir()), Handle()
    handle._cancel.set()
    with pytest.raises(Cancelled):
        amount.make(handle, order, made, 50, amount.place(made, 50, "wav"))
    assert set(made.folder.iterdir()) == before


def test_blocks_of_any_size_are_paired() -> None:
    x, y = noise(1, 1000), noise(1, 990, seed=1)  # the result lacks a few
    sizes = (np.split(x, [3, 400, 401], axis=1), np.split(y, [100, 101, 850], axis=1))
    found = np.concatenate(list(amount.mixed(iter(sizes[0]), iter(sizes[1]), 25, -6.0)), axis=1)
    whole = np.pad(y, ((0, 0), (0, 10)))
    assert np.allclose(found, 0.25 * whole + 0.75 * 10 ** (-6 / 20) * x, atol=1e-6)


@pytest.mark.parametrize("length", [48_000, 50_001])
def test_at_another_rate_nothing_is_lost_or_late(length: int) -> None:
    x = sine(440.0, 48_000, length / 48_000)
    y = np.concatenate(list(amount.at_rate(InMemory(Audio(x, 48_000)), 16_000)), axis=1)
    assert y.shape[1] == pytest.approx(length / 3, abs=1)
    assert np.allclose(y[:, 100:-100], sine(440.0, 16_000, length / 48_000)[:, 100 : y.shape[1] - 100], atol=1e-3)
