"""What goes wrong with the cache after the start is a miss and a warning, on the real librosa."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from runtime.numba_cache import faults
from tests.runtime.damage import DAMAGES
from tests.runtime.sandbox import EXPECTED, USE_LIBROSA, Sandbox

FIRST_CALL = "seen['first'] = librosa.interval_to_fjs(1.5)\n"
"""Functions of librosa that are compiled when first called with this type, and that the warm cache does not hold."""
SECOND_CALL = "seen['second'] = librosa.interval_to_fjs(np.float32(1.5))\n"
ANSWERS = {"first": "G", "second": "G"}


def test_damaged_files_are_compiled_again_and_mended(sandbox: Sandbox, warm_cache: Path) -> None:
    cache = sandbox.place("damaged", like=warm_cache)
    names = ("utils._cabs2-*.nbi", "notation.__o_fold-*.nbc", "audio._zc_wrapper-*.nbi", "guf-audio._zc_wrapper-*.nbc")
    for name, damage in zip(names, DAMAGES, strict=True):
        damage(next(cache.rglob(name)))
    state = sandbox.state(NUMBA_CACHE_DIR=str(cache))
    assert EXPECTED.items() <= state.items()
    assert 0 < state["compilations"] < 70  # these and their helpers, not everything (117)
    assert set(state["faults"]) == {"unreadable"}
    assert state["faults"]["unreadable"] >= len(DAMAGES)
    assert state["log"].count("cannot be read") == 1  # logged once
    assert any("cannot be read" in warning and "times)" in warning for warning in state["warnings"])

    mended = sandbox.state(NUMBA_CACHE_DIR=str(cache))
    assert (mended["compilations"], mended["faults"], mended["warnings"]) == (0, {}, [])


@pytest.mark.parametrize(
    ("fault", "kinds"),
    [
        ("import shutil; shutil.rmtree(cache)", set()),  # made again
        ("for f in (cache, *cache.iterdir()): f.chmod(0o500)", {"save"}),
        ("import shutil; shutil.rmtree(cache); cache.touch()", {"save", "unreadable"}),
        ("import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (512, 512))", {"save"}),  # as a full disk
        ("for f in (cache, *cache.iterdir()): f.chmod(0o777)", {"save"}),  # no longer ours alone
    ],
    ids=["removed", "read-only", "replaced by a file", "disk full", "opened to others"],
)
def test_a_directory_that_fails_after_the_start(
    sandbox: Sandbox, warm_cache: Path, request: pytest.FixtureRequest, fault: str, kinds: set[str]
) -> None:
    name = request.node.callspec.id.replace(" ", "-")
    sandbox.place(name)
    cache = sandbox.place(f"{name}/cache", like=warm_cache)
    code = f"{USE_LIBROSA}\nfrom pathlib import Path\ncache = Path({str(cache)!r})\n{fault}\n"
    state = sandbox.state(code + FIRST_CALL + SECOND_CALL, NUMBA_CACHE_DIR=str(cache))
    assert (EXPECTED | ANSWERS).items() <= state.items()
    assert set(state["faults"]) == kinds
    if kinds:
        assert state["faults"]["save"] >= 2
        assert state["log"].count("cannot be stored") == 1
    if name == "removed":
        assert stat.S_IMODE(cache.stat().st_mode) == 0o700
        assert list(cache.rglob("*.nbc"))
    if name == "disk-full":
        assert not list(cache.rglob("*.tmp.*"))


def test_what_numba_says_about_its_cache_is_counted_not_printed(sandbox: Sandbox) -> None:
    (sandbox.project / "dynamic.py").write_text(
        "import ctypes, numba\n"
        "pointer = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double)(lambda x: x)\n"
        "@numba.njit(cache=True)\ndef call(x):\n    return pointer(x)\n"
    )
    cache = sandbox.place("dynamic")
    code = "import runtime_setup; runtime_setup.configure()\nimport dynamic\nassert dynamic.call(2.0) == 2.0\n"
    state = sandbox.state(code, NUMBA_CACHE_DIR=str(cache))
    assert sum(state["faults"].values()) == 1
    assert "as it uses dynamic globals" in state["warnings"][0]
    assert "NumbaWarning" not in state["log"]


def test_processes_that_start_together_on_an_empty_cache_all_work(sandbox: Sandbox) -> None:
    (sandbox.project / "together.py").write_text(
        "import numba\n"
        "@numba.njit(cache=True)\ndef double(x):\n    return x + x\n"
        "@numba.guvectorize(['void(float32[:], float32[:])', 'void(float64[:], float64[:])'], '(n)->(n)', cache=True)\n"
        "def copy(x, y):\n    for i in range(x.shape[0]):\n        y[i] = x[i]\n"
    )
    cache = sandbox.place("together")
    code = (
        "import sys, runtime_setup; runtime_setup.configure()\nimport together\n"
        "values = [2, 2.5, 2j, True]\nk = int(sys.argv[1])\n"  # each compiles other signatures first
        "for v in values[k:] + values[:k]: assert together.double(v) == v + v\n"
        "assert together.copy([1.5, 2.5]).tolist() == [1.5, 2.5]\n"
        "assert not runtime_setup.cache_warnings()\n"
    )
    for _ in range(2):  # the second time, whatever the first has left is read
        started = [sandbox.start("-c", code, str(k), NUMBA_CACHE_DIR=str(cache)) for k in range(3)]
        for process in started:
            with process:
                _, errors = process.communicate(timeout=120)
            assert process.returncode == 0, errors


def test_a_kind_of_fault_is_logged_once_and_counted_always(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(faults, "_seen", {})
    for message in ("first", "second", "third"):
        faults.record("kind", message)
    (warning,) = faults.recorded()
    assert (warning.message, warning.count, str(warning)) == ("first", 3, "first (3 times)")
    assert len(caplog.records) == 1
