"""Of which kind a pair is, by its row in a manifest."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.quality import kinds


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("DEMAND test noises (bus/cafe/living/office/psquare; which one not given)", "DEMAND, not told apart"),
        ("VB-DEMAND train noises", "DEMAND, not told apart"),
        ("music (drums)", "music"),
        ("cafe/restaurant", "voices"),
        ("baby cries", "voices"),
        ("airport announcements", "voices"),
        ("airplane", "traffic"),
        ("air conditioner", "machines"),
        ("windy street, crows", "weather and fire"),
        ("street with buses, trams, people", "traffic"),
        ("running tap", "household"),
        ("keyboard (topre)", "keys and clicks"),
        ("Dog barks", "animals"),
        ("none", "no noise"),
        ("a terrain", "other"),
        ("", ""),
    ],
)
def test_noises_have_coarse_names(name: str, kind: str) -> None:
    assert kinds.noise(name) == kind


@pytest.mark.parametrize(
    ("snr_db", "band"),
    [
        ("-0.1", "below 0 dB"), ("0", "0–10 dB"), ("9.9", "0–10 dB"), ("10", "10–20 dB"), ("20", "20–30 dB"),
        ("30.0", "20–30 dB"), ("30.1", "above 30 dB"), ("", ""), ("2.5/7.5/12.5", ""),
    ],
)  # fmt: skip
def test_bands_of_the_ratio_of_speech_to_noise(snr_db: str, band: str) -> None:
    assert kinds.band(snr_db) == band


def test_a_manifest_is_read_by_name(tmp_path: Path) -> None:
    rows = [
        "file,subset,noise_type,rir,sample_rate,snr_db",
        "pairs/*/a.wav,v16,rain,,16000,5",
        "pairs/*/b.wav,,,hall,,",
    ]
    (tmp_path / "manifest.csv").write_text("\n".join(rows), encoding="utf-8")
    assert kinds.of_folder(tmp_path) == {
        "a": {
            "voice": "v16", "noise": "weather and fire", "room": kinds.NO_ROOM, "SNR": "0–10 dB", "rate": "16000 Hz"
        },
        "b": {"room": kinds.ROOM},
    }  # fmt: skip
    assert kinds.of_folder(tmp_path / "nowhere") == {}


def test_groups_of_fewer_than_three_are_left_out() -> None:
    told = {name: {"rate": rate} for name, rate in zip("abcdefgh", ["48000", "8000"] * 3 + ["44100"] * 2, strict=True)}
    told["i"] = {"noise": "music"}
    assert kinds.groups(told, "rate", told) == {"8000": ["b", "d", "f"], "48000": ["a", "c", "e"]}
    assert list(kinds.groups(told, "rate", told)) == ["8000", "48000"]
    assert kinds.groups(told, "rate", "abcd") == {}
