"""What the decoders have in common: how they answer, and what they say of a file that has no sound for them."""

from __future__ import annotations

from collections.abc import Generator

from pipeline.audio import Samples
from pipeline.errors import AudioError

Blocks = Generator[tuple[int, Samples], None, None]  # sample rate in Hz, float32 (channels, n)


def damaged(details: str) -> AudioError:
    """What is said of a file that no decoder gets sound from."""
    return AudioError(
        "The file is damaged or incomplete: no sound could be read from it.",
        details=details,
        suggestion="Export or record it again, or choose another file.",
    )
