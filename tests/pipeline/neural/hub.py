"""The Hugging Face Hub on this machine: what the download of one file needs of it, and the storage behind it."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

REVISION = "0123456789abcdef0123456789abcdef01234567"
NAME = "some-body/small_denoiser.v2"


@dataclass
class Hub:
    """What is served, and what was asked. headers : of the Hub's answer, added to or in place of the usual ones."""

    files: dict[str, bytes] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 200
    pause_s: float = 0.0
    chunked: bool = False
    lie: bytes | None = None
    asked: list[tuple[str, str]] = field(default_factory=list)
    heard: list[dict[str, str]] = field(default_factory=list)
    url: str = ""

    def put(self, data: bytes, name: str = NAME, revision: str = REVISION) -> None:
        self.files[f"/{name}/resolve/{revision}/denoiser.safetensors"] = data


@contextmanager
def serving(hub: Hub) -> Iterator[Hub]:
    stop = threading.Event()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(hub, stop))
    server.daemon_threads = True
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        stop.set()
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(hub: Hub, stop: threading.Event) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            hub.asked.append((self.command, self.path))
            hub.heard.append({name.lower(): value for name, value in self.headers.items()})
            if self.path.startswith("/storage"):
                self.store(hub.files[self.path.removeprefix("/storage")])
            elif hub.status != 200:
                self.say(hub.status, {"X-Error-Code": "SomethingElse"})
            elif self.path not in hub.files:
                self.say(404, {"X-Error-Code": "EntryNotFound"})
            else:
                stop.wait(hub.pause_s)
                data = hub.files[self.path]
                usual = {
                    "Location": f"{hub.url}/storage{self.path}",
                    "X-Repo-Commit": self.path.split("/")[4],
                    "X-Linked-Size": str(len(data)),
                    "X-Linked-Etag": f'"{hashlib.sha256(data).hexdigest()}"',
                    "ETag": '"of the redirect"',
                }
                self.say(302, usual | hub.headers, b"Found. Redirecting")

        def say(self, status: int, headers: dict[str, str], body: bytes = b"") -> None:
            self.send_response(status)
            for name, value in headers.items():
                if value:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def store(self, data: bytes) -> None:
            data = hub.lie if hub.lie is not None else data
            if not hub.chunked:
                self.say(200, {"ETag": '"of the storage"'}, data)
                return
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            step = 1000 if hub.pause_s else 2**20
            for at in range(0, len(data), step):
                part = data[at : at + step]
                try:
                    self.wfile.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
                except OSError:  # who listened has heard enough
                    self.close_connection = True
                    return
                if stop.wait(hub.pause_s):
                    return
            self.wfile.write(b"0\r\n\r\n")

        def log_message(self, *_: Any) -> None:
            pass

    return Handler
