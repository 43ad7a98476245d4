"""The running app under requests that nobody's browser would send: it refuses them in words, and stays as it was.

All that goes wrong is gathered, and shown with the first request that it happened to.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import MAX_UPLOAD_MB, Server, start_server, stop_server
from tests.footprint import Footprint, Log, above, footprint, settled, warmed_up
from tests.pipeline.signals import noise

from . import exchange, hostile, http_inputs
from .exchange import LONGEST, SECRET, Answer, Request
from .http_inputs import Doors
from .scale import STRESS, count, fuzzed, tried

SAID = (503, 507)  # busy, no room: faults of the hour, said in words
LOG_BYTES = 300  # for each request, on average; a traceback has thousands
MORE = {"rss_bytes": 48_000_000, "threads": 4, "descriptors": 4}  # than after the first requests
LIFETIME_S = 20
POOL = 40  # threads that Starlette has for what blocks

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at the app through /proc")


@dataclass
class Target:
    """The app, and what it did wrong: fault → the first request that shows it."""

    server: Server
    log: Log
    port: int
    asked: int = 0
    found: dict[str, str] = field(default_factory=dict)
    uploaded: set[str] = field(default_factory=set)
    statuses: Counter[int] = field(default_factory=Counter)

    def note(self, fault: str, shown: object) -> None:
        self.found.setdefault(fault, repr(shown)[:600])

    def judge(self, answer: Answer, shown: object, *, may_close: bool = False) -> None:
        """What holds for every answer."""
        self.asked += 1
        self.statuses[answer.status] += 1
        tried["HTTP requests"] += 1
        if answer.status >= 500 and answer.status not in SAID:
            self.note(f"status {answer.status}: {_route(shown)}", shown)
        if answer.status == -1:
            self.note(f"no answer: {_route(shown)}", shown)
        if answer.status == 0 and not may_close:
            self.note(f"closed without a word: {_route(shown)}", shown)
        if len(answer.body) > LONGEST:
            self.note(f"an answer without end: {_route(shown)}", shown)
        if SECRET in str(answer.headers) or SECRET.encode() in answer.body:
            self.note(f"headers come back: {_route(shown)}", shown)
        if answer.status >= 400 and (b"Traceback" in answer.body or b"site-packages" in answer.body):
            self.note(f"a traceback comes back: {_route(shown)}", shown)
        for fault in self.log.faults(self.log.news()):
            self.note(f"log: {fault}", shown)
        assert self.server.process.poll() is None, "the app has ended"

    def ask(self, request: Request) -> Answer:
        answer = exchange.ask(self.port, request)
        self.judge(answer, request)
        return answer

    def try_all(self, inputs: st.SearchStrategy[Any], sample: int, stress: int, act: Callable[[Any], object]) -> None:
        @fuzzed(sample, stress)
        @given(inputs)
        def one(value: Any) -> None:
            act(value)

        one()
        self.is_well()

    def is_well(self) -> None:
        """Nothing went wrong since the last look, and it is as healthy as before."""
        found, self.found = self.found, {}
        assert not found, "\n\n".join(f"{fault}\n    {shown}" for fault, shown in found.items())
        assert httpx.get(f"{self.server.url}/health", timeout=exchange.LIMIT_S).json()["status"] == "healthy"

    def upload(self, name: str, content: bytes) -> str:
        answer = httpx.post(f"{self.server.url}/gradio_api/upload", files={"files": (name, content)}, timeout=60)
        path: str = answer.raise_for_status().json()[0]
        self.uploaded.add(path)
        return path


def _route(shown: object) -> str:
    """The door at which it happened, so that one fault is told once."""
    if not isinstance(shown, Request):
        return "bytes"
    path = re.sub(
        r"(file[=/]|proxy=|call/v2/|call/\w*/?|heartbeat/|stream/|component/|static/|assets/|svelte/).*",
        r"\1…",
        shown.target,
    )
    return f"{shown.method} {path.partition('?')[0][:60]}"


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    folder = tmp_path_factory.mktemp("fuzzed")
    (folder / "tmp").mkdir()
    server = start_server(
        folder, MAX_UPLOAD_MB=str(MAX_UPLOAD_MB), WORKERS="1", TMPDIR=str(folder / "tmp"),
        FILE_LIFETIME_S=str(count(7200, LIFETIME_S)),
    )  # fmt: skip
    yield Target(server, Log(server.log, hostile.FORGED), urlsplit(server.url).port or 0)
    stop_server(server)


@pytest.fixture
def doors(target: Target, tmp_path: Path) -> Doors:
    """From what it publishes; with files uploaded anew, for some do not live long."""
    url, path = target.server.url, tmp_path / "talk.wav"
    soundfile.write(path, noise(1, 8_000, -30.0).T, 16_000)
    files = {"good": path.read_bytes(), "damaged": b"RIFF\0\0\0\0WAVE" + bytes(99), "text": b"some words, no sound"}
    described = httpx.get(f"{url}/gradio_api/openapi.json", timeout=60).json()["paths"]
    named = httpx.get(f"{url}/gradio_api/info", timeout=60).json()["named_endpoints"]
    config = httpx.get(f"{url}/config", timeout=60).json()
    page = httpx.get(url, timeout=60).text
    linked = [urlsplit(link).path for link in re.findall(r'(?:href|src)="(\.?/[^"]+)"', page)]
    return Doors(
        [*described, *("/" + link.lstrip("./") for link in linked[:20])],
        {dependency["id"]: len(dependency["inputs"]) for dependency in config["dependencies"]},
        {name.strip("/"): [p["parameter_name"] for p in info["parameters"]] for name, info in named.items()},
        {kind: target.upload(f"{kind}.wav", content) for kind, content in files.items()},
    )


@pytest.fixture(scope="module")
def at_first(target: Target, tmp_path_factory: pytest.TempPathFactory) -> Footprint:
    """After one recording and the first requests of every kind: libraries are loaded, threads are there."""
    path = tmp_path_factory.mktemp("first") / "talk.wav"
    soundfile.write(path, noise(1, 8_000, -30.0).T, 16_000)
    description = {"path": target.upload("talk.wav", path.read_bytes()), "meta": {"_type": "gradio.FileData"}}
    posted = httpx.post(f"{target.server.url}/gradio_api/call/v2/enhance", json={"file": description}, timeout=60)
    last = exchange.events(target.port, f"/gradio_api/call/enhance/{posted.json()['event_id']}", 300)[-1]
    assert last[0] == "complete", last
    target.uploaded.add(json.loads(last[1])[0]["path"])
    for name in ("/", "/config", "/gradio_api/info", "/gradio_api/heartbeat/x"):
        exchange.ask(target.port, Request("GET", name))
    warmed_up(target.server)
    many = [Request("GET", "/api/diagnostics")] * POOL
    with ThreadPoolExecutor(POOL) as at_once:  # so that the server's pool has all the threads that it ever has
        list(at_once.map(lambda request: exchange.ask(target.port, request), many))
    return settled(target.server)


def test_every_method_at_every_door(target: Target, doors: Doors, at_first: Footprint) -> None:
    target.try_all(http_inputs.any_request(doors), 50, 2_500, target.ask)


def test_every_odd_one_once(target: Target, doors: Doors) -> None:
    """What is known to be odd, without chance: headers, ranges, bodies, names of files, and what is no HTTP."""
    file, json_kind = f"/gradio_api/file={doors.files['good']}", ("Content-Type", "application/json")
    for name, values in http_inputs.HEADERS.items():
        for value in values:
            for path in (file, "/health") if name != "Range" else (file,):
                target.ask(Request("GET", path, ((name, value),)))
    for name in set(http_inputs.HEADERS) - {"Range", "Content-Type", "Content-Encoding"}:
        for value in http_inputs.HEADERS[name]:
            request = Request("POST", "/gradio_api/call/v2/presets", (json_kind, (name, value)), b"{}")
            answer = target.ask(request)
            if answer.status == 200:
                _follow(target, request, answer.json())
    for body in http_inputs.BROKEN:
        for path in ("queue/join", "call/v2/enhance", "call/analyze", "cancel"):
            target.ask(Request("POST", f"/gradio_api/{path}", (json_kind,), body))
    for name in http_inputs.NAMES:
        answer = target.ask(http_inputs.form_of(name))
        target.uploaded.update(answer.json() if answer.status == 200 else [])
    for data in http_inputs.RAW:
        target.judge(exchange.send(target.port, data, ends=True), data, may_close=True)
    target.is_well()


def test_calls_and_presses(target: Target, doors: Doors) -> None:
    """What is taken gets an answer in words; what is not, too."""

    def act(request: Request) -> None:
        answer = target.ask(request)
        if answer.status == 200 and answer.headers.get("content-type") == "application/json":
            _follow(target, request, answer.json())

    target.try_all(http_inputs.calls(doors), 90, 1_700, act)


def _follow(target: Target, request: Request, taken: Any) -> None:
    """Read what the app says of a call that it has taken, to the end."""
    if not isinstance(taken, dict) or not isinstance(taken.get("event_id"), str):
        return
    if "queue/join" in request.target:
        session = str(json.loads(request.body or b"{}").get("session_hash"))
        if not session.startswith("fuzz"):
            return  # whose stream nobody reads
        stream = f"queue/data?session_hash={session}"
    else:
        stream = f"call/{request.target.rstrip('/').rpartition('/')[2]}/{taken['event_id']}"
    try:
        told = exchange.events(target.port, f"/gradio_api/{stream}")
    except exchange.EndlessError as fault:
        target.note(f"no end of the stream: {_route(request)}", (request, fault))
        return
    target.judge(Answer(200), request)
    event, data = told[-1] if told else ("", "nothing")
    if told and event == "complete" and "/enhance" in request.target:
        target.uploaded.add(json.loads(data)[0]["path"])
    if not told or (event == "error" and not _in_words(data)):
        target.note(f"an error without words: {_route(request)}", (request, data))
    if '\\"status\\": 500' in data or '"unexpected_error"' in data:
        target.note(f"a fault of the program: {_route(request)}", (request, data))


def _in_words(data: str) -> bool:
    told = json.loads(data)
    return isinstance(told, dict) and isinstance(told.get("error"), str) and bool(told["error"])


def test_forms(target: Target, doors: Doors) -> None:
    def act(request: Request) -> None:
        answer = exchange.send(target.port, request.as_bytes(), "POST", ends=request.said_length != "")
        if answer.status == 200 and isinstance(found := answer.json(), list):
            target.uploaded.update(found)
        target.judge(answer, request, may_close=request.said_length != "")

    target.try_all(http_inputs.uploads(), 60, 1_000, act)


def test_ranges_of_a_file(target: Target, doors: Doors) -> None:
    path = doors.files["good"]
    whole = Path(path).read_bytes()

    def act(inputs: tuple[str, str, tuple[tuple[str, str], ...]]) -> None:
        method, wanted, more = inputs
        if not Path(path).exists():  # its lifetime is over
            return
        request = Request(
            method, f"/gradio_api/file={path}", (*(h for h in more if h[0] != "Range"), ("Range", wanted))
        )
        answer = target.ask(request)
        if answer.status == 200 and method == "GET" and answer.body != whole:
            target.note("another file", request)
        audio = answer.headers.get("content-type", "").startswith("audio")  # else several parts
        if answer.status == 206 and audio and method == "GET" and answer.body not in whole:
            target.note("another part", request)

    wanted = st.one_of(
        st.sampled_from(http_inputs.RANGES),
        st.from_regex(r"bytes=[-0-9, ]{0,12}", fullmatch=True),
        http_inputs.one_line,
    )
    target.try_all(st.tuples(st.sampled_from(["GET", "HEAD"]), wanted, http_inputs.headers()), 40, 500, act)


@pytest.mark.filterwarnings("ignore:Generating overly large repr")  # 200 kB of it are one of the inputs
def test_no_http(target: Target) -> None:
    def act(data: bytes) -> None:
        target.judge(exchange.send(target.port, data, ends=True), data, may_close=True)

    target.try_all(http_inputs.raw(), 60, 1_000, act)


LARGE = (MAX_UPLOAD_MB + 2) << 20


@pytest.mark.parametrize(
    ("path", "kind", "body"),
    [
        ("/gradio_api/queue/join", "application/json", b'{"data": ["' + b"x" * LARGE + b'"]}'),
        ("/gradio_api/call/enhance", "application/json", b'{"data": ["' + b"x" * LARGE + b'"]}'),
        ("/gradio_api/call/v2/analyze", "application/json", b"[" + b"0," * (LARGE // 2) + b"0]"),
        ("/gradio_api/cancel", "application/json", b" " * LARGE),
        ("/gradio_api/upload", "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.wav"\r\n\r\n' + bytes(LARGE)),
        ("/gradio_api/upload", "multipart/form-data; boundary=x", b"--x\r\nX: " + b"y" * LARGE),
        ("/gradio_api/upload", "multipart/form-data; boundary=x", b"--x\r\nX: y\r\n\r\n\r\n" * (LARGE // 15)),
    ],
    ids=["join", "call", "by name", "cancel", "file", "part's header", "many parts"],
)  # fmt: skip
def test_a_body_without_end_is_refused(target: Target, path: str, kind: str, body: bytes) -> None:
    """However much comes: it is not kept, and the refusal says so (413), or the connection is closed."""
    for length in ("", "chunked"):
        request = Request("POST", path, (("Content-Type", kind),), body)
        if length:
            chunks = b"".join(
                b"%x\r\n%b\r\n" % (len(c), c) for c in (body[k : k + 65_536] for k in range(0, len(body), 65_536))
            )
            request = replace(
                request, headers=(*request.headers, ("Transfer-Encoding", "chunked")), body=chunks + b"0\r\n\r\n"
            )
        answer = exchange.ask(target.port, request)
        target.judge(answer, replace(request, body=b"..."), may_close=True)
        assert answer.status in (0, 400, 404, 413), answer
    target.is_well()


def test_requests_that_do_not_end_shut_nobody_out(target: Target) -> None:
    """Half a head, half a body, an answer that nobody reads: many at once."""
    form = b"Content-Type: multipart/form-data; boundary=x\r\n\r\n" + http_inputs.PART
    halves = [
        b"GET / HTTP/1.1\r\nHost: x\r\n",
        b"POST /gradio_api/queue/join HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{",
        b"POST /gradio_api/upload HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n" + form,
        b"GET /gradio_api/heartbeat/half HTTP/1.1\r\nHost: x\r\n\r\n", b"",
    ]  # fmt: skip
    opened = []
    try:
        for k in range(count(40, 200)):
            held = exchange.socket.create_connection(("127.0.0.1", target.port), exchange.LIMIT_S)
            held.sendall(halves[k % len(halves)])
            opened.append(held)
            tried["HTTP requests"] += 1
        target.asked += len(opened)
        target.is_well()
        target.ask(Request("GET", "/"))
    finally:
        for held in opened:
            held.close()
    target.is_well()


def test_it_has_not_grown(target: Target, at_first: Footprint) -> None:
    most = Footprint(**{name: getattr(at_first, name) + MORE.get(name, 10**12) for name in vars(at_first)})
    now = settled(target.server, most)
    assert not above(now, most), (now, at_first)
    assert now.children == at_first.children


def test_its_log_is_short(target: Target) -> None:
    assert target.asked >= count(300, 6_000)
    assert target.statuses[429] < target.asked / 20, target.statuses  # it was asked, not only knocked at
    assert {200, 206, 400, 404, 405, 413, 416} <= target.statuses.keys()
    assert target.log.size_bytes() < 20_000 + LOG_BYTES * target.asked


def test_nothing_is_left(target: Target) -> None:
    """But the files that somebody was given, until their time is over."""
    settled(target.server)
    made = {str(path) for path in target.server.kept()}
    results = {str(Path(path).parent) for path in target.uploaded}
    assert {path for path in made if path not in target.uploaded and str(Path(path).parent) not in results} == set()
    assert [path for path in (target.server.log.parent / "tmp").rglob("*") if path.is_file()] == []
    if STRESS:
        most = replace(footprint(target.server), files=0, stored_bytes=0)
        for _ in range(3):
            now = settled(target.server, replace(most, rss_bytes=1 << 40, threads=10_000, descriptors=10_000))
        assert (now.files, now.stored_bytes) == (0, 0)
