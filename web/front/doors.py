"""The routes that are open. Whatever is not on this list does not exist, whatever Gradio has behind it.

`tests/security/test_doors.py` compares the list with all routes of the Gradio in use: a route that its next version
adds fails there until somebody decides.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from starlette.types import Scope

KIB, MIB = 2**10, 2**20
API = "/gradio_api"
NAME = r"[A-Za-z0-9_]{1,64}"
WORD = r"[A-Za-z0-9_-]{1,64}"


class Kind(Enum):
    """What a request to a route is, which decides how it is treated."""

    READ = "an answer at once"
    PAGE = "an answer that has to be made"
    FILE = "a file, whole or in part"
    STREAM = "events, for as long as somebody listens"
    CALL = "JSON that asks for work of Gradio's"
    ORDER = "JSON that asks for work of ours"
    UPLOAD = "a form with files"


@dataclass(frozen=True)
class Door:
    """One route. methods : allowed; path : a pattern for the whole of it; most_bytes : of its body, None = a file's;
    begins : whether new work comes by it, which a server that stops does not take; opens : whether a visit begins
    with it; free : without the password, too."""

    kind: Kind
    methods: frozenset[str]
    path: re.Pattern[str]
    most_bytes: int | None = 0
    begins: bool = False
    opens: bool = False
    free: bool = False


def _read(path: str, kind: Kind = Kind.READ, *, free: bool = False) -> Door:
    return Door(kind, frozenset({"GET", "HEAD"}), re.compile(path), free=free)


def _opening(path: str) -> Door:
    return Door(Kind.PAGE, frozenset({"GET", "HEAD"}), re.compile(path), opens=True)


def _stream(path: str) -> Door:
    return Door(Kind.STREAM, frozenset({"GET"}), re.compile(path))


def _order(kind: Kind, path: str, most_bytes: int | None) -> Door:
    return Door(kind, frozenset({"POST"}), re.compile(path), most_bytes, begins=True)


def _call(path: str) -> Door:
    return _order(Kind.CALL, path, 64 * KIB)


def _end(path: str) -> Door:
    return Door(Kind.CALL, frozenset({"POST"}), re.compile(path), 4 * KIB)


DOORS = (
    _read("/health", free=True),
    _read("/ready", free=True),
    _read("/metrics", Kind.PAGE),
    _read("/api/diagnostics", Kind.PAGE),
    _order(Kind.ORDER, "/api/jobs", 64 * KIB),
    Door(Kind.READ, frozenset({"GET", "DELETE"}), re.compile(f"/api/jobs/{WORD}")),
    _read(f"/api/jobs/{WORD}/{NAME}.mp3", Kind.FILE),
    _read(f"/api/jobs/{WORD}/peaks", Kind.FILE),
    _read(f"/api/jobs/{WORD}/spectrogram/{NAME}/\\d{{1,2}}/\\d{{1,6}}.png", Kind.FILE),
    _read(f"/api/jobs/{WORD}/(download|removed|video|picture)", Kind.PAGE),
    Door(Kind.PAGE, frozenset({"GET"}), re.compile("/api/zip")),
    _order(Kind.UPLOAD, "/api/enhance", None),
    _read(r"/api/examples/[a-z0-9-]{1,64}\.flac", Kind.FILE),
    _opening("/"),  # the page and its parts
    _read(r"/page/[a-z0-9_./-]{1,100}"),
    _opening("/config/?"),  # with which programs begin that use Gradio's clients
    _read(r"/(assets|static|svelte)/[\w./@+-]{1,200}"),
    _read(f"({API})?/theme.css"),
    _read("/favicon.ico"),
    _read("/robots.txt"),
    _read(f"{API}/app_id/?"),
    _read(f"{API}/info/?", Kind.PAGE),  # for programs
    _read(f"{API}/openapi.json", Kind.PAGE),
    _read(f"{API}/file=.{{1,4096}}", Kind.FILE),
    _stream(f"{API}/heartbeat/{WORD}"),
    _stream(f"{API}/queue/data"),
    _stream(f"{API}/upload_progress"),
    _stream(f"{API}/call(/v2)?/{NAME}/{WORD}"),
    _call(f"{API}/queue/join"),
    _call(f"{API}/(run|api)/{NAME}/?"),
    _call(f"{API}/call/v2/{NAME}/?"),
    _call(f"{API}/call/{NAME}/?"),
    _end(f"{API}/cancel"),
    _end(f"{API}/reset/?"),
    _order(Kind.UPLOAD, f"{API}/upload", None),
)

# Where the app is an MCP server, too.
MCP_DOORS = (
    _read(f"{API}/mcp/schema"),
    _order(Kind.UPLOAD, f"{API}/mcp/?", MIB),
)


def path_of(scope: Scope) -> str:
    """What a request asks for, below the path that the app is reached under."""
    root, path = str(scope.get("root_path", "")).rstrip("/"), str(scope["path"])
    return path.removeprefix(root) if root and path.startswith(f"{root}/") else path


def find(method: str, path: str, among: Sequence[Door] = DOORS) -> Door | None:
    """The door that a request for `path` (decoded, without the query) goes through."""
    return next((door for door in among if method in door.methods and door.path.fullmatch(path)), None)


def exists(path: str, among: Sequence[Door] = DOORS) -> bool:
    """Whether a door leads there at all."""
    return any(door.path.fullmatch(path) for door in among)
