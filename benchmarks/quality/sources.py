"""Recordings in other people's repositories, from which evaluation sets are made; whatever several sets need of them.

A list names each repository as `owner/name@commit`, its checkout is the folder `owner+name`; a Debian package is
`debian/name@version`, unpacked in `debian+name`.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from benchmarks.peers import Mono

FRAME_S = 0.02
ACTIVE_DB = 30.0  # below the loudest frame
PAUSE_S = 0.3  # between parts of the speech
SEAM_S = 0.05  # where a noise is shorter than the recording and begins again
LEVEL = 0.1  # root mean square of the active speech in each part
Row = Mapping[str, str]


def rows(listed: Path) -> list[Row]:
    with listed.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def active(x: Mono, rate: int) -> NDArray[np.bool_]:
    """(n,) where somebody speaks: frames within 30 dB of the loudest."""
    size = round(FRAME_S * rate)
    power = np.square(np.resize(x, -(-len(x) // size) * size).astype(np.float64)).reshape(-1, size).mean(axis=1)
    loud: NDArray[np.bool_] = np.repeat(power > power.max() * 10 ** (-ACTIVE_DB / 10), size)
    return loud[: len(x)]


def mean_power(x: Mono, where: NDArray[np.bool_]) -> float:
    return float(np.mean(np.square(x[where].astype(np.float64))))


def levelled(x: Mono, rate: int) -> Mono:
    """With its active stretches at one level."""
    return mono(x * np.float32(LEVEL / np.sqrt(mean_power(x, active(x, rate)))))


def joined(parts: list[Mono], rate: int) -> tuple[Mono, NDArray[np.bool_]]:
    """Parts at one level with pauses between them; and where these are."""
    pause = np.zeros(round(PAUSE_S * rate), np.float32)
    pieces = [piece for part in parts for piece in (levelled(part, rate), pause)][:-1]
    return np.concatenate(pieces), np.concatenate([np.full(len(piece), piece is pause) for piece in pieces])


def repeated(x: Mono, length: int, rate: int) -> Mono:
    """(length,) x, again from its beginning where it ends too early."""
    if len(x) >= length:
        return x[:length]
    seam = round(SEAM_S * rate)
    fade = np.sin(np.linspace(0.0, np.pi / 2, seam, dtype=np.float32))
    x = x.copy()
    x[:seam] *= fade
    x[-seam:] *= fade[::-1]
    out = np.zeros(length + len(x), np.float32)
    for begin in range(0, length, len(x) - seam):
        out[begin : begin + len(x)] += x
    return out[:length]


def folder(repository: str) -> str:
    """`owner+name` of `owner/name@commit`."""
    return repository.partition("@")[0].replace("/", "+")


def place(repositories: Path, repository: str, path: str) -> Path:
    """Where a file of a repository is."""
    return repositories / folder(repository) / path


def parts(repositories: Path, repository: str, paths: str, rate: int) -> list[Mono]:
    """The recordings of which a list has the paths with ` + ` between them."""
    return [read(place(repositories, repository, path), rate) for path in paths.split(" + ")]


@lru_cache(maxsize=4)
def read(path: Path, rate: int) -> Mono:
    """The first channel, at this rate."""
    import soxr  # here: training reads the lists where it is not installed

    x, native = _g722(path) if path.suffix == ".g722" else soundfile.read(path, dtype="float32", always_2d=True)
    return mono(soxr.resample(x[:, 0], native, rate, "VHQ"))


def _g722(path: Path) -> tuple[NDArray[np.float32], int]:
    import av

    with av.open(path, format="g722") as file:
        frames = [frame.to_ndarray() for frame in file.decode(audio=0)]
    x = np.concatenate(frames, axis=1).T.astype(np.float32)
    return x / np.float32(32_768), 16_000


def mono(x: Mono) -> Mono:
    """Contiguous, float32."""
    return np.ascontiguousarray(x, np.float32)


def command(program: str, doc: str | None, make: Callable[[Path, Path], None], arguments: list[str] | None) -> None:
    """`python -m program REPOSITORIES OUT`."""
    parser = argparse.ArgumentParser(
        f"python -m {program}", description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("repositories", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args(arguments)
    make(options.repositories, options.out)
