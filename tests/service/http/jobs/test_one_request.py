"""One request: a recording in, the enhanced file out, and nothing stays."""

from __future__ import annotations

import asyncio
import io
import json
import re
import zipfile
from email import message_from_bytes
from email.policy import HTTP
from pathlib import Path
from typing import Any

import httpx
import pytest
import soundfile
from starlette.applications import Starlette
from starlette.testclient import TestClient
from starlette.types import Message, Scope

from pipeline import Settings
from pipeline.errors import EnhancementError
from pipeline.presets import PRESETS
from service.http.jobs.one_request import MOST_REPORT_BYTES, in_header
from service.http.refusals import answer_fault
from service.http.routes import routes
from service.line.shares import TooManyError
from service.registry.registry import Registry
from service.site import Site
from tests.asynchronous import finished
from tests.pipeline.files.films import AT_S, film, seen
from tests.pipeline.files.media import write_wav
from tests.pipeline.signals import speech_like

OFF = {name: str(value).lower() for name, value in Settings.nothing().flat().items()}


@pytest.fixture
def registry(site: Site) -> Registry:
    return Registry(site)


@pytest.fixture
def app(site: Site, registry: Registry) -> Starlette:
    return Starlette(routes=routes(site, registry), exception_handlers={EnhancementError: answer_fault})


@pytest.fixture
def sent(app: Starlette, talk: Path) -> Any:
    """Send a form."""

    def send(query: str = "", files: Any = None, **fields: str) -> httpx.Response:
        form = {"file": ("my talk.wav", talk.read_bytes())} if files is None else files
        return TestClient(app).post(f"/api/enhance{query}", files=form, data=fields)

    return send


def kept(site: Site) -> list[Path]:
    return [path for path in site.storage.root.rglob("*") if path.name != ".lock"]


def test_a_recording_in_the_enhanced_one_out(site: Site, registry: Registry, sent: Any) -> None:
    answer = sent(preset="podcast", denoise_method="spectral", output_format="flac", subtype="PCM_16", track="1")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "audio/flac")
    assert answer.headers["content-disposition"] == "attachment; filename*=utf-8''my%20talk.clean.flac"
    info = soundfile.info(io.BytesIO(answer.content))
    assert (info.frames, info.samplerate, info.subtype) == (48_000, 16_000, "PCM_16")
    report = json.loads(answer.headers["x-speech-report"])
    wanted = PRESETS["podcast"].flat() | {"denoise_method": "spectral"}
    assert (report["denoiser"], report["settings"]) == ("spectral", wanted)
    assert report["after"]["lufs"] == pytest.approx(-16.0, abs=0.5)
    assert not kept(site)
    assert (registry._jobs, site.storage.ledger._held, len(site.queue)) == ({}, {}, 0)


def test_a_preview_is_the_first_ten_seconds(sent: Any, tmp_path: Path) -> None:
    long = write_wav(tmp_path / "long.wav", speech_like(16_000, 12.5), 16_000).read_bytes()
    for seconds, told in ((10.0, "true"), (12.5, "false")):
        answer = sent(**OFF, preview=told, files={"file": ("long.wav", long)})
        assert answer.status_code == 200
        assert soundfile.info(io.BytesIO(answer.content)).duration == pytest.approx(seconds)


@pytest.mark.parametrize("nothing", ["", "null", "  "])
def test_what_says_nothing_is_the_default(sent: Any, nothing: str) -> None:
    fields = dict.fromkeys(
        ("preset", "output_format", "subtype", "bitrate_kbps", "track", "removed", "as_video", "preview"), nothing
    )
    answer = sent(**OFF, **fields)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "audio/wav")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"preset": "loud"}, "Unknown preset"),
        ({"denoise_strength_db": "999"}, "out of range"),
        ({"denoise_strength_db": "many"}, "must be a number"),
        ({"denoise_strength_db": "1_0"}, "must be a number"),
        ({"denoise_strength_db": "nan"}, "must be a number"),
        ({"loudness_normalize": "perhaps"}, "must be true or false"),
        ({"denoise_method": "magic"}, "denoise_method"),
        ({"output_format": "exe"}, "output format"),
        ({"subtype": "PCM_8"}, "subtype"),
        ({"bitrate_kbps": "1e9"}, "bitrate_kbps"),
        ({"track": "-1"}, "track"),
        ({"track": "first"}, "track"),
        ({"track": "7"}, "no sound track"),
        ({"removed": "some"}, "removed"),
        ({"as_video": "2"}, "as_video"),
        ({"as_video": "true"}, "There is no video here"),
        ({"preview": "x"}, "preview"),
        ({"preview": "true", "as_video": "true"}, "A preview is sound alone"),
        ({"like": "example-city-street"}, "'like' is not known"),
        ({"colour": "red"}, "'colour' is not known"),
        ({"file": "/etc/passwd"}, "'file' is not known"),
        ({"listens": "true"}, "'listens' is not known"),
        ({"settings": "{}"}, "'settings' is not known"),
        ({"stretch": "[0, 1]"}, "'stretch' is not known"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_stays(site: Site, sent: Any, fields: dict[str, str], said: str) -> None:
    answer = sent(**fields)
    assert answer.status_code == 400
    assert said in answer.json()["error"]
    assert set(answer.json()) == {"error", "details", "suggestion", "status"}
    assert not kept(site)


@pytest.mark.parametrize(
    ("files", "status"),
    [
        ({"file": ("x.wav", b"RIFF\0\0\0\0WAVE")}, 422),
        ({"file": ("x.wav", b"")}, 422),
        ({"file": ("x.txt", b"a text that is long enough")}, 422),
        ({"sound": ("x.wav", b"RIFF")}, 400),
        ([("file", ("x.wav", b"RIFF")), ("file", ("y.wav", b"RIFF"))], 400),
        ({}, 415),
    ],
)
def test_what_is_no_recording(site: Site, sent: Any, files: Any, status: int) -> None:
    answer = sent(files=files)
    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert not kept(site)


def test_what_is_no_form_or_has_no_file(app: Starlette) -> None:
    client = TestClient(app)
    assert client.post("/api/enhance", json={"file": "x"}).status_code == 415
    assert client.post("/api/enhance", files={"preset": (None, "podcast")}).status_code == 400
    assert client.post("/api/enhance?report=loud", files={"file": ("x.wav", b"x")}).status_code == 400


def test_who_asks_for_too_much_at_once(site: Site, sent: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise TooManyError

    monkeypatch.setattr(Registry, "start", refused)
    assert sent().status_code == 429
    assert not kept(site)


def parts(answer: httpx.Response) -> list[tuple[str, str, bytes]]:
    """(kind, name, content) of each, as a mail program reads them."""
    head = f"Content-Type: {answer.headers['content-type']}\r\n\r\n".encode()
    found = message_from_bytes(head + answer.content, policy=HTTP).iter_parts()  # type: ignore[attr-defined]
    return [(one.get_content_type(), one.get_filename(), one.get_payload(decode=True)) for one in found]


@pytest.mark.parametrize("removed", ["", "true"])
def test_the_report_as_a_part_of_its_own(site: Site, sent: Any, removed: str) -> None:
    answer = sent("?report=multipart", **OFF, removed=removed)
    (kind, name, report), *files = parts(answer)
    assert (kind, name) == ("application/json", "report.json")
    assert json.loads(report)["verdict"].endswith(".")
    wanted = [("audio/wav", "my talk.clean.wav"), ("audio/flac", "my talk.removed.flac")]
    assert [(kind, name) for kind, name, _ in files] == wanted[: 2 if removed else 1]
    for _, _, data in files:
        assert soundfile.info(io.BytesIO(data)).frames == 48_000
    assert "x-speech-report" not in answer.headers
    assert not kept(site)


def test_both_files_as_a_zip(site: Site, sent: Any) -> None:
    answer = sent(**OFF, removed="on")
    assert answer.headers["content-type"] == "application/zip"
    assert json.loads(answer.headers["x-speech-report"])["denoiser"] == "off"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as found:
        assert found.testzip() is None
        assert found.namelist() == ["my talk.clean.wav", "my talk.removed.flac"]
    assert not kept(site)


@pytest.mark.parametrize("removed", ["", "true"])
def test_a_video_comes_back_as_a_video(site: Site, registry: Registry, sent: Any, tmp_path: Path, removed: str) -> None:
    source = film(tmp_path / "my film.mp4", late_s=1.5)
    files = {"file": (source.name, source.read_bytes())}
    answer = sent("?report=multipart" if removed else "", files=files, **OFF, as_video="true", removed=removed)
    assert answer.status_code == 200
    found = [(kind, name) for kind, name, _ in parts(answer)[1:]] if removed else answer.headers["content-type"]
    wanted = [("video/mp4", "my film.clean.mp4"), ("audio/flac", "my film.removed.flac")]
    assert found == (wanted if removed else "video/mp4")
    target = tmp_path / "new.mp4"
    target.write_bytes(parts(answer)[1][2] if removed else answer.content)
    assert seen(target).click_s == pytest.approx(AT_S, abs=0.02)
    assert seen(target).flash_s == seen(source).flash_s
    assert not kept(site)
    assert (registry._jobs, site.storage.ledger._held, len(site.queue)) == ({}, {}, 0)


def test_a_report_in_a_header_is_short_and_plain() -> None:
    report = {"content": ["ß"] * 2000, "advice": ["x" * 3000], "settings": {"a": "y" * 4000}, "gain_db": 1.5}
    text = in_header(report)
    assert len(text) <= MOST_REPORT_BYTES
    assert re.fullmatch(r"[\x20-\x7e]+", text)
    assert json.loads(text) == {"settings": report["settings"], "gain_db": 1.5}
    assert json.loads(in_header({"heard": ["Größe\n"]})) == {"heard": ["Größe\n"]}


def test_whoever_leaves_ends_the_work_and_nothing_stays(
    app: Starlette, site: Site, registry: Registry, long_talk: Path
) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="long.flac"\r\n\r\n'
    body += long_talk.read_bytes() + b"\r\n--x--\r\n"
    found: list[Any] = []

    async def run() -> None:
        asked = 0

        async def receive() -> Message:
            nonlocal asked
            asked += 1
            if asked == 1:
                return {"type": "http.request", "body": body, "more_body": False}
            while not registry._jobs:
                await asyncio.sleep(0.01)
            found.extend(registry._jobs.values())
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            assert message.get("status", 500) == 500  # Starlette's last word, to nobody

        headers = [(b"content-type", b"multipart/form-data; boundary=x")]
        scope: Scope = {
            "type": "http", "method": "POST", "path": "/api/enhance", "headers": headers, "query_string": b"",
            "visitor": "a",
        }  # fmt: skip
        with pytest.raises(ConnectionResetError):
            await app(scope, receive, send)
        while len(site.queue) or kept(site):  # until the thread has really stopped
            await asyncio.sleep(0.01)

    finished(asyncio.wait_for(run(), 60))
    (job,) = found
    assert job.now().state == "cancelled"
    assert registry._jobs == {}
