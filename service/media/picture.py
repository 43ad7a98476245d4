"""A picture to be kept: the spectrograms before and after, one above the other on one axis of time.

Mel-frequency over time, librosa's filter bank and dB scale; matplotlib's object interface, since pyplot keeps global
state that threads would share. However long the recording, the same number of moments is looked at.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pipeline.files.limits import OURS
from service import languages
from service.jobs import Order, Outcome
from service.jobs.serving import strangers
from service.work import Handle

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from pipeline.stream.source import Source

    Array = NDArray[np.float32]

FRAME_S = 0.046  # window: long enough for harmonics, short enough for consonants
COLUMNS = 900
LOOKS = 4  # windows per column, where the recording is longer than the columns: none of them a matter of luck
MELS = 160
RANGE_DB = 75.0
SILENCE_SAMPLES = 16_000
LONG_S = 60
WIDTH_PX, PANEL_PX = 1400, 460
LIGHT, DARK = ("#ffffff", "#4a5562"), ("#151a20", "#aab4c0")  # paper and ink, those of the page

# The one thread that draws: Matplotlib opens its fonts anew for every thread, and keeps 64 of them.
PENCIL = ThreadPoolExecutor(1, thread_name_prefix="pencil")


class Panel(NamedTuple):
    """A recording to be drawn, and what stands above it."""

    title: str
    source: Source


def titles(language: str) -> tuple[str, str]:
    """What the page calls a recording before and after."""
    return languages.said(language, "player.before"), languages.said(language, "player.after")


def make(handle: Handle, order: Order, made: Outcome, target: Path, *, language: str, dark: bool) -> None:
    """Write the picture of a result to `target`."""
    from pipeline.files.decode import Recording

    measured = made.report.before
    original = Recording(order.source, strangers(), handle.cancelled, track=order.track, stretch=order.stretch)
    both = (original, Recording(made.after, OURS, handle.cancelled))
    panels = [Panel(title, source) for title, source in zip(titles(language), both, strict=True)]
    draw(panels, round(measured.duration_s * measured.sample_rate), target, dark=dark)


def draw(panels: Sequence[Panel], samples: int, path: Path, *, dark: bool = False) -> None:
    """A PNG file at `path`, of recordings of `samples` samples per channel. dark : in the colours of the dark page"""
    drawn = [(title, mel_db(source, samples), source.sample_rate) for title, source in panels]
    PENCIL.submit(_draw, drawn, samples, path, *(DARK if dark else LIGHT)).result()


def mel_db(source: Source, samples: int) -> Array:
    """float32 (MELS, columns), dB below the loudest moments of the recording: what is left is the contrast of speech
    and noise, whatever the loudness was set to. Channels are averaged in power."""
    import librosa
    import numpy as np

    rate = source.sample_rate
    length = 1 << max(8, round(float(np.log2(FRAME_S * rate))))
    columns = int(np.clip(samples // (length // 4), 8, COLUMNS))
    looks = 1 if columns < COLUMNS else LOOKS
    at = np.linspace(0, max(0, samples - length), columns * looks).astype(np.int64)
    window = np.hanning(length).astype(np.float32)
    bank = librosa.filters.mel(sr=rate, n_fft=length, n_mels=MELS, fmin=40.0, fmax=rate / 2, norm=None)
    power = np.zeros((columns * looks, MELS), np.float32)
    for first, frames in _windows(source, at, length):
        spectra = np.abs(np.fft.rfft(frames * window)) ** 2
        power[first : first + len(frames)] = spectra.sum(axis=1).astype(np.float32) @ bank.T
    power = power.reshape(columns, looks, MELS).sum(axis=1).T
    loudest = float(np.quantile(power, 0.999))
    decibels: Array = librosa.power_to_db(power, ref=max(loudest, 1e-9), amin=1e-12, top_db=None)
    return decibels


def _windows(source: Source, at: NDArray[np.int64], length: int) -> Iterator[tuple[int, Array]]:
    """(index of the first, (k, channels, length)): the windows that begin `at` (ascending), as the blocks come.

    What the recording lacks at its end is silence.
    """
    import numpy as np

    silence = np.zeros((source.channels, length), np.float32)
    kept, start, done = silence[:, :0], 0, 0
    for block in chain(source.blocks(), (silence,)):
        kept = np.concatenate((kept, block), axis=1)
        ready = int(np.searchsorted(at, start + kept.shape[1] - length, side="right"))
        if ready > done:
            yield done, np.stack([kept[:, i - start : i - start + length] for i in at[done:ready]])
            done = ready
        still = int(at[done]) if done < at.size else start + kept.shape[1]
        kept, start = kept[:, max(0, still - start) :], max(start, min(still, start + kept.shape[1]))


def _draw(panels: list[tuple[str, Array, int]], samples: int, path: Path, paper: str, ink: str) -> None:
    """The panels below each other."""
    import librosa.display
    import numpy as np
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    width, height = WIDTH_PX, PANEL_PX * len(panels)
    figure = Figure(figsize=(width / 100, height / 100), dpi=100, facecolor=paper)
    FigureCanvasAgg(figure)
    for number, (title, decibels, sample_rate) in enumerate(panels):
        bottom = (PANEL_PX * (len(panels) - 1 - number) + 30) / height
        axes = figure.add_axes((73 / width, bottom, 1 - 90 / width, (PANEL_PX - 66) / height))
        librosa.display.specshow(
            decibels, ax=axes, x_axis="time", y_axis="mel", sr=sample_rate, fmin=40.0, fmax=sample_rate / 2,
            x_coords=np.linspace(0.0, samples / sample_rate, decibels.shape[1]),
            cmap="magma", vmin=-RANGE_DB, vmax=0.0, rasterized=True,
        )  # fmt: skip
        if samples < LONG_S * sample_rate:  # longer ones are marked as clocks are
            axes.xaxis.set_major_formatter(lambda s, _: f"{s:g} s")
        axes.set_title(title, color=ink, fontsize=14, loc="left", parse_math=False)
        _label(axes, ink, 12, sample_rate)
    figure.savefig(path, format="png")


def _label(axes: Any, ink: str, size: float, sample_rate: int) -> None:
    axes.set_xlabel("")
    axes.set_ylabel("")
    ticks = [hz for hz in (125, 250, 500, 1000, 2000, 4000, 8000, 16000) if hz < sample_rate / 2]
    axes.set_yticks(ticks, [f"{hz} Hz" if hz < 1000 else f"{hz // 1000} kHz" for hz in ticks])
    axes.minorticks_off()
    axes.tick_params(colors=ink, labelsize=size, length=0, pad=4)
    for spine in axes.spines.values():
        spine.set_visible(False)


def warm_up_analysis() -> None:
    """Touch what `mel_db` needs of librosa, which compiles much when it is first used."""
    mel_db(_silence(), SILENCE_SAMPLES)


def warm_up_drawing() -> None:
    """Import what drawing needs and let matplotlib find its fonts, before the first visitor waits for it."""
    with tempfile.TemporaryDirectory() as folder:
        draw([Panel("", _silence())], SILENCE_SAMPLES, Path(folder) / "silence.png")


def _silence() -> Source:
    import numpy as np

    from pipeline.audio import Audio
    from pipeline.stream.source import InMemory

    return InMemory(Audio(np.zeros((1, SILENCE_SAMPLES), np.float32), 16_000))
