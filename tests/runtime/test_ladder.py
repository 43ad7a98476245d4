"""Every rung of the ladder, on the real librosa, as a user without rights or a home."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from runtime import ladder
from tests.runtime.sandbox import AS_ROOT, EXPECTED, NOBODY, NOWHERE, USE_LIBROSA, Sandbox, give, unprivileged

TEMPORARY_NAME = "ai-speech-enhancement-numba-{}"


def works(state: dict[str, object]) -> bool:
    return EXPECTED.items() <= state.items() and not state["faults"]


def test_rung_1_the_environment_names_a_directory(sandbox: Sandbox, warm_cache: Path) -> None:
    state = sandbox.state(NUMBA_CACHE_DIR=str(warm_cache))
    assert works(state)
    assert (state["mode"], state["rung"], state["cache_dir"]) == ("environment", 1, str(warm_cache))
    assert (state["compilations"], state["warnings"], state["suggestions"]) == (0, [], [])
    assert state["cache_writable"]


def test_what_rung_1_makes_is_closed_to_others(sandbox: Sandbox, warm_cache: Path) -> None:
    assert list(warm_cache.rglob("*.nbi"))
    for path in warm_cache.rglob("*"):
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077, path


def test_rung_2_the_baked_cache_is_read_and_nothing_compiled(sandbox: Sandbox, baked_cache: Path) -> None:
    state = sandbox.state(NOWHERE + USE_LIBROSA, NUMBA_BAKED_CACHE_DIR=str(baked_cache))
    assert works(state)
    assert (state["cache_dir"], state["cache_writable"]) == (None, False)
    assert (state["mode"], state["rung"], state["baked_dir"]) == ("baked", 2, str(baked_cache))
    assert state["compilations"] == 0


def test_rung_2_beside_rung_1_reads_both_and_writes_one(sandbox: Sandbox, baked_cache: Path) -> None:
    own = sandbox.place("beside")
    code = USE_LIBROSA + "librosa.interval_to_fjs(np.float32(1.5))\n"
    state = sandbox.state(code, NUMBA_BAKED_CACHE_DIR=str(baked_cache), NUMBA_CACHE_DIR=str(own))
    assert works(state)
    assert (state["mode"], state["cache_dir"], state["baked_dir"]) == ("environment", str(own), str(baked_cache))
    assert state["compilations"] > 0
    assert {path.name.partition(".")[0] for path in own.rglob("*.nbi")} == {"notation"}
    again = sandbox.state(code, NUMBA_BAKED_CACHE_DIR=str(baked_cache), NUMBA_CACHE_DIR=str(own))
    assert again["compilations"] == 0


@pytest.mark.skipif(not AS_ROOT, reason="only root can make a cache that belongs to root")
def test_rung_2_a_cache_that_only_root_can_write_may_be_named_as_any_other(sandbox: Sandbox, baked_cache: Path) -> None:
    state = sandbox.state(NOWHERE + USE_LIBROSA, NUMBA_CACHE_DIR=str(baked_cache))
    assert works(state)
    assert (state["mode"], state["baked_dir"], state["compilations"]) == ("baked", str(baked_cache), 0)
    assert state["warnings"] == []


def test_a_cache_of_root_that_is_none_of_ours_is_refused(sandbox: Sandbox) -> None:
    state = sandbox.state("import runtime_setup\nruntime_setup.configure()\n", NUMBA_CACHE_DIR="/usr")
    assert state["mode"] == "temporary"
    assert "belongs to user 0" in state["warnings"][0]


APART = ("unshare", "--user", "--map-user=1000", "--map-group=1000")
CONFIGURE = "import runtime_setup\nruntime_setup.configure()\n"


def can_be_apart() -> bool:
    """Whether an ordinary user may have a namespace in which no other user is known."""
    if sys.platform != "linux" or shutil.which("unshare") is None:
        return False
    return subprocess.run([*APART, "true"], check=False, capture_output=True, cwd="/", **unprivileged()).returncode == 0


@pytest.mark.skipif(not can_be_apart(), reason="needs Linux, unshare, and the right to a user namespace")
def test_where_one_user_is_known_directories_below_those_of_nobody_are_taken(
    sandbox: Sandbox, warm_cache: Path, baked_cache: Path
) -> None:
    """As Apptainer and bubblewrap do it: / and /tmp belong to a user that the kernel calls 65534."""
    named = sandbox.state(CONFIGURE, within=APART, NUMBA_CACHE_DIR=str(warm_cache))
    assert (named["mode"], named["warnings"]) == ("environment", [])
    shared = sandbox.place("shared", mode=0o1777)
    assert sandbox.state(CONFIGURE, within=APART, TMPDIR=str(shared))["mode"] == "temporary"
    if AS_ROOT:  # the program and the cache belong to the same stranger
        baked = sandbox.state(NOWHERE + USE_LIBROSA, within=APART, NUMBA_BAKED_CACHE_DIR=str(baked_cache))
        assert (baked["mode"], baked["compilations"]) == ("baked", 0)
        strangers = sandbox.place("strangers")
        os.chown(strangers, 1234, 1234)
        state = sandbox.state(CONFIGURE, within=APART, NUMBA_CACHE_DIR=str(strangers))
        assert state["mode"] != "environment"
        assert "belongs to user 65534" in state["warnings"][0]


def test_rung_3_the_user_has_a_cache_directory(sandbox: Sandbox, warm_cache: Path) -> None:
    base = sandbox.place("xdg")
    (base / "ai-speech-enhancement").mkdir()
    cache = sandbox.place("xdg/ai-speech-enhancement/numba", like=warm_cache)
    give(base)
    state = sandbox.state(XDG_CACHE_HOME=str(base))
    assert works(state)
    assert (state["mode"], state["rung"], state["cache_dir"]) == ("user", 3, str(cache))
    assert (state["compilations"], state["warnings"], state["suggestions"]) == (0, [], [])


def test_rung_4_without_a_home_a_private_directory_under_tmp(sandbox: Sandbox, warm_cache: Path) -> None:
    base = sandbox.place("tmp")
    name = TEMPORARY_NAME.format(base.stat().st_uid)
    cache = sandbox.place(f"tmp/{name}", like=warm_cache)
    state = sandbox.state(TMPDIR=str(base))
    assert works(state)
    assert (state["mode"], state["rung"], state["cache_dir"]) == ("temporary", 4, str(cache))
    assert state["compilations"] == 0
    assert "NUMBA_CACHE_DIR" in state["suggestions"][0]


def test_rung_5_without_any_directory_code_is_compiled_in_memory(sandbox: Sandbox) -> None:
    state = sandbox.state(NOWHERE + USE_LIBROSA, NUMBA_CACHE_DIR="/proc/numba")
    assert works(state)
    assert (state["mode"], state["rung"], state["cache_dir"]) == ("memory", 5, None)
    assert state["compilations"] > 0
    assert [warning.split(" is not used")[0] for warning in state["warnings"]] == [
        "NUMBA_CACHE_DIR /proc/numba",
        f"/proc/{TEMPORARY_NAME.format(NOBODY if AS_ROOT else os.getuid())}",
    ]
    assert "NUMBA_CACHE_DIR" in state["suggestions"][0]


def test_rung_6_nothing_is_compiled_and_librosa_works(sandbox: Sandbox) -> None:
    state = sandbox.state(NUMBA_DISABLE_JIT="1", NUMBA_CACHE_DIR="/proc/numba")
    assert works(state)
    assert (state["mode"], state["rung"], state["cache_dir"]) == ("interpreted", 6, None)
    assert state["compilations"] == 0
    assert state["jit_disabled"]


@pytest.mark.skipif(not AS_ROOT, reason="only root can make directories of other users")
def test_a_directory_of_another_user_in_our_place_under_tmp_is_refused(sandbox: Sandbox) -> None:
    base = sandbox.place("squatted", mode=0o1777)
    squatter = base / TEMPORARY_NAME.format(base.stat().st_uid)
    squatter.mkdir(mode=0o777)
    os.chown(squatter, 1234, 1234)
    state = sandbox.state("import runtime_setup\nruntime_setup.configure()\n", TMPDIR=str(base))
    assert (state["mode"], state["rung"]) == ("memory", 5)
    assert "belongs to user 1234" in state["warnings"][-1]


@pytest.mark.parametrize(
    ("value", "rung", "warns"), [("0", 1, False), ("", 1, False), ("yes", 1, True), ("1", 6, False), ("2", 6, False)]
)
def test_the_switch_is_read_as_numba_reads_it(
    sandbox: Sandbox, warm_cache: Path, value: str, rung: int, warns: bool
) -> None:
    code = "import runtime_setup\nruntime_setup.configure()\n"
    state = sandbox.state(code, NUMBA_DISABLE_JIT=value, NUMBA_CACHE_DIR=str(warm_cache))
    assert state["rung"] == rung
    assert any("NUMBA_DISABLE_JIT" in warning for warning in state["warnings"]) == warns


@pytest.mark.parametrize(
    ("baked", "named", "told"),
    [
        (True, True, ["NUMBA_CACHE_DIR"]),
        (True, False, []),
        (False, True, ["the baked cache", "NUMBA_CACHE_DIR", "", ""]),
        (False, False, ["the baked cache", "", ""]),
    ],
)
def test_beside_a_baked_cache_only_a_directory_that_somebody_named_is_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, baked: bool, named: bool, told: list[str]
) -> None:
    monkeypatch.setattr(ladder, "refuse_baked", lambda *_: None if baked else "it is of another machine")
    monkeypatch.setattr(ladder, "refuse_as_cache", lambda _: "it is full")
    env = {"NUMBA_BAKED_CACHE_DIR": str(tmp_path), "XDG_CACHE_HOME": "/home/x", "HOME": "/home/x"}
    status = ladder.decide(env | ({"NUMBA_CACHE_DIR": "/named"} if named else {}))
    assert [refusal.named_by for refusal in status.refusals] == told
    assert status.warnings == tuple(map(str, status.refusals))
    assert (status.mode, status.cache_writable) == ("baked" if baked else "memory", False)
    assert bool(status.suggestions) is not baked
