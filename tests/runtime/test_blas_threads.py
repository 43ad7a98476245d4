"""Who owns the process keeps matrix products on one core, unless told otherwise."""

from __future__ import annotations

import os
import sys
from subprocess import run

import pytest

SCRIPT = """if True:
    import sys
    {how}
    import numpy
    from threadpoolctl import threadpool_info
    print([pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"])
"""


@pytest.mark.parametrize("how", ["import app; app.build()", "import pipeline.__main__"])
@pytest.mark.parametrize("told", [None, "2"])
def test_matrix_products_use_one_thread_unless_told_otherwise(how: str, told: str | None) -> None:
    environ = {k: v for k, v in os.environ.items() if not k.endswith("_THREADS")}
    environ |= {"OPENBLAS_NUM_THREADS": told, "MKL_NUM_THREADS": told} if told else {}
    done = run([sys.executable, "-c", SCRIPT.format(how=how)], capture_output=True, text=True, env=environ, check=True)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    assert set(eval(done.stdout)) == {min(int(told or 1), cores)}
