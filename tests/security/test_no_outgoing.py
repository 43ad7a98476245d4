"""Whatever the app does, from its start to its end: it reaches no other machine, and looks up no name."""

from __future__ import annotations

import ipaddress
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import PROJECT

TIMEOUT_S = 400  # generous: what is enhanced first is compiled first
APART = ["unshare", "--net", *([] if hasattr(os, "geteuid") and os.geteuid() == 0 else ["--map-root-user"])]


def can_be_apart() -> bool:
    """A network of one's own is the kernel's to give; CI runs where it does, and takes a skipped test as a fault."""
    if sys.platform != "linux" or shutil.which("unshare") is None:
        return False
    return subprocess.run([*APART, "true"], check=False, capture_output=True).returncode == 0


pytestmark = pytest.mark.skipif(
    not can_be_apart(), reason="needs Linux, unshare, and the right to a network of one's own"
)


def apart(folder: Path, what: str) -> dict[str, Any]:
    """What `tests.security.visit` tells, from a network that has only the loopback."""
    command = [
        *APART,
        sys.executable,
        "-X",
        "utf8",
        "-m",
        "tests.security.visit",
        str(folder),
        os.environ["HOME"],
        what,
    ]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False, timeout=TIMEOUT_S)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def is_here(event: str, address: Any) -> bool:
    """Whether an address is of this machine: its loopback, or a socket among its files."""
    if isinstance(address, str) and event not in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        return True  # AF_UNIX
    host = address[0] if isinstance(address, list) else address
    if host in (None, "localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def test_the_watch_would_see_it(tmp_path: Path) -> None:
    """A connection, a packet and a name that lead elsewhere: noted by the hook, counted by the kernel."""
    found = apart(tmp_path, "forbidden")
    assert found["exit"] == 0, found["log"]
    assert [event for event, address in found["seen"] if not is_here(event, address)] == [
        "socket.connect", "socket.sendto", "socket.getaddrinfo",
    ]  # fmt: skip
    assert found["lost"] >= 2


def test_the_app_reaches_nobody(tmp_path: Path) -> None:
    found = apart(tmp_path, "page")
    assert found["assets"] >= 3
    assert found["page"] == ["after", "before", "removed"]
    assert found["enhance"][0] == "neural"
    assert found["enhance"][1] > 1_000
    assert (found["analyze"], found["exit"]) == (16_000, 0)
    assert [(event, address) for event, address in found["seen"] if not is_here(event, address)] == []
    assert found["seen"], "the hook was not there"
    assert found["lost"] == 0
    assert "Traceback" not in found["log"]


def test_the_command_line_reaches_nobody(tmp_path: Path) -> None:
    found = apart(tmp_path, "commands")
    assert found["exit"] == 0, found["log"]
    assert (tmp_path / "talk.clean.mp3").stat().st_size > 1_000
    assert [(event, address) for event, address in found["seen"] if not is_here(event, address)] == []
    assert found["lost"] == 0
