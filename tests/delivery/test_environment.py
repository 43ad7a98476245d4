"""The environment of the tests is the same everywhere: see tests/environment.py."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import environment
from tests.delivery.files import ROOT

ODD = {
    "HOME": "/nonexistent", "HTTP_PROXY": "http://127.0.0.1:9", "all_proxy": "socks5://127.0.0.1:9", "LC_ALL": "tr_TR",
    "TZ": "Asia/Kolkata", "NUMBA_DISABLE_JIT": "1", "GRADIO_SERVER_PORT": "tcp://10.0.0.1:80", "MPLBACKEND": "missing",
    "COLUMNS": "40", "FORCE_COLOR": "1", "PYTHONWARNINGS": "error", "PLAYWRIGHT_BROWSERS_PATH": "/browsers",
}  # fmt: skip
SHOW = """if True:
    import json, os, tempfile
    os.umask(0o077)
    from tests import environment
    environment.make_known()
    environment.forget_colours()
    print(json.dumps(dict(os.environ, temporary=tempfile.gettempdir(), umask=os.umask(0))))
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps its variables")
def test_nothing_of_an_odd_shell_is_left(tmp_path: Path) -> None:
    kept = {name: os.environ[name] for name in environment.KEPT & os.environ.keys()}
    odd = ODD | kept | {"TMPDIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", SHOW], cwd=ROOT, env=odd, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    place = Path(found["HOME"]).parent
    assert found == environment.SET | kept | {
        "PLAYWRIGHT_BROWSERS_PATH": "/browsers",
        environment.PLACE: str(place), "HOME": str(place / "home"), "TMPDIR": str(place / "tmp"),
        "temporary": str(place / "tmp"),
        "umask": 0o022,
    }  # fmt: skip
    assert not place.exists(), "it goes with the process"


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps its variables")
def test_the_processes_of_a_run_share_a_home_and_nothing_temporary() -> None:
    done = subprocess.run([sys.executable, "-c", SHOW], cwd=ROOT, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert found["HOME"] == os.environ["HOME"]
    assert found["TMPDIR"] != os.environ["TMPDIR"]
    assert Path(os.environ["HOME"]).is_dir(), "it stays until the run ends"


def test_what_is_made_once_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(environment.PLACE, str(tmp_path))
    made = [environment.made_once("thing", lambda path: path.write_text("x")) for _ in range(2)]
    assert made == [tmp_path / "thing"] * 2
    with pytest.raises(ZeroDivisionError):
        environment.made_once("fault", lambda _: 1 / 0)
    assert environment.made_once("fault", Path.mkdir).is_dir()


@pytest.mark.skipif(os.name == "nt", reason="owners and modes are POSIX")
def test_a_place_that_is_closed_or_open_to_all_does_not_do() -> None:
    place = Path(os.environ["HOME"]).parent / "place"
    place.mkdir()
    above = environment.in_order(place.parent)
    for mode, good in ((0o755, above), (0o1777, above), (0o700, False), (0o777, False)):
        place.chmod(mode)
        assert environment.in_order(place) == good, oct(mode)
    place.rmdir()
    assert not environment.in_order(place)
