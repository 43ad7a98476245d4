"""Whatever is kept: the result is the one that would be made without it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as tried
from hypothesis import strategies as st

from pipeline import PRESETS, Audio, Cancelled, Settings, enhance_file, save
from pipeline.cache.store import Store
from pipeline.cache.work import RecordingCache
from pipeline.neural.network import Network
from pipeline.settings import Channels, Content, Declick, Dehum, Denoise, Dereverb, Level, Loudness, Mix, Tone
from tests.pipeline.signals import noise, speech_like

RATE = 16_000
MOVES: dict[str, Callable[[Settings], Settings]] = {
    "as it is": lambda s: s,
    "loudness": lambda s: replace(s, loudness=Loudness(True, -23.0)),
    "no loudness": lambda s: replace(s, loudness=Loudness(False)),
    "tone": lambda s: replace(s, tone=Tone(110.0, 2.0, -3.0)),
    "no filter": lambda s: replace(s, tone=Tone(0.0)),
    "level": lambda s: replace(s, level=Level(9.0)),
    "mix": lambda s: replace(s, mix=Mix(60.0)),
    "dry": lambda s: replace(s, mix=Mix(0.0)),
    "strength": lambda s: replace(s, denoise=Denoise(14.0)),
    "spectral": lambda s: replace(s, denoise=Denoise(20.0, "spectral")),
    "no noise reduction": lambda s: replace(s, denoise=Denoise(0.0), dereverb=Dereverb(9.0)),
    "dereverb": lambda s: replace(s, dereverb=Dereverb(12.0)),
    "declick": lambda s: replace(s, declick=Declick(60.0)),
    "no dehum": lambda s: replace(s, dehum=Dehum(0.0)),
    "apart": lambda s: replace(s, channels=Channels("independent")),
    "keep music": lambda s: replace(s, content=Content(True)),
}
ENOUGH, SCARCE = 1e9, 400_000.0  # bytes; the second holds the sound of one channel, hardly of two


def recording(channels: int, seconds: float = 2.2) -> Audio:
    speech = speech_like(RATE, seconds)
    t = np.arange(speech.shape[1]) / RATE
    hum = (0.02 * np.sin(2 * np.pi * 50 * t)).astype(np.float32)
    x = np.repeat(speech, channels, axis=0) * np.linspace(1, 0.7, channels, dtype=np.float32)[:, None]
    x = x + noise(channels, speech.shape[1], -42) + hum
    x[:, :: RATE // 2] += 0.5
    return Audio(x, RATE)


class Desk:
    """Enhances one recording, with and without what is kept."""

    def __init__(self, folder: Path, channels: int, most_bytes: float) -> None:
        self.folder, self.source = folder, folder / "talk.wav"
        save(self.source, recording(channels), subtype="FLOAT")
        self.store = Store(folder, most_bytes)
        self.cache = RecordingCache(self.store, channels)

    def __enter__(self) -> Desk:
        return self

    def __exit__(self, *_: object) -> None:
        self.store.clear()

    def made(self, wanted: Settings, *, keeps: bool) -> tuple[bytes, bytes, object]:
        target, removed = self.folder / "a.wav", self.folder / "b.flac"
        report = enhance_file(
            self.source, target, wanted, removed=removed, subtype="FLOAT", cache=self.cache if keeps else None
        )
        return target.read_bytes(), removed.read_bytes(), replace(report, processing_s=0.0)


@given(
    moves=st.lists(st.sampled_from(sorted(MOVES)), min_size=2, max_size=3),
    channels=st.sampled_from([1, 2]),
    most_bytes=st.sampled_from([ENOUGH, SCARCE]),
)
@example(moves=["loudness", "tone", "mix"], channels=1, most_bytes=ENOUGH)
@example(moves=["apart", "strength", "level"], channels=2, most_bytes=ENOUGH)
@tried(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_kept_is_fresh(moves: list[str], channels: int, most_bytes: float) -> None:
    with tempfile.TemporaryDirectory() as folder, Desk(Path(folder), channels, most_bytes) as desk:
        wanted = PRESETS["default"]
        for move in moves:
            wanted = MOVES[move](wanted)  # one after the other, as sliders are moved
            assert desk.made(wanted, keeps=True) == desk.made(wanted, keeps=False), move
        assert desk.store.held_bytes <= most_bytes
        desk.store.clear()
        assert desk.store.held_bytes == 0


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Desk(tmp_path, 1, ENOUGH) as made:
        yield made


def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The layers of the network that are asked."""
    asked: list[int] = []
    plain = Network.layer

    def layer(self: Network, number: int, *rest: object) -> object:
        asked.append(number)
        return plain(self, number, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Network, "layer", layer)
    return asked


@pytest.mark.parametrize("move", ["loudness", "tone", "level", "mix", "strength", "dereverb"])
def test_the_network_is_not_asked_twice(desk: Desk, monkeypatch: pytest.MonkeyPatch, move: str) -> None:
    desk.made(Settings(), keeps=True)
    asked = counted(monkeypatch)
    desk.made(MOVES[move](Settings()), keeps=True)
    assert not asked
    desk.made(MOVES["declick"](Settings()), keeps=True)  # what it hears is another
    assert asked


def test_the_recording_is_measured_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = desk.made(Settings(), keeps=True)
    monkeypatch.setattr("pipeline.enhancement._measured", None)
    assert desk.made(Settings(), keeps=True) == fresh


def test_work_that_was_stopped_leaves_nothing_half_done(desk: Desk) -> None:
    looks = iter([False] * 6 + [True] * 99)
    with pytest.raises(Cancelled):
        enhance_file(desk.source, desk.folder / "c.wav", cache=desk.cache, cancelled=lambda: next(looks))
    assert desk.store.held_bytes == 0
    assert desk.made(Settings(), keeps=True) == desk.made(Settings(), keeps=False)


def test_another_recording_gets_nothing_of_it(desk: Desk, tmp_path: Path) -> None:
    desk.made(Settings(), keeps=True)
    (tmp_path / "other").mkdir()
    with Desk(tmp_path / "other", 2, ENOUGH) as other:
        other.cache = RecordingCache(desk.store, "other")
        assert other.made(Settings(), keeps=True) == other.made(Settings(), keeps=False)
