"""Example recordings, for whoever tries the API."""

from __future__ import annotations

import io

import pytest
import soundfile
from starlette.applications import Starlette
from starlette.testclient import TestClient

from pipeline.errors import EnhancementError
from service.http import examples
from service.http.refusals import answer_fault


@pytest.fixture
def client() -> TestClient:
    return TestClient(Starlette(routes=[examples.route()], exception_handlers={EnhancementError: answer_fault}))


def test_each_is_a_recording_the_shortest_first(client: TestClient) -> None:
    sizes = []
    for name in examples.recordings():
        answer = client.get(examples.address(name))
        assert answer.headers["content-type"] == "audio/flac"
        assert soundfile.info(io.BytesIO(answer.content)).duration > 1
        sizes.append(len(answer.content))
    assert len(sizes) >= 3
    assert sizes == sorted(sizes)


@pytest.mark.parametrize("name", ["nothing", "..%2fcity-street", "made"])
def test_there_is_nothing_else(client: TestClient, name: str) -> None:
    answer = client.get(f"/api/examples/{name}.flac")
    assert answer.status_code == 404
