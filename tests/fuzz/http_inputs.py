"""Requests that nobody's browser would send, made of what the app itself says of its doors."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from hypothesis import strategies as st

from . import hostile
from .exchange import Request

GRADIO = [
    "/", "/config", "/config/", "/info", "/health", "/api/diagnostics", "/api/jobs",
    "/api/jobs/{x}", "/theme.css", "/robots.txt", "/favicon.ico",
    "/manifest.json", "/pwa_icon", "/pwa_icon/{x}", "/monitoring", "/monitoring/{x}", "/monitoring/summary", "/login",
    "/logout", "/user", "/token", "/static/{x}", "/assets/{x}", "/svelte/{x}", "/gradio_api/info", "/docs",
    "/gradio_api/openapi.json", "/gradio_api/app_id", "/gradio_api/token", "/gradio_api/user",
    "/gradio_api/login_check",
    "/gradio_api/startup-events", "/gradio_api/dev/reload", "/gradio_api/runs", "/gradio_api/deep_link",
    "/gradio_api/custom_component/{x}/{x}/{x}/{x}", "/gradio_api/proxy={x}", "/gradio_api/file={x}",
    "/gradio_api/file/{x}",
    "/gradio_api/stream/{x}", "/gradio_api/stream/{x}/close", "/gradio_api/stream/{x}/{x}/{x}/playlist.m3u8",
    "/gradio_api/stream/{x}/{x}/{x}/{x}.{x}", "/gradio_api/stream/{x}/{x}/{x}/playlist-file", "/gradio_api/reset",
    "/gradio_api/heartbeat/{x}", "/gradio_api/run/{x}", "/gradio_api/api/{x}", "/gradio_api/call/{x}",
    "/gradio_api/call/v2/{x}", "/gradio_api/call/{x}/{x}", "/gradio_api/queue/join", "/gradio_api/queue/data",
    "/gradio_api/queue/status", "/gradio_api/cancel", "/gradio_api/component_server", "/gradio_api/component_server/",
    "/gradio_api/upload", "/gradio_api/upload_progress", "/gradio_api/process_recording", "/gradio_api/vibe-edit",
    "/gradio_api/undo-vibe-edit", "/gradio_api/vibe-code", "/gradio_api/vibe-starter-queries",
    "/gradio_api/profiling/traces", "/gradio_api/profiling/clear", "/gradio_api/run-history/connect",
    "/gradio_api/run-history/records", "/gradio_api/theme.css", "/{x}", "/gradio_api/{x}", "/api/{x}",
]  # fmt: skip
"""Every route that Gradio has, open or shut here."""

METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "get"]
QUERIES = [
    "upload_id",
    "session_hash",
    "fn_index",
    "event_id",
    "__theme",
    "view",
    "deep_link",
    "api_name",
    "token",
    "x",
]
RANGES = [
    "bytes=0-", "bytes=0-0", "bytes=-1", "bytes=-0", "bytes=1-0", "bytes=1-2-3", "bytes=", "bytes=-", "bytes", "=",
    "bytes=a-b",
    "bytes=0-,0-,0-", "bytes=0-1,3-4", "bytes=99999999999999999999-", "bytes=0-99999999999999999999",
    "bytes=-99999999999999999999",
    "bytes= 0 - 5 ", "items=0-5", "bytes=0-5, ", "bytes=0--5", "bytes=+0-5", "bytes=" + ",".join(["0-"] * 500),
    "bytes=1_0-2_0", "bytes=٣-",
]  # fmt: skip
HEADERS: dict[str, list[str]] = {
    "Range": RANGES,
    "If-Range": ["x", '"x"', "Wed, 21 Oct 2015 07:28:00 GMT"],
    "Host": ["evil.example", "", "127.0.0.1:99999", "a b", "[::1]", "[", "é", "a" * 5_000, "127.0.0.1@evil.example",
    "x:y:z", "%"],
    "Origin": ["http://evil.example", "null", "", "file://", "http://[", "http://127.0.0.1:1", "\xff"],
    "Referer": ["http://evil.example/?x", "http://[", "://", ""],
    "X-Forwarded-Host": ["evil.example", "", "[", "a,b", "é", "\x01", "a:b:c"],
    "X-Forwarded-Proto": ["https", "javascript", "", "https,http", "é", "\x01"],
    "X-Forwarded-For": ["127.0.0.1", "evil", "", "::1"],
    "X-Forwarded-Prefix": ["/evil", "//evil.example", ""],
    "Cookie": ["", "=", "a=b; a=c", ";" * 500, "access-token=x; access-token-unsecure-x=y", "\xff=\xfe"],
    "Authorization": ["Basic !", "Bearer ", "Basic " + "A" * 5_000],
    "Accept-Language": ["xx", "de" * 500, "", "*;q=9", "\xff"],
    "Accept-Encoding": ["gzip", "br;q=x", "", "identity;q=0"],
    "Accept": ["application/json", "text/html;q=é", ""],
    "Content-Type": [
        "application/json", "text/plain", "", "multipart/form-data", "multipart/form-data; boundary=",
        "application/x-www-form-urlencoded", "application/json; charset=utf-16", "application/json; charset=nonsense",
        "\xff",
    ],
    "Content-Encoding": ["gzip", "nonsense"],
    "Expect": ["100-continue", "nonsense"],
    "Upgrade": ["websocket", "h2c"],
    "If-None-Match": ["*", '"x"', "é"],
    "If-Modified-Since": ["nonsense", "Thu, 01 Jan 1970 00:00:00 GMT", "Mon, 99 Xxx 9999 99:99:99 GMT"],
    "X-Gradio-User": ["app"],
    "X-Gradio-Server": ["http://evil.example"],
    "Forwarded": ["for=evil;host=evil.example"],
}  # fmt: skip


@dataclass(frozen=True)
class Doors:
    """What a running app says of itself.

    targets : paths, {…} for what a caller fills in
    functions : numbers of the page's buttons, and how many values each takes
    endpoints : name → its parameters
    files : uploads that it has now, by what they are
    """

    targets: list[str]
    functions: dict[int, int]
    endpoints: dict[str, list[str]]
    files: dict[str, str]


def _one_line(text: str) -> str:
    return "".join(c for c in text if c not in "\r\n\0")


one_line = st.one_of(hostile.plain, hostile.texts.map(_one_line))


@st.composite
def targets(draw: st.DrawFn, doors: Doors) -> str:
    """A path and a query, percent-encoded as much as somebody likes."""
    template = draw(st.sampled_from([*GRADIO, *doors.targets, *doors.targets]))
    safe = draw(st.sampled_from(["", "/", "/:?=&%.", "/.."]))
    fillers = st.one_of(
        hostile.texts, st.sampled_from([*doors.endpoints, *map(str, doors.functions), *doors.files.values()])
    )
    path = re.sub(r"\{[^}]*\}", lambda _: quote(draw(fillers), safe=safe, errors="surrogatepass"), template)
    path += draw(st.sampled_from(["", "", "", "/", "//", "/..", "/%2e%2e/", ";x", "%00", "%ff", "%", "/./"]))
    asked = draw(st.lists(st.tuples(st.sampled_from(QUERIES), hostile.texts), max_size=2))
    query = "&".join(f"{name}={quote(value, safe=safe, errors='surrogatepass')}" for name, value in asked)
    target = path + (f"?{query}" if query else draw(st.sampled_from(["", "", "?", "?&=", "?%"])))
    return re.sub(r"[^!-~]", lambda found: quote(found[0], errors="surrogatepass"), target)  # one word on the line


@st.composite
def headers(draw: st.DrawFn) -> tuple[tuple[str, str], ...]:
    names = draw(st.lists(st.sampled_from(sorted(HEADERS)), max_size=3, unique=True))
    return tuple((name, draw(st.one_of(st.sampled_from(HEADERS[name]), one_line))) for name in names)


@st.composite
def any_request(draw: st.DrawFn, doors: Doors) -> Request:
    """Every method at every door."""
    body = draw(st.one_of(st.none(), st.binary(max_size=60), bodies(doors)))
    more = draw(headers())
    if body is not None and draw(st.booleans()):
        more += (("Content-Type", "application/json"),)
    return Request(draw(st.sampled_from(METHODS)), draw(targets(doors)), more, body)


BROKEN = [
    b"", b"{", b"nul", b"[" * 100_000, b'{"data":' * 20_000, b'{"data": [' + b"9" * 5_000 + b"]}", b"NaN",
    b"\xff\xfe{\0}\0",
    b"\xef\xbb\xbf{}", b'{"data": [NaN, Infinity, -Infinity]}', b'{"a": 1, "a": 2}', b'"\\ud800"',
    b'{"\\ud800": "\\udfff"}',
    b'{"data": ["\xff"]}', b"{}garbage", b"[]", b"null", b"1", b'"x"', b"{'data': []}", b'{"data": [1e999]}', b"\0",
    b" " * 5_000,
]  # fmt: skip


def written(value: object) -> bytes:
    """JSON as Python writes it: NaN, lone surrogates and all."""
    return json.dumps(value).encode()


@st.composite
def _file(draw: st.DrawFn, doors: Doors) -> Any:
    path = draw(
        st.one_of(
            st.sampled_from(sorted(doors.files.values())), st.sampled_from(sorted(doors.files.values())), hostile.texts
        )
    )
    described = {"path": path, "meta": {"_type": "gradio.FileData"}}
    change = draw(st.sampled_from(["", "", "", "bare", "no meta", "more", "list", "null", "typed", "wrong meta"]))
    return {
        "": described, "bare": path, "no meta": {"path": path}, "list": [described], "null": None,
        "more": {**described, "url": draw(hostile.texts), "size": draw(hostile.scalars),
        "orig_name": draw(hostile.texts)},
        "typed": {"path": draw(hostile.values), "meta": {"_type": "gradio.FileData"}},
        "wrong meta": {"path": path, "meta": draw(hostile.values)},
    }[change]  # fmt: skip


@st.composite
def _by_name(draw: st.DrawFn, doors: Doors) -> tuple[str, Any]:
    name = draw(st.sampled_from(sorted(doors.endpoints)))
    known = [parameter for parameter in doors.endpoints[name] if parameter != "file"] or ["x"]
    given = draw(
        st.dictionaries(
            st.one_of(st.sampled_from(known), st.sampled_from(known), hostile.texts), hostile.values, max_size=3
        )
    )
    if draw(st.integers(0, 9)):
        given = {"file": draw(_file(doors)), **given}
    return f"/gradio_api/call/v2/{name}", given


@st.composite
def _by_position(draw: st.DrawFn, doors: Doors) -> tuple[str, Any]:
    name = draw(st.sampled_from(sorted(doors.endpoints)))
    door = draw(st.sampled_from(["call", "call", "run", "api"]))
    data: Any = [draw(_file(doors)), *draw(st.lists(hostile.values, max_size=4))]
    body = draw(st.sampled_from(["data", "data", "data", "bare", "text", "more"]))
    more = {"session_hash": draw(hostile.scalars), "fn_index": draw(hostile.scalars), "event_id": draw(hostile.texts)}
    found = {
        "data": {"data": data},
        "bare": data,
        "text": {"data": draw(hostile.values)},
        "more": {"data": data, **more},
    }
    return f"/gradio_api/{door}/{name}", found[body]


@st.composite
def _pressed(draw: st.DrawFn, doors: Doors) -> tuple[str, Any]:
    """A button of the page, with as many values as it takes or another number, of any kind."""
    number = draw(
        st.one_of(st.sampled_from(sorted(doors.functions)), st.sampled_from(sorted(doors.functions)), hostile.scalars)
    )
    many = draw(st.one_of(st.just(doors.functions.get(number, 1) if isinstance(number, int) else 1), st.integers(0, 3)))
    value = st.one_of(_file(doors), hostile.scalars)
    return "/gradio_api/queue/join", {
        "fn_index": number,
        "data": draw(st.one_of(st.lists(value, min_size=many, max_size=many), hostile.values)),
        "session_hash": draw(st.one_of(st.uuids().map(lambda own: f"fuzz{own.hex}"), hostile.scalars)),
        "event_data": draw(st.one_of(st.none(), hostile.values)),
        "trigger_id": draw(st.one_of(st.none(), hostile.scalars)),
    }


@st.composite
def _other(draw: st.DrawFn, doors: Doors) -> tuple[str, Any]:
    names = ["session_hash", "fn_index", "event_id", "component_id", "fn_name", "data", "code", "prompt"]
    door = draw(
        st.sampled_from(
            ["cancel", "reset", "component_server", "stream/x", "stream/x/close", "queue/join", "vibe-edit"]
        )
    )
    return f"/gradio_api/{door}", draw(st.dictionaries(st.sampled_from(names), hostile.values, max_size=5))


@st.composite
def calls(draw: st.DrawFn, doors: Doors) -> Request:
    """Calls of the API and presses of buttons, more or less well formed."""
    kind = draw(st.sampled_from([_by_name, _by_name, _by_position, _pressed, _pressed, _other]))
    target, value = draw(kind(doors))
    body = draw(st.sampled_from(BROKEN)) if draw(st.integers(0, 11)) == 0 else written(value)
    return Request("POST", target, (("Content-Type", "application/json"), *draw(headers())), body)


@st.composite
def bodies(draw: st.DrawFn, doors: Doors) -> bytes:
    return draw(calls(doors)).body or b""


def _part(name: str, filename: str | None, content: bytes, kind: str | None) -> bytes:
    said = f'Content-Disposition: form-data; name="{name}"'
    said += "" if filename is None else f'; filename="{filename}"'
    said += "" if kind is None else f"\r\nContent-Type: {kind}"
    return said.encode(errors="surrogatepass") + b"\r\n\r\n" + content + b"\r\n"


NAMES = [
    "a.wav", "", ".", "..", "/", "a/b.wav", "..\\x.wav", "\\\\x\\y", "CON", "a" * 300 + ".wav", "a" * 5_000, "é" * 200,
    "\0", "a\0b.wav",
    "%2e%2e%2fx", ".lock", "a\nb.wav", "-rf.wav", "a.wav\\", '"', "C:\\x.wav", "\x1b[2J.wav", "x" + " " * 200, "..." ,
    "a.html",
]  # fmt: skip


def form_of(name: str) -> Request:
    """A whole form with one file of this name."""
    body = b"--x\r\n" + _part("files", name, b"RIFF" + bytes(99), "audio/wav") + b"--x--\r\n"
    return Request("POST", "/gradio_api/upload", (("Content-Type", "multipart/form-data; boundary=x"),), body)


def _quoted(text: str) -> str:
    return quote(text, safe="", errors="surrogatepass")


@st.composite
def uploads(draw: st.DrawFn) -> Request:
    """Forms: several files, none, odd names and boundaries, cut somewhere, longer or shorter than they say."""
    boundary = draw(st.sampled_from(["x", "x" * 70, "x" * 300, "--", "a b", "'(),./:=?", "é", '"q"', "\\", "x;y"]))
    name = st.one_of(st.just("files"), st.just("files"), st.just("files"), hostile.texts)
    part = st.builds(
        _part, name, st.one_of(st.none(), st.just("a.wav"), st.sampled_from(NAMES), hostile.texts),
        st.one_of(st.binary(max_size=200), st.just(b"RIFF" + bytes(2_000))), st.one_of(st.none(),
        st.sampled_from(["audio/wav", "", "\xff", "x" * 999])),
    )  # fmt: skip
    parts = draw(st.lists(part, max_size=4))
    mark = boundary.encode()
    body = b"".join(b"--" + mark + b"\r\n" + one for one in parts) + b"--" + mark + b"--\r\n"
    if draw(st.integers(0, 2)) == 0:
        body = body[: draw(st.integers(0, len(body)))]
    said = draw(
        st.sampled_from(["", "", "", str(len(body) + 50), str(max(0, len(body) - 5)), "0", "-1", "x", "9" * 30, "1e3"])
    )
    form = draw(
        st.sampled_from(
            [f"multipart/form-data; boundary={boundary}"] * 5
            + ["multipart/form-data", "text/plain", "multipart/mixed; boundary=x"]
        )
    )
    target = "/gradio_api/upload" + draw(
        st.sampled_from(
            ["", "", "?upload_id=x", "?upload_id=" + quote("a\n\x1b/.."), f"?upload_id={draw(hostile.plain)}"]
        )
    )
    return Request("POST", target, (("Content-Type", form), *draw(headers())), body, said)


def _head(*lines: str) -> bytes:
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


FORM = "Content-Type: multipart/form-data; boundary=x"
CHUNKED = "Transfer-Encoding: chunked"
JOIN = ("POST /gradio_api/queue/join HTTP/1.1", "Host: x", "Connection: close", "Content-Type: application/json")
PART = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\nab\r\n'
WHOLE = [
    _head("GET /health HTTP/1.1", "Host: x", "Connection: close"),
    _head(*JOIN, "Content-Length: 2") + b"{}",
    _head("POST /gradio_api/upload HTTP/1.1", "Host: x", "Connection: close", CHUNKED, FORM)
    + b"%x\r\n%b\r\n7\r\n--x--\r\n\r\n0\r\n\r\n" % (len(PART), PART),
]
GET, POST = ("GET / HTTP/1.1", "Host: x", "Connection: close"), ("POST / HTTP/1.1", "Host: x")
RAW = [
    b"", b"\n" * 999, b"GET\r\n\r\n", b"GET / HTTP/0.9\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET  /  HTTP/1.1\r\n\r\n",
    b"GET /\r\n", b"SSH-2.0-x\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    _head("CONNECT evil.example:443 HTTP/1.1"), _head("GET http://evil.example/ HTTP/1.1", *GET[1:]),
    _head("OPTIONS * HTTP/1.1", *GET[1:]), _head("GET /" + "a" * 100_000 + " HTTP/1.1"), _head(*GET,
    *["X: y"] * 20_000),
    _head(*GET, "X: " + "y" * 200_000), _head(*GET, "Content-Length: 5", "Content-Length: 6") + b"hello",
    _head(*GET, "Host: y"), _head(*POST, "Content-Length: 4", CHUNKED) + b"0\r\n\r\n" + _head("GET /x HTTP/1.1",
    "Host: x"),
    _head(*POST, CHUNKED) + b"ffffffffffffffffff\r\nx", _head(*POST, CHUNKED) + b"-1\r\nx", _head(*POST,
    CHUNKED) + b"5;a=\0\r\nx",
    _head(*POST, "Transfer-Encoding: gzip") + b"x", b"GET / HTTP/1.1\r\n X: folded\r\n\r\n", _head(*GET, "X\0Y: z"),
    b"GET /\xff\x00\x1b[2J HTTP/1.1\r\nHost: x\r\n\r\n", f"GET /a\n{hostile.FORGED} HTTP/1.1\r\n\r\n".encode(),
    _head(*GET, f"X: a\n{hostile.FORGED}"), _head("GET /health HTTP/1.1", "Host: x") * 50,
]  # fmt: skip


@st.composite
def raw(draw: st.DrawFn) -> bytes:
    """No HTTP, or not quite: garbage, and requests with bytes changed, cut out and put in."""
    data = bytearray(
        draw(st.one_of(st.sampled_from(RAW), st.sampled_from(WHOLE), st.sampled_from(WHOLE), st.binary(max_size=200)))
    )
    for at, more in draw(st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=3)), max_size=4)):
        place = int(at * len(data))
        data[place : place + draw(st.integers(0, 3))] = more
    return bytes(data[: draw(st.one_of(st.just(len(data)), st.integers(0, len(data))))])
