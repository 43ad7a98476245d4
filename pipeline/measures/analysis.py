"""What a recording measures, in one pass over its blocks."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any

from pipeline.audio import Audio, Samples
from pipeline.dsp.decibels import amplitude_db
from pipeline.errors import AudioError
from pipeline.loudness.meter import LoudnessMeter
from pipeline.loudness.true_peak import PeakMeter
from pipeline.settings import Declick
from pipeline.stages.declick import ClickMeter
from pipeline.stages.declip.clipping import ClippingMeter
from pipeline.stages.dehum.listener import HumMeter
from pipeline.stream.meter import Meter
from pipeline.stream.stage import split

from .bandwidth import BandMeter
from .content.meter import NOTHING, Content, ContentMeter
from .levels import FramePowers, measure
from .reverberation import DecayMeter

CLICKS = Declick(50.0)  # what counts as a click

# From here on a recording is called so, by the advice, by `auto` and by whoever else asks.
CLIPPED_PERCENT = 0.005
CLICKS_PER_MINUTE = 6.0
HUM_DBFS = -70.0
NOISY_SNR_DB, VERY_NOISY_SNR_DB = 15.0, 6.0
NOISY_CLEARANCE_DB = 15.0
REVERBERANT_S, VERY_REVERBERANT_S = 0.5, 0.9
NARROW_HZ, DULL_HZ, FULL_HZ = 4_200.0, 7_600.0, 10_000.0
QUIET_LUFS = -38.0


@dataclass(frozen=True)
class Analysis:
    """Measures of one recording; None where a measure does not exist (silence has no loudness).

    noise_floor_dbfs, speech_dbfs : mean power between the words and of the words, dB re full scale
    snr_db : estimate from levels alone
    activity_percent : of the time, somebody speaks (or something as loud sounds)
    hum_hz, hum_dbfs : frequency and level of mains hum
    clipped_percent : of the samples
    clicks_per_minute : as the declicker counts them at 50 %
    bandwidth_hz : where the recording's band ends
    t60_s : time in which the room's sound falls by 60 dB, estimated from how words die away
    clearance_db : from the quietest tenth of what sounds up to the speech
    content : what is there beside speech, and whether there is speech
    """

    duration_s: float
    sample_rate: int
    channels: int
    lufs: float | None
    true_peak_dbtp: float | None
    noise_floor_dbfs: float | None
    snr_db: float | None
    speech_dbfs: float | None = None
    activity_percent: float = 0.0
    hum_hz: float | None = None
    hum_dbfs: float | None = None
    clipped_percent: float = 0.0
    clicks_per_minute: float = 0.0
    bandwidth_hz: float | None = None
    t60_s: float | None = None
    clearance_db: float | None = None
    content: Content = NOTHING

    @property
    def clipped(self) -> bool:
        return self.clipped_percent >= CLIPPED_PERCENT

    @property
    def clicking(self) -> bool:
        return self.clicks_per_minute >= CLICKS_PER_MINUTE

    @property
    def humming(self) -> bool:
        return self.hum_hz is not None and self.hum_dbfs is not None and self.hum_dbfs >= HUM_DBFS

    @property
    def noisy(self) -> bool:
        """The speech is not far above the noise."""
        return self.snr_db is not None and self.snr_db <= NOISY_SNR_DB

    @property
    def very_noisy(self) -> bool:
        return self.snr_db is not None and self.snr_db < VERY_NOISY_SNR_DB

    @property
    def close_to_noise(self) -> bool:
        """Even what is quietest is near to the speech: noise that does not pause."""
        return self.clearance_db is not None and self.clearance_db < NOISY_CLEARANCE_DB

    @property
    def reverberant(self) -> bool:
        return self.t60_s is not None and self.t60_s >= REVERBERANT_S

    @property
    def very_reverberant(self) -> bool:
        return self.t60_s is not None and self.t60_s > VERY_REVERBERANT_S

    @property
    def narrow(self) -> bool:
        """A telephone's band."""
        return self.bandwidth_hz is not None and self.bandwidth_hz <= NARROW_HZ

    @property
    def dull(self) -> bool:
        """The band of a call, or of a low bit rate."""
        return self.bandwidth_hz is not None and self.bandwidth_hz <= DULL_HZ

    @property
    def full_band(self) -> bool:
        """The band reaches the sibilants."""
        return self.bandwidth_hz is not None and self.bandwidth_hz > FULL_HZ

    @property
    def quiet(self) -> bool:
        return self.lufs is not None and self.lufs <= QUIET_LUFS

    def as_dict(self) -> dict[str, Any]:
        values = {k: round(v, 3) if isinstance(v, float) else v for k, v in asdict(self).items()}
        return {**values, "content": [stretch._asdict() for stretch in self.content.stretches]}


class Analyzer:
    """All measures of a recording that comes in blocks. listens : for music, singing, laughter and applause, too."""

    def __init__(self, sample_rate: int, channels: int, *, listens: bool = True) -> None:
        self._sample_rate, self._channels, self._samples = sample_rate, channels, 0
        self._loudness, self._peak = LoudnessMeter(sample_rate, channels), PeakMeter(channels)
        self._powers, self._band = FramePowers(sample_rate), BandMeter(sample_rate)
        self._hum, self._clipping = HumMeter(sample_rate, channels), ClippingMeter(sample_rate, channels)
        self._clicks, self._decay = ClickMeter(CLICKS, sample_rate, channels), DecayMeter(sample_rate)
        self._parts: tuple[Meter[object], ...] = (
            self._loudness, self._peak, self._powers, self._band, self._hum, self._clipping, self._clicks, self._decay,
        )  # fmt: skip
        self._content = ContentMeter(sample_rate, channels) if listens else None

    def add(self, block: Samples) -> None:
        """The next block (channels, n)."""
        self._samples += block.shape[1]
        for part in self._parts:
            part.add(block)
        if self._content is not None:
            self._content.add(block)

    def result(self) -> Analysis:
        """The measures of all blocks. Afterwards no more can be added."""
        if not self._samples:
            raise AudioError("The recording is empty: it holds no samples.")
        duration_s = self._samples / self._sample_rate
        levels, hum, peak = measure(self._powers.result()), self._hum.result(), amplitude_db(self._peak.result())
        return Analysis(
            duration_s=duration_s,
            sample_rate=self._sample_rate,
            channels=self._channels,
            lufs=self._loudness.result(),
            true_peak_dbtp=peak if math.isfinite(peak) else None,
            noise_floor_dbfs=levels.noise_floor_dbfs,
            snr_db=levels.snr_db,
            speech_dbfs=levels.speech_dbfs,
            activity_percent=levels.activity_percent,
            hum_hz=None if hum is None else hum.hz,
            hum_dbfs=None if hum is None else hum.level_dbfs,
            clipped_percent=self._clipping.result(),
            clicks_per_minute=60 * self._clicks.result() / duration_s,
            bandwidth_hz=self._band.result(),
            t60_s=self._decay.result(),
            clearance_db=levels.clearance_db,
            content=NOTHING if self._content is None else self._content.result(),
        )


def analyze_blocks(
    blocks: Iterable[Samples], sample_rate: int, channels: int, on_block: Callable[[], None] = lambda: None
) -> Analysis:
    """Measure consecutive blocks (channels, n). on_block is called before each; what it raises passes through."""
    analyzer = Analyzer(sample_rate, channels)
    for block in blocks:
        on_block()
        analyzer.add(block)
    return analyzer.result()


def analyze(audio: Audio, *, on_block: Callable[[], None] = lambda: None) -> Analysis:
    """Loudness (BS.1770), true peak, noise floor, hum, clipping, clicks, band and room of a recording.

    on_block : called about every second of audio; what it raises (a cancellation) passes through.
    """
    blocks = split(audio.samples, audio.sample_rate)
    return analyze_blocks(blocks, audio.sample_rate, audio.channels, on_block)
