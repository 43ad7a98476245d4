"""What a recording measures, and what an enhancement changed: as a table, as JSON, as text."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from .audio import Audio
from .levels import frame_powers, measure
from .loudness import loudness
from .parameter import Value
from .stream import split
from .true_peak import to_db, true_peak


@dataclass(frozen=True)
class Analysis:
    """Measures of one recording; None where a measure does not exist (silence has no loudness)."""

    duration_s: float
    sample_rate: int
    channels: int
    lufs: float | None
    true_peak_dbtp: float | None
    noise_floor_dbfs: float | None
    snr_db: float | None

    def as_dict(self) -> dict[str, Any]:
        return {k: round(v, 3) if isinstance(v, float) else v for k, v in asdict(self).items()}


@dataclass(frozen=True)
class Report:
    """before, after : measures; gain_db : applied for the loudness; denoiser : the one that worked
    ("neural", "spectral" or "off"); notes : what the listener should know."""

    before: Analysis
    after: Analysis
    gain_db: float
    processing_s: float
    settings: dict[str, Value]
    denoiser: str
    notes: tuple[str, ...] = ()

    @property
    def real_time_factor(self) -> float:
        return self.processing_s / self.before.duration_s

    def rows(self) -> list[tuple[str, str, str]]:
        """(measure, before, after), in words."""
        b, a = self.before, self.after
        return [
            ("Loudness", _text(b.lufs, "LUFS"), _text(a.lufs, "LUFS")),
            ("True peak", _text(b.true_peak_dbtp, "dBTP"), _text(a.true_peak_dbtp, "dBTP")),
            ("Noise floor", _text(b.noise_floor_dbfs, "dBFS"), _text(a.noise_floor_dbfs, "dBFS")),
            ("Signal-to-noise ratio (estimate)", _text(b.snr_db, "dB"), _text(a.snr_db, "dB")),
        ]

    def remarks(self) -> tuple[str, ...]:
        """What stands below the table, in sentences."""
        return (f"Denoiser: {self.denoiser}.", *self.notes)

    def as_dict(self) -> dict[str, Any]:
        return {
            "before": self.before.as_dict(),
            "after": self.after.as_dict(),
            "gain_db": round(self.gain_db, 3),
            "processing_s": round(self.processing_s, 3),
            "real_time_factor": round(self.real_time_factor, 5),
            "denoiser": self.denoiser,
            "settings": self.settings,
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        rows = [("", "before", "after"), *self.rows()]
        lines = [f"{name:<34}{before:>14}{after:>14}" for name, before, after in rows]
        pace = f"{self.before.duration_s:.1f} s of audio in {self.processing_s:.2f} s"
        return "\n".join([*lines, pace, *self.remarks()])


def _text(value: float | None, unit: str) -> str:
    return "none" if value is None else f"{value:.1f} {unit}"


def analyze(audio: Audio, *, on_block: Callable[[], None] = lambda: None) -> Analysis:
    """Loudness (BS.1770), true peak, noise floor and an SNR estimate of a recording.

    on_block : called about every second of audio; what it raises (a cancellation) passes through.
    """
    levels = measure(frame_powers(split(audio.samples, audio.sample_rate), audio.sample_rate))
    on_block()
    lufs = loudness(audio.samples, audio.sample_rate, on_block)
    peak = to_db(true_peak(audio.samples))
    return Analysis(
        duration_s=audio.duration_s,
        sample_rate=audio.sample_rate,
        channels=audio.channels,
        lufs=lufs,
        true_peak_dbtp=peak if math.isfinite(peak) else None,
        noise_floor_dbfs=levels.noise_floor_dbfs,
        snr_db=levels.snr_db,
    )
