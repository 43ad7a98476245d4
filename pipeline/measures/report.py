"""What an enhancement changed: as a table, as JSON, as text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pipeline.parameter import Value

from .advice import advice
from .analysis import Analysis
from .content import words
from .verdict import changes, verdict


@dataclass(frozen=True)
class Report:
    """before, after : measures; gain_db : applied for the loudness; denoiser : the one that worked
    ("neural", "spectral" or "off"); notes : what the listener should know; remarks : what could not be read of the
    recording, was mended, or contradicts its header."""

    before: Analysis
    after: Analysis
    gain_db: float
    processing_s: float
    settings: dict[str, Value]
    denoiser: str
    notes: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def real_time_factor(self) -> float:
        return self.processing_s / self.before.duration_s

    @property
    def advice(self) -> tuple[str, ...]:
        """What would have made the recording itself better."""
        return advice(self.before)

    @property
    def verdict(self) -> str:
        """What was done, in one sentence."""
        return verdict(self.before, self.after, self.gain_db, self.settings)

    @property
    def changes(self) -> list[str]:
        """The parts of the verdict."""
        return changes(self.before, self.after, self.gain_db, self.settings)

    @property
    def kind(self) -> str:
        """What the recording is: "speech", "music", "silence", or "other" where none of them was found."""
        if self.before.speech_dbfs is None:
            return "silence"
        content = self.before.content
        if content.speech is not False:
            return "speech"
        return "music" if any(stretch.kind in ("music", "singing") for stretch in content.stretches) else "other"

    def rows(self) -> list[tuple[str, str, str]]:
        """(measure, before, after), in words."""
        return [(name, text(self.before), text(self.after)) for name, text in _ROWS]

    def done(self) -> tuple[str, ...]:
        """What the stages that were on have removed, in sentences."""
        b, a, on = self.before, self.after, self.settings
        said = []
        if on.get("dehum_strength_db") and b.hum_hz is not None and b.hum_dbfs is not None:
            left = "all that was found" if a.hum_dbfs is None else f"{b.hum_dbfs + self.gain_db - a.hum_dbfs:.0f} dB"
            said.append(f"Hum at {b.hum_hz:.1f} Hz: {left} removed.")
        if on.get("declip_strength_percent") and b.clipped:
            said.append(f"Clipped peaks rebuilt: {b.clipped_percent:.2g} % of the samples.")
        if on.get("declick_sensitivity_percent") and b.clicks_per_minute:
            said.append(f"Clicks: {b.clicks_per_minute:.0f} a minute before, {a.clicks_per_minute:.0f} after.")
        return tuple(said)

    def heard(self) -> tuple[str, ...]:
        """What is there beside speech, where, and what became of it, in sentences."""
        content, keeps = self.before.content, bool(self.settings.get("content_keep_music"))
        said = words.sentences(content, silent=self.before.speech_dbfs is None)
        return (*said, *words.offer(content, keeps))

    def sentences(self) -> tuple[str, ...]:
        """What stands below the table."""
        work = (f"Denoiser: {self.denoiser}.", *self.done(), *self.notes)
        return (*self.remarks, *self.heard(), *work, *self.advice)

    def as_dict(self) -> dict[str, Any]:
        return {
            "content": [stretch._asdict() for stretch in self.before.content.stretches],
            "heard": list(self.heard()),
            "verdict": self.verdict,
            "kind": self.kind,
            "before": self.before.as_dict(),
            "after": self.after.as_dict(),
            "gain_db": round(self.gain_db, 3),
            "processing_s": round(self.processing_s, 3),
            "real_time_factor": round(self.real_time_factor, 5),
            "denoiser": self.denoiser,
            "settings": self.settings,
            "remarks": list(self.remarks),
            "done": list(self.done()),
            "notes": list(self.notes),
            "advice": list(self.advice),
        }

    def __str__(self) -> str:
        rows = [("", "before", "after"), *self.rows()]
        lines = [f"{name:<34}{before:>22}{after:>22}" for name, before, after in rows]
        pace = f"{self.before.duration_s:.1f} s of audio in {self.processing_s:.2f} s"
        return "\n".join([*lines, pace, *self.sentences()])


def table(found: Analysis, remarks: tuple[str, ...] = ()) -> str:
    """The measures of one recording, in words."""
    form = f"{found.duration_s:.1f} s, {found.sample_rate} Hz, {found.channels} channel{'s' * (found.channels > 1)}"
    lines = [f"{name:<34}{text(found):>22}" for name, text in _ROWS]
    return "\n".join([*lines, form, *remarks, *advice(found)])


def _text(value: float | None, unit: str, digits: int = 1) -> str:
    return "none" if value is None else f"{value:.{digits}f} {unit}"


def _hum(a: Analysis) -> str:
    return "none" if a.hum_hz is None else f"{a.hum_hz:.1f} Hz, {_text(a.hum_dbfs, 'dBFS')}"


_ROWS = (
    ("Loudness", lambda a: _text(a.lufs, "LUFS")),
    ("True peak", lambda a: _text(a.true_peak_dbtp, "dBTP")),
    ("Noise floor", lambda a: _text(a.noise_floor_dbfs, "dBFS")),
    ("Signal-to-noise ratio (estimate)", lambda a: _text(a.snr_db, "dB")),
    ("Speech activity", lambda a: _text(a.activity_percent, "%", 0)),
    ("Mains hum", _hum),
    ("DC offset", lambda a: _text(a.dc_offset_percent, "%", 2) if a.dc_offset_percent >= 0.005 else "none"),
    ("Clipped", lambda a: _text(a.clipped_percent, "%", 3) if a.clipped_percent else "none"),
    ("Clicks", lambda a: _text(a.clicks_per_minute, "a minute", 0) if a.clicks_per_minute else "none"),
    ("Bandwidth", lambda a: "none" if a.bandwidth_hz is None else f"{a.bandwidth_hz / 1000:.1f} kHz"),
    ("Reverberation (T60, estimate)", lambda a: "unknown" if a.t60_s is None else f"{a.t60_s:.1f} s"),
)
