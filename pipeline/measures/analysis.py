"""What a recording measures, in one pass over its blocks."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple, TypeAlias

from pipeline.audio import Audio, Samples
from pipeline.dsp.decibels import amplitude_db
from pipeline.errors import AudioError
from pipeline.loudness.meter import LoudnessMeter
from pipeline.loudness.true_peak import PeakMeter
from pipeline.settings import Declick
from pipeline.stages.declick import ClickMeter
from pipeline.stages.declip.clipping import ClippingMeter
from pipeline.stages.dehum.listener import HumMeter
from pipeline.stages.dehum.tracker import Hum
from pipeline.stream.meter import Meter, heard
from pipeline.stream.stage import split

from .bandwidth import BandMeter
from .channels import ChannelMeter
from .content.meter import NOTHING, Content, ContentMeter
from .levels import FramePowers, Levels, MeanMeter, measure, noise_distance_db
from .reverberation import DecayMeter

# What counts as a click: what is clearly heard. 0 to 2 are counted so in each of 121 clips of clean speech
# (`python -m benchmarks.measures`); a sensitivity of 50 % finds more, and takes plosives for some in half of the clips.
CLICKS = Declick(10.0)

# From here on a recording is called so, by the advice, by `auto` and by whoever else asks.
CLIPPED_PERCENT = 0.005
CLICKS_PER_MINUTE, LEAST_CLICKS = 10.0, 3
HUM_DBFS = -70.0
NOISY_SNR_DB, VERY_NOISY_SNR_DB = 15.0, 6.0
NOISY_CLEARANCE_DB, VERY_NOISY_CLEARANCE_DB, LOW_NOISE_CLEARANCE_DB = 20.0, 14.0, 30.0
CLOSE_CLEARANCE_DB = 15.0
SHARED, COHERENT = 0.35, 0.2  # what channels of one scene have in common, at least
REVERBERANT_S, VERY_REVERBERANT_S = 0.5, 0.9
NARROW_HZ, DULL_HZ, FULL_HZ = 4_200.0, 7_600.0, 10_000.0
QUIET_LUFS = -38.0
MUSIC_UNDER_SPEECH = 0.5  # of the time in which somebody speaks
OFFSET_PERCENT = 1.0

Noise: TypeAlias = Literal["low", "some", "noisy", "very noisy"]


@dataclass(frozen=True)
class Analysis:
    """Measures of one recording; None where a measure does not exist (silence has no loudness).

    noise_floor_dbfs, speech_dbfs : mean power between the words and of the words, dB re full scale
    snr_db : estimate from levels alone
    activity_percent : of the time, somebody speaks (or something as loud sounds)
    hum_hz, hum_dbfs : frequency and level of mains hum
    clipped_percent : of the samples
    clicks_per_minute : as the declicker counts them at 10 %
    bandwidth_hz : where the recording's band ends
    t60_s : time in which the room's sound falls by 60 dB, estimated from how words die away
    clearance_db : from the quietest tenth of what sounds up to the speech
    dc_offset_percent : of full scale, how far from 0 the mean of the channel lies where it does most
    channel_share, channel_coherence : 0…1, what the channels have in common; see `pipeline.measures.channels`
    of_channels : levels of each channel for itself; none for a single one
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
    dc_offset_percent: float = 0.0
    channel_share: float | None = None
    channel_coherence: float | None = None
    of_channels: tuple[Levels, ...] = ()
    content: Content = NOTHING

    @property
    def clipped(self) -> bool:
        return self.clipped_percent >= CLIPPED_PERCENT

    @property
    def clicking(self) -> bool:
        clicks = self.clicks_per_minute * self.duration_s / 60
        return self.clicks_per_minute >= CLICKS_PER_MINUTE and round(clicks) >= LEAST_CLICKS

    @property
    def humming(self) -> bool:
        return self.hum_hz is not None and self.hum_dbfs is not None and self.hum_dbfs >= HUM_DBFS

    @property
    def noise(self) -> Noise | None:
        """How much of it there is: the one answer, for the advice, the notes and the page. None for silence.

        Two measures must agree before a recording is called noisy. The ratio alone takes speech without pauses for
        noise (it is under 15 dB in 3 of 121 clean clips); the clearance alone takes the one quiet moment of a noise
        that comes and goes for its floor.
        """
        if self.snr_db is None or self.clearance_db is None:
            return None
        if self.snr_db < VERY_NOISY_SNR_DB and self.clearance_db < VERY_NOISY_CLEARANCE_DB:
            return "very noisy"
        if self.snr_db <= NOISY_SNR_DB and self.clearance_db < NOISY_CLEARANCE_DB:
            return "noisy"
        return "low" if self.snr_db > NOISY_SNR_DB and self.clearance_db >= LOW_NOISE_CLEARANCE_DB else "some"

    @property
    def noise_distance_db(self) -> float | None:
        """How far the noise lies below the speech, None for silence."""
        return noise_distance_db(self.snr_db, self.clearance_db)

    @property
    def close_to_noise(self) -> bool:
        """Even what is quietest is near to the speech: noise that does not pause."""
        return self.clearance_db is not None and self.clearance_db < CLOSE_CLEARANCE_DB

    @property
    def music_under_speech(self) -> bool:
        """Under half of the speech at least, or more of it, there is music, and it is fainter. What is as loud as the
        speech, and does not pause, is rather noise: a siren is heard as music, too."""
        return self.content.music_under_speech >= MUSIC_UNDER_SPEECH and self.noise != "very noisy"

    @property
    def separate_microphones(self) -> bool:
        """The channels are not one scene: every talker has a microphone, or a line, of their own."""
        if self.channel_share is None or self.channel_coherence is None:
            return False
        return self.channel_share <= SHARED and self.channel_coherence <= COHERENT

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

    @property
    def offset(self) -> bool:
        return self.dc_offset_percent >= OFFSET_PERCENT

    def as_dict(self) -> dict[str, Any]:
        values = {name: _rounded(value) for name, value in asdict(self).items()}
        return {**values, "content": [stretch._asdict() for stretch in self.content.stretches]}


def _rounded(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_rounded(one) for one in value]
    if isinstance(value, dict):
        return {key: _rounded(one) for key, one in value.items()}
    return round(value, 3) if isinstance(value, float) else value


class Traces(NamedTuple):
    """Where a recording holds what only parts of it can hold. Its result holds it nowhere else, and is searched there.

    hums : the hum after each second, as `HumMeter.heard`; clicks : numbers of the units (0.64 s) that may hold clicks;
    None where nobody has looked; clipping : whether there is any
    """

    hums: tuple[Hum | None, ...] | None = None
    clicks: frozenset[int] | None = None
    clipping: bool = True

    @property
    def hum(self) -> bool:
        """Whether there may be any."""
        return self.hums is None or any(self.hums)


EVERYWHERE = Traces()


class Analyzer:
    """All measures of a recording that comes in blocks.

    within : where to look for what only parts can hold; listens : for music, singing, laughter and applause, too
    """

    def __init__(self, sample_rate: int, channels: int, within: Traces = EVERYWHERE, *, listens: bool = True) -> None:
        self._sample_rate, self._channels, self._samples = sample_rate, channels, 0
        self._loudness, self._peak = LoudnessMeter(sample_rate, channels), PeakMeter(channels)
        self._powers, self._band = FramePowers(sample_rate), BandMeter(sample_rate)
        self._hum, self._clipping = HumMeter(sample_rate, channels), ClippingMeter(sample_rate, channels)
        self._clicks, self._decay = ClickMeter(CLICKS, sample_rate, channels, within.clicks), DecayMeter(sample_rate)
        self._mean, self._relation = MeanMeter(channels), ChannelMeter(sample_rate, channels if channels > 1 else 0)
        self._parts: tuple[Meter[object], ...] = (
            self._loudness, self._peak, self._powers, self._band, *((self._clipping,) if within.clipping else ()),
            self._clicks, self._decay, self._mean, self._relation, *((self._hum,) if within.hum else ()),
        )  # fmt: skip
        self._content = ContentMeter(sample_rate, channels) if listens else None
        self._clipped_percent = 0.0  # known with the result

    def listening(self, blocks: Iterable[Samples]) -> Generator[Samples, None, None]:
        """The blocks (channels, n), which are measured on their way; as `stream.meter.heard`."""

        def counted() -> Iterator[Samples]:
            for block in blocks:
                self._samples += block.shape[1]
                yield block

        content = () if self._content is None else (self._content,)
        return heard((*self._parts, *content), counted())

    @property
    def traces(self) -> Traces:
        """Of all blocks, after their result."""
        clicks = frozenset(k + near for k in self._clicks.found for near in (-1, 0, 1))
        return Traces(self._hum.heard, clicks, self._clipped_percent > 0)

    def result(self) -> Analysis:
        """The measures of all blocks. Afterwards no more can be added."""
        if not self._samples:
            raise AudioError("The recording is empty: it holds no samples.")
        duration_s = self._samples / self._sample_rate
        self._clipped_percent = self._clipping.result()
        levels, hum, peak = measure(self._powers.result()), self._hum.result(), amplitude_db(self._peak.result())
        relation = self._relation.result()
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
            clipped_percent=self._clipped_percent,
            clicks_per_minute=60 * self._clicks.result() / duration_s,
            bandwidth_hz=self._band.result(),
            t60_s=self._decay.result(),
            clearance_db=levels.clearance_db,
            dc_offset_percent=100 * float(abs(self._mean.result()).max()),
            channel_share=None if relation is None else relation.share,
            channel_coherence=None if relation is None else relation.coherence,
            of_channels=() if relation is None else relation.levels,
            content=NOTHING if self._content is None else self._content.result(),
        )


def analyze_blocks(
    blocks: Iterable[Samples], sample_rate: int, channels: int, on_block: Callable[[], None] = lambda: None
) -> Analysis:
    """Measure consecutive blocks (channels, n). on_block is called after each; what it raises passes through."""
    analyzer = Analyzer(sample_rate, channels)
    with closing(analyzer.listening(blocks)) as measured:
        for _ in measured:
            on_block()
    return analyzer.result()


def analyze(audio: Audio, *, on_block: Callable[[], None] = lambda: None) -> Analysis:
    """Loudness (BS.1770), true peak, noise floor, hum, clipping, clicks, band and room of a recording.

    on_block : called about every second of audio; what it raises (a cancellation) passes through.
    """
    blocks = split(audio.samples, audio.sample_rate)
    return analyze_blocks(blocks, audio.sample_rate, audio.channels, on_block)
