"""Other people's noise suppressors, and ours, each as one function; what is not installed says so.

    python -m benchmarks.peers      lists them, and which of them can run here

A system takes a mono recording (n,) float32 and its rate and returns the same, perhaps at another rate and a little
later: the bench takes a constant delay out. All run with the defaults of their makers.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from benchmarks.metrics import resampled

Mono = NDArray[np.float32]
System = Callable[[Mono, int], tuple[Mono, int]]
FULL_SCALE = 32_768
FRAME_S = 0.02


class NotInstalledError(Exception):
    """The system's package, library or program is not installed."""


def unprocessed() -> System:
    """The recording itself."""
    return lambda x, rate: (x, rate)


def neural() -> System:
    """The neural denoiser alone, at its default strength."""
    return _denoiser("neural")


def neural_dry() -> System:
    """The neural denoiser with the dereverberation of the lecture hall."""
    return _denoiser("neural", 12.0)


def spectral() -> System:
    """The spectral denoiser alone, at its default strength."""
    return _denoiser("spectral")


def default_chain() -> System:
    """Everything that `Settings()` does, loudness included."""
    from pipeline import Audio, enhance

    return lambda x, rate: (enhance(Audio(x, rate)).audio.samples[0], rate)


def clean_only() -> System:
    """The preset `clean_only`: no more noise reduction than a recording needs, and nothing else."""
    return _preset(0.0)


def clean_only_dry() -> System:
    """The preset `clean_only` with the dereverberation of the lecture hall."""
    return _preset(12.0)


def _preset(dereverb_db: float) -> System:
    from pipeline import PRESETS, Audio, enhance
    from pipeline.settings import Dereverb

    settings = replace(PRESETS["clean_only"], dereverb=Dereverb(dereverb_db))
    return lambda x, rate: (enhance(Audio(x, rate), settings).audio.samples[0], rate)


def _denoiser(method: str, dereverb_db: float = 0.0) -> System:
    from pipeline.measures.levels import levels_of
    from pipeline.settings import Denoise, Dereverb
    from pipeline.stages.denoise.choice import denoiser, is_noisy
    from pipeline.stream.stage import chained, run_whole

    def run(x: Mono, rate: int) -> tuple[Mono, int]:
        noisy = is_noisy(levels_of(x[np.newaxis], rate).clearance_db)
        chosen = denoiser(Denoise(method=method), Dereverb(dereverb_db), rate, 1, noisy=noisy)
        if chosen.name != method:
            raise RuntimeError(f"The {method} denoiser cannot be used: {chosen.notes}")
        return run_whole(chained(chosen.stages), x[np.newaxis])[0], rate

    return run


def rnnoise() -> System:
    """RNNoise by the library in the package pyrnnoise, 48 kHz, frames of floats."""
    path = _package("pyrnnoise").parent / "librnnoise.so"
    if not path.exists():
        raise NotInstalledError("pyrnnoise has no librnnoise.so here")
    library = ctypes.CDLL(str(path))
    floats = ctypes.POINTER(ctypes.c_float)
    library.rnnoise_create.restype = ctypes.c_void_p
    library.rnnoise_create.argtypes = library.rnnoise_destroy.argtypes = [ctypes.c_void_p]
    library.rnnoise_process_frame.argtypes = [ctypes.c_void_p, floats, floats]
    library.rnnoise_process_frame.restype = ctypes.c_float
    size = library.rnnoise_get_frame_size()

    def run(x: Mono, rate: int) -> tuple[Mono, int]:
        wide = resampled(x, rate, 48_000) * np.float32(FULL_SCALE)
        y: Mono = np.pad(wide, (0, -len(wide) % size + 4 * size))  # it answers two frames later
        state = library.rnnoise_create(None)
        for start in range(0, len(y), size):
            frame = y[start : start + size].ctypes.data_as(floats)
            library.rnnoise_process_frame(state, frame, frame)
        library.rnnoise_destroy(state)
        y /= np.float32(FULL_SCALE)
        return y, 48_000

    return run


def webrtc() -> System:
    """WebRTC's noise suppression (level 2 of 4, with its high-pass filter) by webrtc-noise-gain, 16 kHz."""
    _package("webrtc_noise_gain")
    from webrtc_noise_gain import AudioProcessor

    def run(x: Mono, rate: int) -> tuple[Mono, int]:
        narrow = resampled(x, rate, 16_000)
        y = _integers(np.pad(narrow, (0, -len(narrow) % 160 + 320)))
        processor = AudioProcessor(0, 2)
        found = (processor.Process10ms(y[k : k + 160].tobytes()).audio for k in range(0, len(y), 160))
        return _floats(np.frombuffer(b"".join(found), np.int16)), 16_000

    return run


def speexdsp() -> System:
    """The preprocessor of libspeexdsp, frames of 20 ms."""
    name = ctypes.util.find_library("speexdsp")
    if name is None:
        raise NotInstalledError("the library libspeexdsp is not installed")
    library = ctypes.CDLL(name)
    shorts = ctypes.POINTER(ctypes.c_int16)
    library.speex_preprocess_state_init.restype = ctypes.c_void_p
    library.speex_preprocess_state_init.argtypes = [ctypes.c_int, ctypes.c_int]
    library.speex_preprocess_run.argtypes = [ctypes.c_void_p, shorts]
    library.speex_preprocess_state_destroy.argtypes = [ctypes.c_void_p]

    def run(x: Mono, rate: int) -> tuple[Mono, int]:
        size = int(FRAME_S * rate)
        y = _integers(np.pad(x, (0, -len(x) % size + 2 * size)))
        state = library.speex_preprocess_state_init(size, rate)
        for start in range(0, len(y), size):
            library.speex_preprocess_run(state, y[start : start + size].ctypes.data_as(shorts))
        library.speex_preprocess_state_destroy(state)
        return _floats(y), rate

    return run


def logmmse() -> System:
    """The package logmmse, noise learned from the first six frames."""
    _package("logmmse")
    from logmmse import logmmse as enhanced

    def run(x: Mono, rate: int) -> tuple[Mono, int]:
        y = np.asarray(enhanced(x, rate, output_file=None, initial_noise=6, window_size=0, noise_threshold=0.15))
        return (_floats(y) if y.dtype.kind == "i" else y.astype(np.float32)), rate

    return run


def noisereduce() -> System:
    """The package noisereduce, noise that moves."""
    return _noisereduce(stationary=False)


def noisereduce_stationary() -> System:
    """The package noisereduce, steady noise."""
    return _noisereduce(stationary=True)


def _noisereduce(stationary: bool) -> System:
    _package("noisereduce")
    from noisereduce import reduce_noise

    return lambda x, rate: (np.asarray(reduce_noise(y=x, sr=rate, stationary=stationary), np.float32), rate)


def afftdn() -> System:
    """FFmpeg's filter afftdn."""
    if shutil.which("ffmpeg") is None:
        raise NotInstalledError("the program ffmpeg is not installed")
    return command("ffmpeg -v error -y -threads 1 -i {in} -af afftdn -c:a pcm_f32le {out}")


def command(line: str) -> System:
    """A program that reads {in} and writes {out}, wav both: for what has no package."""
    words = shlex.split(line)
    if shutil.which(words[0]) is None:
        raise NotInstalledError(f"the program {words[0]} is not installed")

    def run(x: Mono, rate: int) -> tuple[Mono, int]:
        with tempfile.TemporaryDirectory() as folder:
            source, target = Path(folder, "in.wav"), Path(folder, "out.wav")
            soundfile.write(source, x, rate, subtype="PCM_24")
            filled = [word.replace("{in}", str(source)).replace("{out}", str(target)) for word in words]
            subprocess.run(filled, check=True, stdout=subprocess.DEVNULL)
            y, y_rate = soundfile.read(target, dtype="float32", always_2d=True)
        return y[:, 0], int(y_rate)

    return run


OURS: dict[str, Callable[[], System]] = {
    make.__name__: make for make in (neural, neural_dry, clean_only, clean_only_dry, default_chain, spectral)
}
PEERS: dict[str, Callable[[], System]] = {
    make.__name__: make
    for make in (rnnoise, webrtc, logmmse, speexdsp, afftdn, noisereduce, noisereduce_stationary, unprocessed)
}


def _package(name: str) -> Path:
    found = find_spec(name)
    if found is None or found.origin is None:
        raise NotInstalledError(f"the package {name.replace('_', '-')} is not installed")
    return Path(found.origin)


def _integers(x: Mono) -> NDArray[np.int16]:
    y: NDArray[np.int16] = np.clip(np.round(x * FULL_SCALE), -FULL_SCALE, FULL_SCALE - 1).astype(np.int16)
    return y


def _floats(x: NDArray[np.int16]) -> Mono:
    return x.astype(np.float32) / np.float32(FULL_SCALE)


def main() -> None:
    for name, make in {**OURS, **PEERS}.items():
        try:
            make()
            state = "ready"
        except (NotInstalledError, ImportError, OSError) as fault:
            state = f"left out: {fault}"
        print(f"{name:<24}{state}\n    {make.__doc__}")


if __name__ == "__main__":
    main()
