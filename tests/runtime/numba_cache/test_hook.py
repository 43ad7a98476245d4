"""How the decision reaches numba, whenever numba is imported, and that it reaches nobody else."""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path

import pytest

from runtime.configuration import ALLOW_CODE
from tests.runtime.sandbox import EXPECTED, NOWHERE, USE_LIBROSA, Sandbox


def test_nothing_leaks_into_the_environment_of_children(sandbox: Sandbox, warm_cache: Path) -> None:
    code = (
        "import os, subprocess, sys\n"
        "def ours():\n    return {k: v for k, v in os.environ.items() if k.startswith('NUMBA')}\n"
        "before = ours()\n"
        + USE_LIBROSA
        + "assert ours() == before\n"
        + "environment = {k: v for k, v in os.environ.items() if k != 'PYTHONPATH'}\n"
        + "environment['PYTHONPATH'] = os.environ['PYTHONPATH'].split(os.pathsep)[1]\n"  # without this project
        + "child = 'import numba; numba.config; print(numba.njit(lambda x: x + 1)(1))'\n"
        + "ran = subprocess.run([sys.executable, '-c', child], env=environment, capture_output=True, text=True)\n"
        + "seen['child'] = ran.stdout or ran.stderr\n"
    )
    assert sandbox.state(code, NUMBA_CACHE_DIR=str(warm_cache))["child"] == "2\n"


def test_only_the_standard_library_is_imported_until_asked(sandbox: Sandbox) -> None:
    code = (
        "import sys\nbefore = set(sys.modules)\n"  # an interpreter's site may import what it likes at its start
        + NOWHERE
        + "import runtime_setup\nruntime_setup.configure(); runtime_setup.health(); runtime_setup.diagnostics()\n"
        "added = {n.partition('.')[0] for n in set(sys.modules) - before} - set(sys.stdlib_module_names)\n"
        "seen = dict(added=sorted(added))\n"
    )
    assert sandbox.state(code)["added"] == ["runtime", "runtime_setup"]


def test_a_numba_that_was_imported_before_is_repaired(sandbox: Sandbox, warm_cache: Path) -> None:
    code = "import numba\nassert numba.njit(lambda x: x + 1)(1) == 2\n" + USE_LIBROSA
    state = sandbox.state(code, NUMBA_CACHE_DIR=str(warm_cache))
    assert EXPECTED.items() <= state.items()
    assert state["numba_imported_before"]
    assert "was imported before" in state["warnings"][0]
    assert state["compilations"] == 0


def test_a_baked_cache_is_not_used_when_numba_has_already_chosen_its_processor(
    sandbox: Sandbox, baked_cache: Path, warm_cache: Path
) -> None:
    code = "import numba\nassert numba.njit(lambda x: x + 1)(1) == 2\n" + USE_LIBROSA
    state = sandbox.state(code, NUMBA_BAKED_CACHE_DIR=str(baked_cache), NUMBA_CACHE_DIR=str(warm_cache))
    assert EXPECTED.items() <= state.items()
    assert (state["mode"], state["baked_dir"], state["compilations"]) == ("environment", None, 0)
    assert any("already chosen its processor" in warning for warning in state["warnings"])


def test_a_changed_environment_does_not_undo_the_settings(sandbox: Sandbox, warm_cache: Path) -> None:
    code = (
        "import os, runtime_setup\nruntime_setup.configure()\nimport numba\n"
        "os.environ['NUMBA_OPT'] = '2'\n"  # numba reads all its variables again when one has changed
        "numba.njit(lambda x: x + 1)(1)\n"
        "seen = dict(opt=int(numba.config.OPT), locator=numba.config.CACHE_LOCATOR_CLASSES)\n"
    )
    state = sandbox.state(code, NUMBA_CACHE_DIR=str(warm_cache))
    assert (state["opt"], state["locator"]) == (2, "runtime.numba_cache.locator.Locator")


def test_configure_is_idempotent_and_safe_from_threads(sandbox: Sandbox, warm_cache: Path) -> None:
    code = (
        "import sys, threading, runtime_setup\nstatuses = []\n"
        "def act():\n    statuses.append(runtime_setup.configure())\n    import numba\n"
        "threads = [threading.Thread(target=act) for _ in range(8)]\n"
        "[t.start() for t in threads]; [t.join() for t in threads]\n"
        "seen = dict(count=len(statuses), different=len(set(statuses)),\n"
        "    watchers=sum(type(f).__name__ == 'NumbaWatcher' for f in sys.meta_path))\n"
    )
    state = sandbox.state(code, NUMBA_CACHE_DIR=str(warm_cache))
    assert (state["count"], state["different"], state["watchers"]) == (8, 1, 1)


def test_without_numba_librosa_works_interpreted(sandbox: Sandbox) -> None:
    code = (
        "import importlib.machinery as m\nplain = m.PathFinder.find_spec\n"
        "m.PathFinder.find_spec = lambda name, *a: None if name.split('.')[0] == 'numba' else plain(name, *a)\n"
    )
    state = sandbox.state(code + USE_LIBROSA)
    assert EXPECTED.items() <= state.items()
    assert (state["mode"], state["jit_disabled"]) == ("interpreted", True)
    assert state["warnings"] == ["numba is not installed."]


def test_with_a_broken_numba_librosa_works_interpreted(sandbox: Sandbox) -> None:
    broken = sandbox.place("broken")
    (broken / "numba").mkdir()
    (broken / "numba" / "__init__.py").write_text("raise ImportError('Numba needs NumPy 1.0 or less')\n")
    code = f"import sys; sys.path.insert(0, {str(broken)!r})\n"
    broken.chmod(0o755)
    (broken / "numba").chmod(0o755)
    state = sandbox.state(code + USE_LIBROSA)
    assert EXPECTED.items() <= state.items()
    assert (state["mode"], state["jit_disabled"]) == ("interpreted", True)
    assert "Numba needs NumPy 1.0 or less" in state["warnings"][-1]


FILES = {
    "off": "disable_jit: 1\nopt: 0\n",
    "no YAML": "- [",
    "no numbers": "opt: x\nnum_threads: abc\n",
    "a folder": None,
}
SHOW = """
import runtime_setup
runtime_setup.configure()
from numba import config
seen = dict(jit_off=config.DISABLE_JIT, opt=int(config.OPT), said=[n.name for n in runtime_setup.environment_notes()])
"""


@pytest.mark.parametrize("name", FILES)
def test_what_numba_would_read_in_the_working_directory_is_not_read(
    sandbox: Sandbox, warm_cache: Path, name: str
) -> None:
    """Whoever starts us in a folder of another project would get that one's settings."""
    folder = sandbox.place(f"config {name}", mode=0o755)
    file, content = folder / ".numba_config.yaml", FILES[name]
    file.mkdir(0o755) if content is None else file.write_text(content)
    state = sandbox.state(f"import os; os.chdir({str(folder)!r})\n" + SHOW, NUMBA_CACHE_DIR=str(warm_cache))
    assert (state["jit_off"], state["opt"], state["rung"]) == (0, 3, 1)
    assert state["said"] == [".numba_config.yaml"]


ASKS = """
import runtime_setup
seen |= dict(checks={one["name"]: one for one in runtime_setup.diagnostics()["checks"]})
"""


@pytest.mark.parametrize(
    "fault",
    [
        "PermissionError(13, 'cannot allocate executable memory, as with SELinux')",  # llvmlite's own words
        "MemoryError()",  # of cffi and ctypes
        "OSError('Failed to allocate executable memory')",
    ],
)
def test_where_new_code_may_not_run_the_advice_is_to_allow_it(sandbox: Sandbox, fault: str) -> None:
    """Installing numba again would not help."""
    folder = sandbox.place(f"refused by {fault[:6]}", mode=0o755)
    (folder / "numba").mkdir()
    (folder / "numba").chmod(0o755)
    (folder / "numba" / "__init__.py").write_text(f"raise {fault}\n")
    state = sandbox.state(f"import sys; sys.path.insert(0, {str(folder)!r})\n" + USE_LIBROSA + ASKS)
    assert EXPECTED.items() <= state.items()
    assert (state["mode"], state["suggestions"]) == ("interpreted", [ALLOW_CODE])
    for name in ("numba", "JIT"):
        assert (state["checks"][name]["ok"], state["checks"][name]["suggestion"]) == (False, ALLOW_CODE)


REFUSE = """if True:
    import ctypes, os, sys
    ctypes.CDLL(None).prctl(65, 1, 0, 0, 0)  # PR_SET_MDWE: memory is never written and then run
    os.execv(sys.argv[1], sys.argv[1:])
"""


def may_refuse() -> bool:
    """Whether this kernel (Linux 6.3) can do what systemd's MemoryDenyWriteExecute does."""
    return sys.platform == "linux" and ctypes.CDLL(None).prctl(66, 0, 0, 0, 0) >= 0


if may_refuse():  # a test that is skipped would be missed elsewhere

    def test_a_system_that_refuses_it_in_earnest(sandbox: Sandbox) -> None:
        state = sandbox.state(USE_LIBROSA + ASKS, within=(str(sandbox.python), "-c", REFUSE))
        assert EXPECTED.items() <= state.items()
        assert state["checks"]["numba"]["suggestion"] == ALLOW_CODE
