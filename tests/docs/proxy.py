"""nginx, as the docs configure it: but for its port, and places of files."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import free_port


@dataclass(frozen=True)
class Proxy:
    """certificate : that vouches for it; name : that it is known under"""

    url: str
    certificate: Path
    name: str

    def client(self, **options: Any) -> httpx.Client:
        """A visitor, who keeps cookies."""
        trust = ssl.create_default_context(cafile=str(self.certificate))
        return httpx.Client(base_url=self.url, verify=trust, headers={"Host": self.name}, timeout=120, **options)


@contextmanager
def running(folder: Path, server: str, name: str) -> Iterator[Proxy]:
    """server : what belongs into its block `http`. Skips the test where there is no nginx."""
    if shutil.which("nginx") is None:
        pytest.skip("nginx is not installed (apt install nginx-light)")
    port, certificate, key = free_port(), folder / "speech.pem", folder / "speech.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name},IP:127.0.0.1", "-keyout", key,
         "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    for what, instead in (
        ("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;"),
        ("/etc/ssl/speech.pem", str(certificate)), ("/etc/ssl/speech.key", str(key)),
    ):  # fmt: skip
        assert server.count(what) == 1
        server = server.replace(what, instead)
    places = "".join(f"{one}_temp_path {folder}/{one};" for one in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "conf").write_text(
        f"{user} daemon off; pid {folder}/pid; error_log {folder}/errors warn;\n"
        f"events {{}}\nhttp {{ {places}\n{server} }}\n"
    )
    process = subprocess.Popen(["nginx", "-p", str(folder), "-e", str(folder / "errors"), "-c", str(folder / "conf")])
    try:
        for _ in range(100):
            if process.poll() is not None:
                pytest.fail((folder / "errors").read_text())
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield Proxy(f"https://127.0.0.1:{port}", certificate, name)
    finally:
        process.terminate()
        process.wait(20)
