"""Small files of every container, and ways to damage them: the same for the same number."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np

from tests.pipeline.files.media import write_av, write_wav
from tests.pipeline.signals import noise

RATE = 48_000
_BY_AV = {
    "a.m4a": ("aac", None), "alac.m4a": ("alac", None), "a.mov": ("pcm_s24le", None), "a.mp3": ("libmp3lame", None),
    "a.mp2": ("mp2", "mp3"), "a.aac": ("aac", "adts"), "a.mkv": ("flac", None), "vorbis.mkv": ("libvorbis", None),
    "a.webm": ("libopus", None), "a.opus": ("libopus", None), "flac.ogg": ("flac", "ogg"),
    "pcm.asf": ("pcm_s16le", "asf"), "wma.asf": ("wmav2", "asf"), "a.avi": ("libmp3lame", None),
    "adpcm.wav": ("adpcm_ms", None), "ac3.mp4": ("ac3", None), "ima.aiff": ("adpcm_ima_qt", "aiff"),
    "f32.caf": ("pcm_f32be", "caf"),
}  # fmt: skip
_BY_SNDFILE = {
    "pcm.wav": ("WAV", "PCM_16"), "float.wav": ("WAV", "FLOAT"), "ulaw.wav": ("WAV", "ULAW"),
    "gsm.wav": ("WAV", "GSM610"), "g721.wav": ("WAV", "G721_32"), "rf64.wav": ("RF64", "PCM_24"),
    "x.w64": ("W64", "PCM_16"), "x.aiff": ("AIFF", "PCM_24"), "x.au": ("AU", "ALAW"), "g723.au": ("AU", "G723_24"),
    "alac.caf": ("CAF", "ALAC_16"), "x.flac": ("FLAC", "PCM_24"), "x.ogg": ("OGG", "VORBIS"),
}  # fmt: skip
_NAMES = re.compile(rb"[A-Za-z0-9 ]{3}[A-Za-z0-9 ]")
_LARGE = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFFF0)


def seeds(folder: Path) -> list[bytes]:
    """The undamaged files, each a third of a second; those that this machine's libraries can write."""
    found = []
    for name, (codec, container) in _BY_AV.items():
        try:
            x = noise(1 if codec in ("adpcm_ms", "mp2") else 2, RATE // 3)
            found.append(write_av(folder / name, x, RATE, codec, container))
        except (ValueError, OSError):
            continue
    for name, (kind, subtype) in _BY_SNDFILE.items():
        mono = subtype.startswith(("GSM", "G72"))
        rate = 8_000 if mono else RATE
        with suppress(RuntimeError):
            found.append(write_wav(folder / name, noise(1 if mono else 2, rate // 3), rate, subtype, kind))
    return [path.read_bytes() for path in found if path.stat().st_size]


def mutated(files: list[bytes], number: int) -> bytes:
    """One damaged file: the `number`-th, always the same."""
    rng = np.random.default_rng(number)
    data = bytearray(files[number % len(files)])
    for _ in range(int(rng.integers(1, 4))):
        data = _WAYS[rng.integers(len(_WAYS))](data, rng, files)
        if len(data) < 2:
            return bytes(data)
    return bytes(data)


Way = Callable[[bytearray, np.random.Generator, list[bytes]], bytearray]


def _at(data: bytearray, rng: np.random.Generator) -> int:
    """A place, in the head more often than elsewhere, where the tables are."""
    end = len(data) if rng.random() < 0.4 else min(len(data), 600)
    return int(rng.integers(end))


def _bits(data: bytearray, rng: np.random.Generator, _: list[bytes]) -> bytearray:
    for _ in range(int(rng.integers(1, 30))):
        data[_at(data, rng)] ^= 1 << int(rng.integers(8))
    return data


def _bytes(data: bytearray, rng: np.random.Generator, _: list[bytes]) -> bytearray:
    for _ in range(int(rng.integers(1, 30))):
        data[_at(data, rng)] = int(rng.integers(256))
    return data


def _cut(data: bytearray, rng: np.random.Generator, _: list[bytes]) -> bytearray:
    return data[: int(rng.integers(1, len(data)))]


def _numbers(data: bytearray, rng: np.random.Generator, _: list[bytes]) -> bytearray:
    """A large number where a size may stand: before or behind a name."""
    names = [match.start() for match in _NAMES.finditer(data)] or [0]
    at = max(0, int(rng.choice(names)) + int(rng.choice((-4, 4, 8, 12, 16))))
    value = int(rng.choice(_LARGE)) if rng.random() < 0.7 else int(rng.integers(2**32))
    data[at : at + 4] = value.to_bytes(4, "big" if rng.random() < 0.6 else "little")
    return data


def _parts(data: bytearray, rng: np.random.Generator, _: list[bytes]) -> bytearray:
    """Two parts that begin with a name change places, or one comes many times."""
    names = [max(0, match.start() - 4) for match in _NAMES.finditer(data)]
    if len(names) < 4:
        return data
    a, b, c = sorted(int(place) for place in rng.choice(names, 3, replace=False))
    if rng.random() < 0.5:
        return data[:a] + data[b:c] + data[a:b] + data[c:]
    return data[:b] + data[a:b] * int(rng.integers(1, 50)) + data[b:]


def _splice(data: bytearray, rng: np.random.Generator, files: list[bytes]) -> bytearray:
    """The rest is another file's."""
    other = files[int(rng.integers(len(files)))]
    return data[: _at(data, rng)] + other[int(rng.integers(len(other))) :]


def _head(data: bytearray, rng: np.random.Generator, _: list[bytes]) -> bytearray:
    """Only the first bytes are true."""
    count = int(rng.integers(4, 64))
    return data[:count] + rng.bytes(int(rng.integers(1, 5_000)))


def _hole(data: bytearray, rng: np.random.Generator, _: list[bytes]) -> bytearray:
    at = _at(data, rng)
    return data[:at] + data[at + int(rng.integers(1, 2_000)) :]


_WAYS: tuple[Way, ...] = (_bits, _bytes, _cut, _numbers, _numbers, _parts, _splice, _head, _hole)
