"""The environment mended: for good where the process is ours, and put back where it is not."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from runtime.environment import imports, mending
from tests.delivery.files import ROOT


@pytest.fixture(autouse=True)
def _no_notes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mending, "_notes", {})


def test_what_is_mended_is_said_once_without_its_value() -> None:
    environ = {"http_proxy": "socks9://u:s3cret@x", "HOME": "/root", "GRADIO_NUM_PORTS": "x", "PATH": "/bin"}
    mending.mend(environ)
    mending.mend(environ)
    assert environ == {"HOME": "/root", "PATH": "/bin", "MPLBACKEND": "agg", "GRADIO_ANALYTICS_ENABLED": "False"}
    assert {note.name: note.sentence for note in mending.notes()} == {
        "http_proxy": "http_proxy is ignored: not a proxy's address.",
        "GRADIO_NUM_PORTS": "GRADIO_NUM_PORTS is ignored: this app has no such setting.",
    }


def test_an_environment_in_order_stays_as_it_is() -> None:
    good = {"HOME": "/root", "http_proxy": "http://proxy:3128", "NUMBA_OPT": "3", "LANG": "C", "MPLBACKEND": "agg"}
    good |= {"GRADIO_ANALYTICS_ENABLED": "False", "PORT": "80"}
    environ = dict(good)
    mending.mend(environ)
    assert environ == good
    assert mending.notes() == ()


@pytest.mark.skipif(os.name != "posix", reason="homes are elsewhere")
@pytest.mark.parametrize(
    ("environ", "has_entry", "home"),
    [
        ({}, False, mending.NOWHERE), ({"HOME": ""}, False, mending.NOWHERE), ({"HOME": "~"}, False, mending.NOWHERE),
        ({}, True, None), ({"HOME": "relative"}, True, None), ({"HOME": "/gone"}, False, "/gone"),
    ],
)  # fmt: skip
def test_a_user_without_a_home(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], has_entry: bool, home: str | None
) -> None:
    monkeypatch.setattr(mending, "_has_entry", lambda: has_entry)
    mending.mend(environ)
    assert environ.get("HOME") == home
    assert not Path(mending.NOWHERE).exists()


def test_meanwhile_only_and_the_last_one_out_puts_it_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_DEBUG", "x")
    monkeypatch.setenv("MPLBACKEND", "QtAgg")
    before, inside, left = dict(os.environ), threading.Event(), threading.Event()

    def other() -> None:
        with mending.mended():
            inside.set()
            left.wait()

    thread = threading.Thread(target=other)
    with mending.mended():
        thread.start()
        inside.wait()
        assert dict(os.environ) == {name: value for name, value in before.items() if name != "NUMBA_DEBUG"}
    assert "NUMBA_DEBUG" not in os.environ
    left.set()
    thread.join()
    assert dict(os.environ) == before


def test_what_is_changed_meanwhile_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Matplotlib names its directory so."""
    monkeypatch.setenv("MPLCONFIGDIR", "relative")
    with mending.mended():
        os.environ["MPLCONFIGDIR"] = "/made"
    assert os.environ["MPLCONFIGDIR"] == "/made"


def test_numba_reads_no_more_than_it_can() -> None:
    environ = {"NUMBA_DEBUG": "x", "NUMBA_OPT": "2", "NUMBA_CACHE_DIR": "/a", "PATH": "/bin"}
    assert mending.of_numba(environ) == {"NUMBA_OPT": "2", "NUMBA_CACHE_DIR": "/a"}


def test_the_import_of_what_is_watched_is_watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("librosa_like", "other"):
        (tmp_path / f"{name}.py").write_text("import os\nseen = os.environ.get('NUMBA_DEBUG')\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("NUMBA_DEBUG", "x")
    monkeypatch.setattr(imports, "WATCHED", {"librosa_like"})
    monkeypatch.setattr(sys, "meta_path", [imports.EnvironmentWatcher(), *sys.meta_path])
    import librosa_like  # type: ignore[import-not-found]
    import other  # type: ignore[import-not-found]

    assert (librosa_like.seen, other.seen) == (None, "x")
    assert os.environ["NUMBA_DEBUG"] == "x"


AS_A_LIBRARY = """if True:
    import os
    before = dict(os.environ)
    import pipeline
    import librosa.util.files, numba, soundfile, pipeline.enhancement, pipeline.files.decode
    assert dict(os.environ) == before, set(os.environ.items()) ^ set(before.items())
    print(numba.config.DISABLE_JIT, int(numba.config.OPT), pipeline.runtime_setup.status().rung)
    numba.config.reload_config()
    os.environ["NUMBA_OPT"] = "7"
    numba.config.reload_config()
    names = [note.name for note in pipeline.runtime_setup.environment_notes()]
    print(numba.config.DISABLE_JIT, int(numba.config.OPT), *names)
"""


def test_a_program_that_imports_the_pipeline_keeps_its_environment(tmp_path: Path) -> None:
    (tmp_path / ".numba_config.yaml").write_text("disable_jit: 1\nopt: 0\n")
    odd = {
        "PYTHONPATH": str(ROOT), "NUMBA_NUM_THREADS": "abc", "LIBROSA_CACHE_LEVEL": "x", "XDG_CACHE_HOME": "relative",
        "HOME": "", "MPLBACKEND": "QtAgg", "GRADIO_SHARE": "x", "PYTHONWARNINGS": "error::RuntimeWarning",
        "NUMBA_CACHE_DIR": str(tmp_path / "cache"), "TMPDIR": str(tmp_path),
    }  # fmt: skip
    command = [sys.executable, "-c", AS_A_LIBRARY]
    done = subprocess.run(command, cwd=tmp_path, env=odd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()
    assert first == "0 3 1"
    assert second.startswith("0 3 ")
    assert {"NUMBA_NUM_THREADS", "LIBROSA_CACHE_LEVEL", ".numba_config.yaml"} <= set(second.split())
    assert "GRADIO_SHARE" not in second
