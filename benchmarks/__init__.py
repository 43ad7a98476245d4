"""What the app does, measured: how it sounds beside its peers, what it costs, what it leaves alone.

The programs: `python -m benchmarks.NAME --help`, NAME one of quality, harm, stages, speed, length, rungs, peers,
waiting, profile, concurrency, measures, content, kinds.
"""

import os

# One core per recording, as in the app. Read by NumPy's libraries when they are imported.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
