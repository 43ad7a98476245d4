"""Bad recordings through the API: one clear sentence each, nothing left behind, the next visitor unaffected."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.conftest import Server
from tests.web import curl

RATE = 16_000


def _wav(path: Path, x: np.ndarray, rate: int = RATE, subtype: str = "PCM_16") -> Path:
    soundfile.write(path, x, rate, subtype=subtype, format="WAV")
    return path


def _bytes(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def _nan() -> np.ndarray:
    x = np.zeros(RATE, np.float32)
    x[77:7_777] = np.nan  # a few would be mended
    return x


BAD = {
    "empty": (lambda p: _bytes(p, b""), 422),
    "text": (lambda p: _bytes(p, b"Dear diary, this is not a sound.\n" * 50), 422),
    "html": (lambda p: _bytes(p, b"<html><script>alert(1)</script></html>"), 422),
    "header only": (lambda p: _bytes(p, _wav(p, np.zeros(RATE)).read_bytes()[:44]), 422),
    "half a header": (lambda p: _bytes(p, b"RIFF\x24\0\0\0WAVEfmt "), 422),
    "noise": (lambda p: _bytes(p, np.random.default_rng(0).bytes(50_000)), 422),
    "not a number": (lambda p: _wav(p, _nan(), subtype="FLOAT"), 422),
    "30 ms": (lambda p: _wav(p, np.zeros(RATE * 30 // 1000)), 413),
    "4 kHz": (lambda p: _wav(p, np.zeros(4000), 4000), 413),
    "9 channels": (lambda p: _wav(p, np.zeros((RATE, 9))), 413),
}


@pytest.mark.parametrize("endpoint", ["enhance", "analyze"])
@pytest.mark.parametrize("kind", BAD)
def test_bad_recordings(server: Server, tmp_path: Path, kind: str, endpoint: str) -> None:
    make, status = BAD[kind]
    before = server.kept()
    with pytest.raises(curl.ApiError) as refusal:
        curl.call(server.url, endpoint, file=curl.upload(server.url, make(tmp_path / "bad.wav")))
    error = refusal.value.error
    assert error["status"] == status
    assert error["error"].endswith(".")
    assert error["suggestion"]
    assert str(server.files) not in str(error)
    assert "Traceback" not in str(error)
    assert server.kept() == before


def test_a_truncated_recording_is_used_as_far_as_it_goes_or_refused_clearly(
    server: Server, talk: Path, tmp_path: Path
) -> None:
    whole = talk.read_bytes()
    part = _bytes(tmp_path / "cut.wav", whole[: len(whole) // 2])
    _, report = curl.call(server.url, "enhance", file=curl.upload(server.url, part))
    assert 1.0 < report["before"]["duration_s"] < 2.0


def test_silence_stays_silence(server: Server, tmp_path: Path) -> None:
    file, report = curl.call(
        server.url, "enhance", file=curl.upload(server.url, _wav(tmp_path / "silence.wav", np.zeros(RATE)))
    )
    assert not soundfile.read(file["path"])[0].any()
    assert report["after"]["lufs"] is None


def test_a_full_scale_square_wave_comes_back_below_the_ceiling(server: Server, tmp_path: Path) -> None:
    square = np.where(np.arange(RATE) // 40 % 2, 32767, -32768).astype(np.int16)
    _, report = curl.call(server.url, "enhance", file=curl.upload(server.url, _wav(tmp_path / "square.wav", square)))
    assert report["after"]["true_peak_dbtp"] <= -0.9


@pytest.mark.parametrize(
    "name", ["../../x.wav", "a\r\nSet-Cookie: b.wav", "<img onerror=x>.wav", "-rf.wav", "$(id).wav"]
)
def test_hostile_file_names(server: Server, talk: Path, name: str) -> None:
    file, _ = curl.call(server.url, "enhance", file=curl.upload(server.url, talk, name))
    kept = Path(file["path"])
    assert kept.is_relative_to(server.files)
    assert kept.name.endswith(".clean.wav")
    assert not set("<>$()\r\n/") & set(kept.name)
    assert not kept.name.startswith("-")


def test_the_next_visitor_is_unaffected(server: Server, talk: Path) -> None:
    _, report = curl.call(server.url, "enhance", file=curl.upload(server.url, talk))
    assert report["after"]["lufs"] == pytest.approx(-16.0, abs=0.5)
