"""Jobs over HTTP: begin, look, cancel, forget."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from pipeline import Settings, load
from pipeline.errors import EnhancementError
from service.http.refusals import answer_fault
from service.http.routes import routes
from service.registry.registry import Registry
from service.site import Site

PATIENCE_S = 270  # the first to enhance compiles
OFF = Settings.nothing().flat()


@pytest.fixture
def client(site: Site) -> TestClient:
    served = Starlette(routes=routes(site, Registry(site)), exception_handlers={EnhancementError: answer_fault})
    return TestClient(served)


@pytest.fixture
def file(site: Site, talk: Path) -> str:
    path = Path(shutil.copy(talk, site.storage.new_folder("in") / "talk.wav"))
    site.storage.give(path)
    return str(path)


def begun(client: TestClient, **asked: Any) -> str:
    answer = client.post("/api/jobs", content=json.dumps(asked))  # in ASCII: half a letter can be sent, too
    assert answer.status_code == 202, answer.text
    return f"/api/jobs/{answer.json()['job']}"


def at_the_end(client: TestClient, path: str) -> dict[str, Any]:
    deadline = time.monotonic() + PATIENCE_S
    while (found := client.get(path).json())["state"] in ("waiting", "running"):
        assert time.monotonic() < deadline, found["stage"]
        time.sleep(0.05)
    return dict(found)


def test_from_the_order_to_the_result(client: TestClient, file: str) -> None:
    path = begun(client, file=file, preset="podcast", settings=OFF, output_format="flac", subtype=None, track=None)
    found = at_the_end(client, path)
    assert (found["state"], found["fraction"], found["name"], found["error"]) == ("done", 1.0, "talk.wav", None)
    assert found["settings"] == OFF
    assert found["expires"] > found["created"]
    result = found["result"]
    assert (result["name"], result["bytes"]) == ("talk.clean.flac", Path(result["file"]).stat().st_size)
    assert result["verdict"].endswith(".")
    assert result["rows"][0][0] == "Loudness"
    assert result["report"]["denoiser"] == "off"
    assert client.get(f"/gradio_api/file={result['file']}").status_code == 200
    assert client.delete(path).json()["state"] == "forgotten"
    assert client.get(path).status_code == 404
    assert client.get(f"/gradio_api/file={result['file']}").status_code == 404


def test_a_running_one_is_cancelled(client: TestClient, file: str) -> None:
    path = begun(client, file=file)
    assert client.delete(path).json()["state"] == "cancelled"
    found = client.get(path).json()
    assert (found["state"], found["result"]) == ("cancelled", None)


def test_what_fails_says_so_with_its_status(client: TestClient, site: Site) -> None:
    bad = site.storage.new_folder("in") / "bad.wav"
    bad.write_bytes(b"RIFF\0\0\0\0WAVE")
    site.storage.give(bad)
    found = at_the_end(client, begun(client, file=str(bad)))
    assert (found["state"], found["error"]["status"], found["result"]) == ("failed", 422, None)
    assert "damaged" in found["error"]["error"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"file": None}, "not uploaded"),
        ({"file": "/etc/passwd"}, "not uploaded"),
        ({"file": ["x"]}, "not uploaded"),
        ({"preset": "loud"}, "Unknown preset"),
        ({"preset": 3}, "Unknown preset"),
        ({"settings": [1]}, "settings must be an object"),
        ({"settings": {"loudness": 1}}, "loudness"),
        ({"settings": {"denoise_strength_db": 1e9}}, "denoise_strength_db"),
        ({"output_format": 7}, "output format"),
        ({"output_format": {"a": 1}}, "output format"),
        ({"subtype": 7}, "subtype"),
        ({"bitrate_kbps": "many"}, "bitrate_kbps"),
        ({"track": -1}, "track"),
        ({"track": True}, "track"),
        ({"stretch": [0]}, "stretch"),
        ({"stretch": [0, 1e4]}, "stretch"),
        ({"stretch": [-1, 5]}, "stretch"),
        ({"stretch": [0, True]}, "stretch"),
        ({"colour": "red"}, "'colour' is not known"),
    ],
)
def test_what_cannot_be_is_refused_at_once(client: TestClient, file: str, changed: dict[str, Any], said: str) -> None:
    answer = client.post("/api/jobs", json={"file": file, **changed})
    assert answer.status_code == (422 if "file" in changed else 400)
    assert said in answer.json()["error"]


@pytest.mark.parametrize("body", ["", "[]", "{", "[" * 5000, '"x"'])
def test_what_is_no_order_is_refused(client: TestClient, body: str) -> None:
    assert client.post("/api/jobs", content=body).status_code == 400


def test_nobody_finds_a_job_by_another_name(client: TestClient) -> None:
    assert client.get(f"/api/jobs/{'x' * 32}").status_code == 404
    assert client.delete(f"/api/jobs/{'x' * 32}").status_code == 404


def test_a_stretch_of_a_finished_job_begins_where_it_is_said_to_the_sample(
    client: TestClient, site: Site, file: str
) -> None:
    first = at_the_end(client, begun(client, file=file, settings=OFF, listens=True))
    again = at_the_end(client, begun(client, like=first["job"], settings=OFF, stretch=[1.3, 1.0], listens=True))
    assert again["state"] == "done", again
    start_s, length_s = again["stretch"]
    assert 1.3 - 4096 / 16_000 < start_s <= 1.3
    assert (length_s, again["media"]["duration_s"]) == (1.0, 1.0)
    (whole,), (part,) = (site.storage.root.glob(f"*/{name}") for name in ("talk.removed.flac", "before.removed.flac"))
    x, y = (load(path.parent / "before.flac").samples for path in (whole, part))
    at = round(start_s * 16_000)
    assert np.array_equal(x[:, at : at + 16_000], y)


def test_the_same_recording_once_more(client: TestClient, file: str) -> None:
    first = at_the_end(client, begun(client, file=file, settings=OFF))
    again = at_the_end(client, begun(client, like=first["job"], settings=OFF, output_format="flac"))
    assert (again["state"], again["name"], again["result"]["name"]) == ("done", "talk.wav", "talk.clean.flac")
    assert client.post("/api/jobs", json={"like": first["job"], "file": file}).status_code == 400
    assert client.post("/api/jobs", json={"like": "x" * 32}).status_code == 404
    assert client.post("/api/jobs", json={"like": ["x"]}).status_code == 404


@pytest.mark.parametrize(
    ("name", "shown", "result"),
    [
        ("Großmutter's 90. (Köln).m4a", "Großmutter's 90. (Köln).m4a", "Großmutter's 90. (Köln).clean.wav"),
        ("a\ud800b\u202e.wav", "ab.wav", "ab.clean.wav"),  # half a letter, and one that turns the others round
        ("\u0000", "talk.wav", "talk.clean.wav"),
        ("../x/y.wav", "../x/y.wav", "y.clean.wav"),
    ],
)
def test_a_recording_keeps_the_name_that_it_was_given(
    client: TestClient, file: str, name: str, shown: str, result: str
) -> None:
    found = at_the_end(client, begun(client, file=file, settings=OFF, name=name))
    assert found["name"] == shown
    assert found["result"]["name"] == result
    disposition = client.get(f"/api/jobs/{found['job']}/download").headers["content-disposition"]
    assert result in unquote(disposition)
    again = at_the_end(client, begun(client, like=found["job"], settings=OFF))
    assert again["name"] == shown
