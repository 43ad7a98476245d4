"""The stand-ins of rung 6 give what the compiled functions give."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from runtime.interpreted.stencil import stencil
from runtime.interpreted.ufuncs import guvectorize, vectorize
from tests.runtime.sandbox import Sandbox

COMPARE = """
import sys, runtime_setup
runtime_setup.configure()
import librosa, numpy as np
from librosa import util
r = np.random.default_rng(0)
y = r.standard_normal((2, 3000)).astype(np.float32)
y[0, 100:300] = 0
y[1, 400] = -0.0
q = np.round(2 * y)
S = y + 1j * y[::-1]
results = dict(
    crossings=librosa.zero_crossings(y),
    crossings_thresholds=librosa.zero_crossings(y.T, zero_pos=False, threshold=0.1, axis=0),
    crossings_double=librosa.zero_crossings(y.astype(float), ref_magnitude=np.max),
    crossings_integers=librosa.zero_crossings(q.astype(np.int16)),
    localmax=util.localmax(q, axis=1), localmin=util.localmin(q.T, axis=0),
    localmax_integers=util.localmax(q.astype(np.int32), axis=-1),
    peaks=util.peak_pick(y, pre_max=3, post_max=3, pre_avg=3, post_avg=5, delta=0.3, wait=7, sparse=False),
    power=util.abs2(S), power_scalar=util.abs2(3 + 4j), power_double=util.abs2(S.astype(np.complex128)),
    phasor=util.phasor(y), phasor_scalar=util.phasor(0.3), phasor_scaled=util.phasor(y, mag=np.abs(y)),
)
np.savez(sys.argv[1], **results)
"""


def test_librosa_answers_the_same_compiled_and_interpreted(sandbox: Sandbox, warm_cache: Path) -> None:
    place = sandbox.place("compare")
    for name, variables in {
        "compiled": {"NUMBA_CACHE_DIR": str(sandbox.place("compare-cache", like=warm_cache))},
        "interpreted": {"NUMBA_DISABLE_JIT": "1"},
    }.items():
        status, _, errors = sandbox.run("-c", COMPARE, str(place / name), **variables)
        assert status == 0, errors
    with np.load(place / "compiled.npz") as compiled, np.load(place / "interpreted.npz") as interpreted:
        assert set(compiled) == set(interpreted)
        for name, expected in compiled.items():
            found = interpreted[name]
            assert (found.dtype, found.shape) == (expected.dtype, expected.shape), name
            np.testing.assert_allclose(found, expected, rtol=2e-6, atol=3e-7, err_msg=name)


def test_vectorize_chooses_the_loop_as_a_ufunc_does() -> None:
    @vectorize(["float32(float32, float32)", "float64(float64, float64)"])
    def add(a, b):  # type: ignore[no-untyped-def]
        return a + b

    single, double = np.ones(3, np.float32), np.ones(3)
    assert add(single, 1.0).dtype == np.float32
    assert add(single, double).dtype == np.float64
    assert add(1.0, 2.0) == 3.0
    assert add(1.0, 2.0).dtype == np.float64
    with pytest.raises(TypeError, match="add has no loop"):
        add(1j, single)


def test_vectorize_goes_one_by_one_where_values_decide() -> None:
    @vectorize("float64(float64)")
    def half_wave(x):  # type: ignore[no-untyped-def]
        if x > 0:
            return x
        return 0.0

    np.testing.assert_array_equal(half_wave([-1.0, 2.0]), [0.0, 2.0])
    out = np.empty(2)
    assert half_wave([-1.0, 2.0], out=out) is out

    @vectorize
    def untyped(x):  # type: ignore[no-untyped-def]
        return max(x, 3)

    np.testing.assert_array_equal(untyped([1, 5]), [3, 5])


def test_guvectorize_broadcasts_and_writes_into_what_it_is_given() -> None:
    @guvectorize(["void(float32[:], int64, float32[:], int64[:])"], "(n),()->(n),()")
    def shift(x, by, y, count):  # type: ignore[no-untyped-def]
        for i in range(len(x)):
            y[i] = x[i] + by
        count[0] = len(x)

    moved, count = shift(np.zeros((2, 3), np.float32), np.array([[1], [2], [5]]))
    assert moved.shape == (3, 2, 3)
    assert count.shape == (3, 2)
    np.testing.assert_array_equal(moved[:, 0, 0], [1, 2, 5])
    out = np.full((2, 3), 1e300), np.empty(2, np.int64)  # as what was never written to may be
    shift(np.zeros((2, 3), np.float32), 7, *out)
    np.testing.assert_array_equal(out[0], 7.0)

    @guvectorize(["void(float32[:], float32[:], float32[:])"], "(n),(n)->()")
    def dot(a, b, c):  # type: ignore[no-untyped-def]
        c[0] = np.dot(a, b)

    assert dot(np.ones(3, np.float32), np.ones(3, np.float32)) == 3
    with pytest.raises(ValueError, match="dimension n"):
        dot(np.ones(3, np.float32), np.ones(4, np.float32))


def test_stencil_leaves_the_edges_zero_in_any_number_of_dimensions() -> None:
    @stencil
    def cross(x):  # type: ignore[no-untyped-def]
        return x[0, -1] + x[0, 1] + x[-1, 0] + x[2, 0]

    found = cross(np.ones((5, 4)))
    expected = np.zeros((5, 4))
    expected[1:3, 1:3] = 4
    np.testing.assert_array_equal(found, expected)

    @stencil
    def rising(x):  # type: ignore[no-untyped-def]
        if x[0] > x[-1]:
            return 1
        return 0

    np.testing.assert_array_equal(rising(np.array([0, 1, 0, 2])), [0, 1, 0, 1])
