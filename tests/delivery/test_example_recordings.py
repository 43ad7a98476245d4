"""The clips that visitors are offered: small, credited, and fit to show what the enhancement does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline import load

FOLDER = Path(__file__).parents[2] / "assets" / "examples"
CLIPS = sorted(FOLDER.glob("*.flac"))


def test_every_clip_is_credited() -> None:
    credits = (FOLDER / "CREDITS.md").read_text("utf-8")
    assert len(CLIPS) >= 3
    assert all(f"`{clip.name}`" in credits for clip in CLIPS)
    assert {path.name for path in FOLDER.iterdir()} == {"CREDITS.md", "made", *(clip.name for clip in CLIPS)}


@pytest.mark.parametrize("clip", CLIPS, ids=lambda clip: clip.stem)
def test_clips_are_small_and_not_clipped(clip: Path) -> None:
    audio = load(clip)
    assert clip.stat().st_size < 1_200_000
    assert 4 <= audio.duration_s <= 12
    assert 0.1 < np.abs(audio.samples).max() < 0.9
