"""All of its tables."""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

import benchmarks.waiting
from benchmarks.concurrency import clip_of

from . import again, beside, start

EXAMPLE = Path(__file__).resolve().parents[2] / "assets" / "examples" / "city-street.flac"
LENGTH_S = 120


def main() -> None:
    doc = benchmarks.waiting.__doc__
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recording", type=Path, nargs="?")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    os.environ["THREADS"] = "1"
    with tempfile.TemporaryDirectory() as folder:
        recording = options.recording or clip_of(EXAMPLE, LENGTH_S, Path(folder))
        beside.show(recording, options.runs)
        again.show(recording, options.runs)
    start.show(options.runs)


if __name__ == "__main__":
    main()
