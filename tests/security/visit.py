"""A visit from the first page to the last download, in a network that ends at this machine.

usage: unshare --net python -m tests.security.visit FOLDER HOME page|commands|forbidden

FOLDER : for what is made; HOME : of the app, with its compiled code
Prints what was reached as JSON: `seen` by the audit hook in the interpreters, `lost` by the kernel: packets that had
nowhere to go, of native code, too.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import soundfile

from tests.conftest import PROJECT, start_server, stop_server
from tests.pipeline.signals import noise, speech_like
from tests.web import curl

UNDER_WAY = ("waiting", "running")

HOOK = Path(__file__).parent / "hook"
IFF_UP, SIOCGIFFLAGS, SIOCSIFFLAGS = 1, 0x8913, 0x8914
FORBIDDEN = """
import socket
for kind, reach in ((socket.SOCK_STREAM, "connect"), (socket.SOCK_DGRAM, "sendto")):
    with socket.socket(socket.AF_INET, kind) as probe:
        try:
            probe.connect(("192.0.2.1", 80)) if reach == "connect" else probe.sendto(b"x", ("192.0.2.1", 53))
        except OSError:
            pass
try:
    socket.getaddrinfo("example.org", 443)
except OSError:
    pass
"""


def bring_up_loopback() -> None:
    """A new network has it, but switched off."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh14x", b"lo", 0)
        flags = struct.unpack("16sh14x", fcntl.ioctl(any_socket, SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | IFF_UP))


def lost() -> int:
    """Packets and connections of this network that had no way out."""
    names, numbers = (
        line.split() for line in Path("/proc/net/snmp").read_text().splitlines() if line.startswith("Ip:")
    )
    newer = dict(line.split() for line in Path("/proc/net/snmp6").read_text().splitlines())
    return int(numbers[names.index("OutNoRoutes")]) + int(newer.get("Ip6OutNoRoutes", 0))


def visit(folder: Path, talk: Path) -> dict[str, Any]:
    """What a visitor and a program do. What came back, by what was asked for."""
    (folder / "app").mkdir()
    server = start_server(folder / "app", WORKERS="1", PYTHONPATH=str(HOOK))
    try:
        found = {"assets": _assets(server.url), "page": _pressed(server.url, curl.upload(server.url, talk))}
        description = curl.upload(server.url, talk)
        enhanced, report = curl.call(server.url, "enhance", file=description)
        found["enhance"] = [report["denoiser"], len(httpx.get(enhanced["url"], timeout=60).raise_for_status().content)]
        found["analyze"] = curl.call(server.url, "analyze", file=description)[0]["sample_rate"]
        httpx.get(f"{server.url}/api/diagnostics", timeout=60).raise_for_status()
    finally:
        status = stop_server(server)
    return found | {"exit": status, "log": server.log.read_text()}


def _assets(url: str) -> int:
    """The page and what it links to; how much that is."""
    page = httpx.get(url, timeout=60).raise_for_status().text
    links = sorted({link for link in re.findall(r'(?:href|src)="(?!\w+:)([^"#]+)"', page) if "//" not in link})
    for link in links:
        httpx.get(f"{url}/{link.lstrip('./')}", timeout=60).raise_for_status()
    return len(links)


def _pressed(url: str, description: dict[str, Any]) -> list[str]:
    """Enhance, pressed on the page, sound and pictures and all; what there is to hear."""
    order = {"file": description["path"], "listens": True}
    answer = httpx.post(f"{url}/api/jobs", json=order, timeout=60).raise_for_status()
    while (job := httpx.get(f"{url}/api/jobs/{answer.json()['job']}", timeout=60).json())["state"] in UNDER_WAY:
        time.sleep(0.1)
    assert job["state"] == "done", job
    media = job["media"]
    pictures = [f"{media['spectrogram']['url']}/{name}/0/0.png" for name in media["tracks"]]
    for path in (*(track["url"] for track in media["tracks"].values()), media["peaks"]["url"], *pictures):
        httpx.get(f"{url}/{path}", timeout=60).raise_for_status()
    return sorted(media["tracks"])


def main() -> None:
    folder, home, what = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    bring_up_loopback()
    os.environ |= {"HOME": home, "OUTGOING": str(folder / "outgoing"), "PYTHONDONTWRITEBYTECODE": "1"}
    before, found = lost(), {}
    hooked = os.environ | {"PYTHONPATH": f"{HOOK}{os.pathsep}{PROJECT}"}
    talk = folder / "talk.wav"
    soundfile.write(talk, (speech_like(16_000, 2.0) + noise(1, 32_000, -45.0)).T.astype(np.float32), 16_000)
    if what == "page":
        found = visit(folder, talk)
    else:
        command = ["-m", "pipeline", str(talk), "--format", "mp3"] if what == "commands" else ["-c", FORBIDDEN]
        done = subprocess.run(
            [sys.executable, *command], env=hooked, cwd=folder, capture_output=True, text=True, check=False
        )
        found = {"exit": done.returncode, "log": done.stderr}
    seen = [json.loads(line) for line in (folder / "outgoing").read_text().splitlines()]
    print(json.dumps(found | {"seen": seen, "lost": lost() - before}))


if __name__ == "__main__":
    main()
