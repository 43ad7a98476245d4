"""The mask of new files, closed streams, warnings made faults, several workers."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from runtime.environment import mending, process
from tests.delivery.files import ROOT

POSIX = pytest.mark.skipif(os.name != "posix", reason="masks and descriptors are POSIX")
SHOW = """if True:
    import json, os, sys, warnings
    import runtime_setup
    runtime_setup.own_process()
    runtime_setup.own_process()
    found = dict(
        umask=os.umask(0), streams=[s is not None for s in (sys.stdin, sys.stdout, sys.stderr)],
        next=os.open("/dev/null", os.O_RDONLY), notes=[note.name for note in runtime_setup.environment_notes()],
    )
    warnings.warn("no fault")
    os.write(int(sys.argv[1]), json.dumps(found).encode())
"""


def shown(before: str, **environ: str) -> dict[str, object]:
    reads, writes = os.pipe()
    try:
        command = ["sh", "-c", f'{before}; exec "$0" "$@"', sys.executable, "-c", SHOW, str(writes)]
        env = {"PATH": os.defpath, "HOME": "/", "PYTHONPATH": str(ROOT)} | environ
        subprocess.run(command, env=env, pass_fds=[writes], check=True, cwd="/")
        return dict(json.loads(os.read(reads, 65_536)))
    finally:
        os.close(reads)
        os.close(writes)


@POSIX
@pytest.mark.parametrize(("mask", "used"), [("0777", 0o077), ("0077", 0o077), ("0022", 0o022), ("0300", 0o077)])
def test_a_mask_that_closes_our_own_files_to_us_is_mended(mask: str, used: int) -> None:
    found = shown(f"umask {mask}")
    assert found["umask"] == used
    assert ("umask" in str(found["notes"])) is (mask in ("0777", "0300"))


@POSIX
def test_closed_streams_are_opened_so_that_no_file_gets_their_numbers() -> None:
    found = shown("exec <&- >&- 2>&-")
    assert found["streams"] == [True, True, True]
    assert isinstance(found["next"], int) and found["next"] > 2
    assert {"stdin", "stdout", "stderr"} <= set(found["notes"])  # type: ignore[arg-type]


@POSIX
def test_a_warning_is_no_fault() -> None:
    assert shown(":", PYTHONWARNINGS="error")["notes"] == ["PYTHONWARNINGS"]


RESTART = """if True:
    import sys
    import runtime_setup
    runtime_setup.restart_if_needed()
    runtime_setup.own_process()
    print(sys.getfilesystemencoding(), sys.flags.optimize, [note.name for note in runtime_setup.environment_notes()])
"""


@POSIX
@pytest.mark.parametrize(
    ("arguments", "environ", "said"),
    [
        ([], {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, "utf-8 0 ['encoding']"),
        ([], {"LANG": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, "utf-8 0 ['encoding']"),
        ([], {"PYTHONOPTIMIZE": "2"}, "utf-8 0 ['encoding']"),
        ([], {}, "utf-8 0 []"),
        (["-OO"], {}, "utf-8 2 ['encoding']"),  # nothing can be done, and it is tried once
    ],
)
def test_what_only_the_interpreters_start_can_mend(arguments: list[str], environ: dict[str, str], said: str) -> None:
    env = {"PATH": os.defpath, "HOME": "/", "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"} | environ
    command = [sys.executable, *arguments, "-c", RESTART]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == said


@pytest.mark.parametrize(
    ("arguments", "environ", "count"),
    [
        ([], {}, 1), (["uvicorn", "--workers", "2", "app"], {}, 2), (["uvicorn", "--workers=3"], {}, 3),
        (["gunicorn", "-w", "4"], {}, 4), (["uvicorn"], {"WEB_CONCURRENCY": "2"}, 2), (["--workers"], {}, 1),
        (["uvicorn", "--workers", "1"], {"WEB_CONCURRENCY": "2"}, 1), ([], {"WEB_CONCURRENCY": "x"}, 1),
    ],
)  # fmt: skip
def test_several_workers_are_known(arguments: list[str], environ: dict[str, str], count: int) -> None:
    assert process.workers(arguments, environ) == count


@pytest.mark.parametrize("environ", [{}, {"WEB_CONCURRENCY": "2"}])
def test_several_workers_are_said_once_and_somebody_should_act(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str]
) -> None:
    monkeypatch.setattr(mending, "_notes", {})
    process.note_workers(["uvicorn", "--workers", "2"], environ)
    mending.mend(dict(environ) | {"HOME": "/"})
    (found,) = mending.notes()
    assert not found.ok
    assert found.sentence.startswith("2 worker processes serve")
    monkeypatch.setattr(mending, "_notes", {})
    process.note_workers(["uvicorn"], {})
    assert mending.notes() == ()
