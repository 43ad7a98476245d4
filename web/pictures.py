"""Spectrograms before and after, drawn alike so that one can be laid over the other.

Mel-frequency over time, librosa's filter bank and dB scale; matplotlib's object interface, since pyplot keeps global
state that threads would share. However long the recording, the same number of moments is looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from pipeline.audio import Audio

    Array = NDArray[np.float32]

FRAME_S = 0.046  # window: long enough for harmonics, short enough for consonants
COLUMNS = 900
LOOKS = 4  # windows per column, where the recording is longer than the columns: none of them a matter of luck
MELS = 160
RANGE_DB = 75.0


@dataclass(frozen=True)
class Look:
    """How a picture is to look: made for the visitor's screen."""

    narrow: bool = False
    dark: bool = False

    @property
    def size_px(self) -> tuple[int, int]:
        """On a phone a wide picture would be a strip."""
        return (760, 720) if self.narrow else (1400, 460)

    @property
    def colors(self) -> tuple[str, str]:
        """Paper and ink, those of the page."""
        return ("#151a20", "#aab4c0") if self.dark else ("#ffffff", "#4a5562")


def draw_pair(before: Audio, after: Audio, folder: Path, look: Look) -> tuple[str, str]:
    """Both pictures as PNG files in `folder`."""
    paths = []
    for name, audio in (("before", before), ("after", after)):
        path = folder / f"spectrogram-{name}.png"
        draw(mel_db(audio), audio, path, look)
        paths.append(str(path))
    return paths[0], paths[1]


def mel_db(audio: Audio) -> Array:
    """float32 (MELS, columns), dB below the loudest moments of the recording: what is left is the contrast of speech
    and noise, whatever the loudness was set to. Channels are averaged in power."""
    import librosa
    import numpy as np

    rate, n = audio.sample_rate, audio.samples.shape[1]
    length = 1 << max(8, round(float(np.log2(FRAME_S * rate))))
    columns = int(np.clip(n // (length // 4), 8, COLUMNS))
    looks = 1 if columns < COLUMNS else LOOKS
    at = np.linspace(0, max(0, n - length), columns * looks).astype(np.int64)
    window = np.hanning(length).astype(np.float32)
    bank = librosa.filters.mel(sr=rate, n_fft=length, n_mels=MELS, fmin=40.0, fmax=rate / 2, norm=None)
    power = np.zeros((MELS, columns), np.float32)
    for channel in audio.samples:
        padded = channel if n >= length else np.pad(channel, (0, length - n))
        for look in range(looks):
            frames = padded[at[look::looks, np.newaxis] + np.arange(length)] * window
            power += bank @ (np.abs(np.fft.rfft(frames)) ** 2).T.astype(np.float32)
    loudest = float(np.quantile(power, 0.999))
    decibels: Array = librosa.power_to_db(power, ref=max(loudest, 1e-9), amin=1e-12, top_db=None)
    return decibels


def draw(decibels: Array, audio: Audio, path: Path, look: Look) -> None:
    """One spectrogram with its axes as a PNG file."""
    import librosa.display
    import numpy as np
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    paper, ink = look.colors
    width, height = look.size_px
    scale = 1.6 if look.narrow else 1.35  # the page shows it smaller than it is drawn: sharp on fine screens
    figure = Figure(figsize=(width / 100, height / 100), dpi=100, facecolor=paper)
    FigureCanvasAgg(figure)
    left, bottom = 54 * scale / width, 22 * scale / height  # fixed margins: both pictures must match to the pixel
    axes = figure.add_axes((left, bottom, 1 - left - 12 / width, 1 - bottom - 8 / height))
    librosa.display.specshow(
        decibels, ax=axes, x_axis="time", y_axis="mel", sr=audio.sample_rate, fmin=40.0, fmax=audio.sample_rate / 2,
        x_coords=np.linspace(0.0, audio.duration_s, decibels.shape[1]),
        cmap="magma", vmin=-RANGE_DB, vmax=0.0, rasterized=True,
    )  # fmt: skip
    _label(axes, ink, 9 * scale, audio.sample_rate)
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


def warm_up() -> None:
    """Import what drawing needs and let matplotlib find its fonts, before the first visitor waits for it."""
    import tempfile

    import numpy as np

    from pipeline.audio import Audio

    silence = Audio(np.zeros((1, 16_000), np.float32), 16_000)
    with tempfile.TemporaryDirectory() as folder:
        draw_pair(silence, silence, Path(folder), Look())
