"""What is heard of the examples at once is what the engine makes of them now."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from pipeline import load
from pipeline.neural.weights import bundled
from pipeline.settings import Settings
from service.media.examples import Example, examples
from service.site import examples as clips
from tests.service.http.jobs.test_orders import client

__all__ = ["client"]

MADE = list(examples().values())


def test_every_clip_has_been_made() -> None:
    assert [example.name for example in MADE] == [clip.stem for clip in clips()]
    assert len(MADE) >= 3


@pytest.mark.parametrize("example", MADE, ids=[example.name for example in MADE])
def test_it_was_made_with_these_weights_and_the_default_settings(example: Example) -> None:
    """Else: `python -m scripts.make_examples`."""
    assert example.weights == bundled().sha256
    assert example.told["settings"] == Settings().flat()
    samples = {name: load(track.copy.path).samples.shape[1] for name, track in example.media.tracks.items()}
    assert set(samples.values()) == {round(example.media.duration_s * example.media.sample_rate)}


def test_it_is_told_as_a_finished_job(client: TestClient) -> None:
    token = next(iter(examples()))
    found = client.get(f"/api/jobs/{token}").json()
    assert (found["job"], found["state"], found["expires"]) == (token, "done", None)
    assert found["result"]["verdict"].endswith(".")
    for track in found["media"]["tracks"].values():
        assert len(client.get("/" + track["url"], headers={"Range": "bytes=0-2879"}).content) == 2880
    assert client.get(f"/{found['media']['peaks']['url']}", params={"track": "after"}).status_code == 200
    assert client.get(f"/{found['media']['spectrogram']['url']}/removed/0/0.png").status_code == 200
    for part in ("download", "removed"):
        assert client.get(f"/api/jobs/{token}/{part}").content.startswith(b"fLaC")
    assert client.delete(f"/api/jobs/{token}").status_code == 404
    again = client.post("/api/jobs", json={"like": token, "settings": Settings.nothing().flat()})
    assert again.status_code == 202
