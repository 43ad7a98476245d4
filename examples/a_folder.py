"""Every file of a folder, several at a time; what could not be enhanced is listed, and the others are done.

    OPENBLAS_NUM_THREADS=1 python -m examples.a_folder recordings/ cleaned/

One core for each recording: without the variable, NumPy would spread each over all of them. The command line does the
same with more care: `python -m pipeline recordings/ -o cleaned/ --jobs 4`.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from pipeline import PRESETS, EnhancementError, enhance_file


def enhanced(folder: Path, source: Path) -> str:
    """Why the file could not be enhanced; empty if it could."""
    try:
        enhance_file(source, folder / f"{source.name}.flac", PRESETS["podcast"])
    except EnhancementError as error:
        return error.message
    return ""


def main() -> int:
    recordings, cleaned = Path(sys.argv[1]), Path(sys.argv[2])
    cleaned.mkdir(parents=True, exist_ok=True)
    sources = sorted(path for path in recordings.iterdir() if path.is_file())
    # New processes instead of copies of this one: the same on every system.
    with ProcessPoolExecutor(os.cpu_count(), multiprocessing.get_context("spawn")) as pool:
        faults = dict(zip(sources, pool.map(partial(enhanced, cleaned), sources), strict=True))
    failed = {source.name: fault for source, fault in faults.items() if fault}
    print(f"{len(sources) - len(failed)} enhanced, {len(failed)} failed")
    for name, fault in failed.items():
        print(f"{name}: {fault}")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
