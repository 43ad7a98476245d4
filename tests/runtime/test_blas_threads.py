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


AS_A_LIBRARY = """if True:
    import os, threading
    before = dict(os.environ)
    import numpy
    import runtime_setup
    from threadpoolctl import threadpool_info
    os.environ.pop("KMP_DUPLICATE_LIB_OK", None)  # said by threadpoolctl, which this script imports itself
    def threads():
        return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}
    usual, inside, left = threads(), threading.Event(), threading.Event()
    def work():
        with runtime_setup.one_thread_meanwhile():
            inside.set()
            left.wait()
    other = threading.Thread(target=work)
    with runtime_setup.one_thread_meanwhile():
        other.start()
        inside.wait()
        both = threads()
    still = threads()
    left.set()
    other.join()
    print([usual, both, still, threads(), dict(os.environ) == before])
"""


@pytest.mark.parametrize("told", [None, "2"])
def test_in_somebody_elses_program_only_ours_stay_on_one_thread_while_they_run(told: str | None) -> None:
    """Of two threads the last one out puts the number back; what the environment says stands; nothing is said in it."""
    environ = {k: v for k, v in os.environ.items() if not k.endswith("_THREADS")}
    environ |= {"OPENBLAS_NUM_THREADS": told} if told else {}
    done = run([sys.executable, "-c", AS_A_LIBRARY], capture_output=True, text=True, env=environ, check=True)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    usual = {min(int(told or cores), cores)}
    meanwhile = usual if told else {1}
    assert eval(done.stdout) == [usual, meanwhile, meanwhile, usual, True]


NEURAL = """if True:
    import numpy as np
    import runtime_setup
    plain, entered = runtime_setup.one_thread_meanwhile, []
    runtime_setup.one_thread_meanwhile = lambda: entered.append(1) or plain()
    import pipeline
    x = 0.01 * np.random.default_rng(0).standard_normal((1, 48_000)).astype(np.float32)
    pipeline.enhance(pipeline.Audio(x, 16_000))
    print(bool(entered))
"""


def test_the_network_works_within_it() -> None:
    done = run([sys.executable, "-c", NEURAL], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "True", done.stderr
