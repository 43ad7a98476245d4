"""One recording, one core: matrix products do not spread over threads of their own.

They would wait for each other: on a busy machine, or one with a quota of processor time, that costs ten times what it
saves, and several recordings at once use the cores anyway. Only who owns the process decides this (the app, the
command line), before NumPy is imported, and what the environment says already stands.
"""

from __future__ import annotations

import os

VARIABLES = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def one() -> None:
    """Set the variables that NumPy's BLAS reads when it is loaded, unless they are set."""
    for name in VARIABLES:
        os.environ.setdefault(name, "1")
