"""What will not fit into memory is refused in words, before it is begun; what fits is done."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import runtime_setup
from pipeline import Audio, EnhancementError, enhance, enhance_file, load, save
from pipeline.memory import MIB, NoMemoryError, check_free, working_bytes
from tests.pipeline.signals import noise

RATE = 16_000


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """Call it with the bytes that shall be free."""
    return lambda amount: monkeypatch.setattr(runtime_setup, "free_memory_bytes", lambda: amount)


def test_what_an_enhancement_takes_goes_by_rate_and_channels() -> None:
    assert working_bytes(48_000, 2) == pytest.approx(60 * MIB, rel=0.05)
    assert working_bytes(192_000, 8) == pytest.approx(940 * MIB, rel=0.05)


def test_some_is_left_for_others(free) -> None:  # type: ignore[no-untyped-def]
    free(124 * MIB)
    check_free(100 * MIB)
    with pytest.raises(NoMemoryError) as refusal:
        check_free(100 * MIB + 1)
    assert refusal.value.message == "This takes about 100 MB of memory, and 124 MB are free."
    assert refusal.value.status == 507
    assert refusal.value.suggestion


def test_a_file_is_refused_before_the_work(free, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    save(tmp_path / "in.wav", Audio(noise(2, RATE, -40), RATE))
    free(working_bytes(RATE, 2) + 23 * MIB)
    with pytest.raises(NoMemoryError):
        enhance_file(tmp_path / "in.wav", tmp_path / "out.wav", progress=lambda *_: pytest.fail("it was begun"))
    assert [path.name for path in tmp_path.iterdir()] == ["in.wav"]
    free(working_bytes(RATE, 2) + 25 * MIB)
    enhance_file(tmp_path / "in.wav", tmp_path / "out.wav")


def test_in_memory_the_samples_count_too(free) -> None:  # type: ignore[no-untyped-def]
    audio = Audio(noise(1, 60 * RATE, -40), RATE)
    free(working_bytes(RATE, 1) + 24 * MIB + audio.samples.nbytes)
    with pytest.raises(EnhancementError, match="of memory"):
        enhance(audio)


def test_loading_ends_before_the_memory_does(  # type: ignore[no-untyped-def]
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("pipeline.files.decode.STEP_BYTES", 2 * MIB)
    left = [100 * MIB]

    def taken() -> float:
        left[0] -= 20 * MIB
        return left[0]

    monkeypatch.setattr(runtime_setup, "free_memory_bytes", taken)
    save(tmp_path / "short.wav", Audio(np.zeros((2, 2 * MIB // 8), np.float32), RATE))
    assert load(tmp_path / "short.wav").samples.shape == (2, 2 * MIB // 8)
    left[0] = 100 * MIB
    save(tmp_path / "long.wav", Audio(np.zeros((2, 20 * MIB // 8), np.float32), RATE))
    with pytest.raises(NoMemoryError):
        load(tmp_path / "long.wav")
    assert left[0] == 20 * MIB
