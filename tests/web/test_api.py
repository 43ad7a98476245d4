"""The API through the running app: with gradio_client, and as plain HTTP."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import soundfile
from gradio.exceptions import Error
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from pipeline.errors import EnhancementError
from pipeline.presets import PRESETS
from pipeline.settings import parameters
from service.jobs import Order
from service.line.admission import Visit
from service.registry.registry import Registry
from service.site import Site
from service.storage import Storage
from tests.conftest import MAX_UPLOAD_MB, Server
from tests.pipeline.files.decoding.test_reading import two_tracks
from tests.pipeline.files.films import AT_S, film, seen
from tests.web import curl
from web import api
from web.front.listeners import Listeners


@pytest.fixture(scope="module")
def client(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Client:
    return Client(server.url, verbose=False, download_files=str(tmp_path_factory.mktemp("downloads")))


def test_the_endpoints_are_three_and_the_page_itself_is_private(client: Client) -> None:
    found = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
    assert set(found) == {"/enhance", "/analyze", "/presets"}
    takes = {p["parameter_name"]: p for p in found["/enhance"]["parameters"]}
    later = ["channels_mode", "content_keep_music"]  # than the encoding's: these are given by position
    older = [name for name in parameters() if name not in later]
    encoding = ["output_format", "subtype", "bitrate_kbps", "track"]
    assert list(takes) == ["file", "preset", *older, *encoding, *later, "removed", "as_video", "preview"]
    assert [name for name, p in takes.items() if not p["parameter_has_default"]] == ["file"]
    assert "Literal['neural', 'spectral']" in takes["denoise_method"]["python_type"]["type"]


def test_enhance_with_the_client(client: Client, talk: Path) -> None:
    path, report = client.predict(handle_file(str(talk)), preset="podcast", denoise_strength_db=12, api_name="/enhance")
    before, after = soundfile.info(talk), soundfile.info(path)
    assert Path(path).name == "talk.clean.wav"
    assert (after.samplerate, after.frames, after.channels) == (before.samplerate, before.frames, before.channels)
    assert report["settings"] == {**PRESETS["podcast"].flat(), "denoise_strength_db": 12.0}
    assert report["denoiser"] == "neural"
    assert report["after"]["lufs"] == pytest.approx(-16.0, abs=0.5)
    assert report["after"]["noise_floor_dbfs"] < report["before"]["noise_floor_dbfs"] + report["gain_db"]


def test_enhance_with_plain_http(server: Server, talk: Path) -> None:
    file, report = curl.call(
        server.url, "enhance", file=curl.upload(server.url, talk), denoise_method="spectral", output_format="flac"
    )
    assert file["orig_name"] == "talk.clean.flac"
    assert report["denoiser"] == report["settings"]["denoise_method"] == "spectral"
    assert report["before"]["sample_rate"] == 16_000
    answer = httpx.get(file["url"] if file["url"].startswith("http") else server.url + file["url"])
    assert answer.status_code == 200
    assert answer.content[:4] == b"fLaC"


def test_parameters_by_position(server: Server, talk: Path) -> None:
    settings = [None] * (len(parameters()) - 2)  # the two newest come last
    file, _ = curl.call_by_position(server.url, "enhance", curl.upload(server.url, talk), "gentle", *settings, "wav")
    assert file["orig_name"] == "talk.clean.wav"


@pytest.mark.parametrize("given", [(), (None,), ("gentle",), (None, None, 6.0)])
def test_what_is_left_out_is_the_default(server: Server, talk: Path, given: tuple[Any, ...]) -> None:
    file, report = curl.call_by_position(server.url, "enhance", curl.upload(server.url, talk), *given)
    assert file["orig_name"] == "talk.clean.wav"
    assert report["settings"]["denoise_strength_db"] == (12.0 if "gentle" in given else 40.0)


def test_what_was_removed_and_the_video(server: Server, client: Client, talk: Path, tmp_path: Path) -> None:
    """Two values come back, whatever is asked for."""
    path, report = client.predict(handle_file(str(talk)), removed=True, api_name="/enhance")
    assert Path(path).name == "talk.clean.wav"
    assert Path(report["removed"]).name == "talk.removed.flac"
    assert soundfile.info(report["removed"]).frames == soundfile.info(path).frames
    source = film(tmp_path / "film.mp4", late_s=1.5)
    path, report = client.predict(handle_file(str(source)), as_video=True, api_name="/enhance")
    assert "removed" not in report
    assert Path(path).name == "film.clean.mp4"
    assert seen(Path(path)).click_s == pytest.approx(AT_S, abs=0.02)
    file, report = curl.call(
        server.url, "enhance", file=curl.upload(server.url, talk), removed=None, as_video=None, track=None
    )
    assert (file["orig_name"], "removed" in report) == ("talk.clean.wav", False)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"removed": "yes"}, "removed"),
        ({"as_video": 1}, "as_video"),
        ({"as_video": True}, "no video"),
        ({"preview": 2}, "preview"),
        ({"as_video": True, "preview": True}, "alone"),
    ],
)
def test_what_cannot_come_back_is_named(server: Server, talk: Path, asked: dict[str, object], said: str) -> None:
    upload = curl.upload(server.url, talk)
    for _ in range(2):  # the recording is as good as before
        with pytest.raises(curl.ApiError) as refusal:
            curl.call(server.url, "enhance", file=upload, **asked)
        assert refusal.value.error["status"] == 400
        assert said in refusal.value.error["error"]


def test_bit_depth_and_bit_rate(server: Server, talk: Path) -> None:
    upload = curl.upload(server.url, talk)
    file, _ = curl.call(server.url, "enhance", file=upload, subtype="PCM_16")
    assert soundfile.info(file["path"]).subtype == "PCM_16"
    for output_format, subtype in (("wav", "FLOAT"), ("mp3", "MPEG_LAYER_III"), ("ogg", "VORBIS"), ("opus", "OPUS")):
        file, _ = curl.call(server.url, "enhance", file=upload, subtype="FLOAT", output_format=output_format)
        assert soundfile.info(file["path"]).subtype == subtype
    with pytest.raises(curl.ApiError) as refusal:
        curl.call(server.url, "enhance", file=upload, subtype="FLOAT", output_format="flac")
    assert "FLAC holds" in refusal.value.error["error"]
    sizes = []
    for kbps in (32, 64):
        file, _ = curl.call(server.url, "enhance", file=upload, output_format="mp3", bitrate_kbps=kbps)
        sizes.append(Path(file["path"]).stat().st_size)
    assert sizes[1] == pytest.approx(2 * sizes[0], rel=0.1)
    with pytest.raises(curl.ApiError) as refusal:
        curl.call(server.url, "enhance", file=upload, subtype="PCM_8")
    assert refusal.value.error["status"] == 400


def test_sound_tracks_and_remarks(server: Server, tmp_path: Path) -> None:
    """The usual track is taken and named; another can be asked for; half a file says that it is half."""
    path = two_tracks(tmp_path / "x.mkv")
    upload = curl.upload(server.url, path)
    for track, channels in ((None, 2), (0, 2), (1, 1), (2.0, 2)):
        _, report = curl.call(server.url, "enhance", file=upload, track=track, denoise_method="spectral")
        assert report["before"]["channels"] == channels
        assert report["remarks"][0].startswith(f"Of 2 sound tracks, {channels} (")
    for track in (3, -1, 1.5, "two", True):
        with pytest.raises(curl.ApiError) as refusal:
            curl.call(server.url, "enhance", file=upload, track=track)
        assert refusal.value.error["status"] == 400, track
        assert "track" in refusal.value.error["error"]
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    measures = curl.call(server.url, "analyze", file=curl.upload(server.url, path))
    assert any(remark.startswith("The file ends early") for remark in measures[0]["remarks"])


def test_an_analysis_is_cancelled_when_nobody_listens(server: Server, long_talk: Path) -> None:
    file = curl.upload(server.url, long_talk)
    posted = httpx.post(f"{server.url}/gradio_api/call/v2/analyze", json={"file": file}, timeout=60).json()
    with httpx.stream("GET", f"{server.url}/gradio_api/call/analyze/{posted['event_id']}", timeout=60) as events:
        assert any("Measuring" in line for line in events.iter_lines())  # and leaves
    began = time.monotonic()
    curl.call(server.url, "presets")
    assert not _at_work(server, within_s=20 - (time.monotonic() - began))


def _at_work(server: Server, within_s: float) -> bool:
    """Whether the app still has a recording open after that time."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        names = []
        for fd in Path(f"/proc/{server.process.pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                names.append(str(fd.readlink()))
        if not any(name.endswith(".flac") for name in names):
            return False
        time.sleep(0.2)
    return True


def test_analyze(client: Client, talk: Path) -> None:
    measures = client.predict(handle_file(str(talk)), api_name="/analyze")
    assert measures["duration_s"] == pytest.approx(3.0)
    assert measures["lufs"] < 0


@pytest.mark.parametrize("path", ["/gradio_api/info", "/gradio_api/info/"])
@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_the_programs_lead_to_where_they_are_asked_for(server: Server, path: str, name: str) -> None:
    """Not to the name that the first visitor used."""
    port = server.url.rpartition(":")[2]
    found = httpx.get(f"http://{name}:{port}{path}", timeout=30).json()["named_endpoints"]
    for endpoint in found.values():
        for program in endpoint["code_snippets"].values():
            assert set(re.findall(r"http://([^:/]+):\d+", program)) == {name}


def test_the_page_does_not_carry_the_programs(server: Server) -> None:
    assert "urlretrieve" not in (page := httpx.get(server.url, timeout=30).text)
    assert "client.predict" not in page


def test_presets(client: Client) -> None:
    found = client.predict(api_name="/presets")
    assert {name: preset["settings"] for name, preset in found["presets"].items()} == {
        name: settings.flat() for name, settings in PRESETS.items()
    }
    assert set(found["parameters"]) == set(parameters())
    assert set(found["encoding"]) == {"subtype", "bitrate_kbps"}
    strength, method = found["parameters"]["denoise_strength_db"], found["parameters"]["denoise_method"]
    assert (strength["type"], strength["maximum"]) == ("float", 60)
    assert (method["type"], list(method["options"])) == ("str", ["neural", "spectral"])
    assert found["parameters"]["loudness_normalize"].keys() == {"type", "label", "help"}


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"preset": "nope"}, "podcast"),
        ({"preset": ["default"]}, "podcast"),
        ({"output_format": "exe"}, "flac"),
        ({"output_format": "../x"}, "flac"),
        ({"denoise_strength_db": 999}, "0 to 60"),
        ({"denoise_strength_db": "loud"}, "0 to 60"),
        ({"denoise_method": "magic"}, "neural or spectral"),
        ({"denoise_method": ["neural"]}, "neural or spectral"),
        ({"loudness_normalize": 3}, "true"),
    ],
)
def test_wrong_parameters_are_named(server: Server, talk: Path, wrong: dict[str, object], word: str) -> None:
    with pytest.raises(curl.ApiError) as refusal:
        curl.call(server.url, "enhance", file=curl.upload(server.url, talk), **wrong)
    assert refusal.value.error["status"] == 400
    assert word in json.dumps(refusal.value.error)


def test_errors_reach_the_client_as_error_details_suggestion(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "notes.wav"
    path.write_text("Dear diary")
    with pytest.raises(AppError) as refusal:
        client.predict(handle_file(str(path)), api_name="/enhance")
    error = json.loads(str(refusal.value).strip("'"))
    assert set(error) == {"error", "details", "suggestion", "status"}
    assert error["status"] == 422


def test_a_file_of_the_server_is_not_opened(server: Server) -> None:
    for secret in ("/etc/passwd", str(Path(__file__).resolve()), "../../../etc/passwd", str(server.files)):
        for file in (curl.described(secret), secret, {"path": secret}):
            with pytest.raises(curl.ApiError) as refusal:
                curl.call(server.url, "analyze", file=file)
            assert "not uploaded" in refusal.value.error["error"], (file, refusal.value.error)
            assert "upload" in refusal.value.error["suggestion"]


def test_an_address_is_not_fetched(server: Server) -> None:
    for address in (f"{server.url}/health", "http://169.254.169.254/latest", "https://example.com/a.wav"):
        with pytest.raises(curl.ApiError, match="does not fetch"):
            curl.call(server.url, "analyze", file=curl.described(address))


@pytest.mark.parametrize("file", [None, 5, "", {}, [], {"path": None, "meta": {"_type": "gradio.FileData"}}])
def test_no_file_at_all(server: Server, file: object) -> None:
    with pytest.raises((curl.ApiError, httpx.HTTPStatusError)):
        curl.call_by_position(server.url, "analyze", file)


def test_the_queue_has_no_back_door(server: Server) -> None:
    for path in ("run/enhance", "api/enhance", "run/predict"):
        answer = httpx.post(f"{server.url}/gradio_api/{path}", json={"data": [None, "default"]})
        assert answer.status_code in (400, 403, 404, 405, 422), path


def test_an_upload_that_is_too_large_is_refused_early(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "large.wav"
    path.write_bytes(bytes(MAX_UPLOAD_MB * 2**20 + 1000))
    before = server.kept()
    with path.open("rb") as file:
        answer = httpx.post(f"{server.url}/gradio_api/upload", files={"files": ("large.wav", file)}, timeout=60)
    assert answer.status_code == 413
    assert server.kept() == before


def test_visitors_get_their_own_files_and_cannot_list_others(server: Server, talk: Path) -> None:
    uploaded = [curl.upload(server.url, talk), curl.upload(server.url, talk, "mine.wav")]
    results = [curl.call(server.url, "enhance", file=file)[0] for file in uploaded]
    assert [file["orig_name"] for file in results] == ["talk.clean.wav", "mine.clean.wav"]
    assert results[0]["path"].rsplit("/", 2)[-2] != results[1]["path"].rsplit("/", 2)[-2]
    for directory in (Path(results[0]["path"]).parent, server.files, Path("/etc/passwd")):
        assert httpx.get(f"{server.url}/gradio_api/file={directory}").status_code in (403, 404)


@pytest.mark.parametrize("body", [{}, {"bogus": 1}], ids=["no file", "an unknown parameter"])
def test_parameters_that_do_not_fit_are_named(server: Server, body: dict[str, object]) -> None:
    answer = httpx.post(f"{server.url}/gradio_api/call/v2/enhance", json=body, timeout=60)
    assert answer.status_code == 400
    assert answer.json().keys() == {"error", "details", "suggestion", "status"}
    assert answer.json()["status"] == 400
    assert answer.json()["suggestion"]


def test_a_format_that_cannot_hold_the_recording_is_told(server: Server, tmp_path: Path) -> None:
    surround = tmp_path / "surround.wav"
    soundfile.write(surround, np.zeros((16_000, 6)), 16_000)
    with pytest.raises(curl.ApiError) as refusal:
        curl.call(server.url, "enhance", file=curl.upload(server.url, surround), output_format="mp3")
    assert refusal.value.error["suggestion"]


@pytest.mark.parametrize("endpoint", ["enhance", "analyze"])
def test_a_programs_work_is_its_visitors_and_ends_with_them(
    tmp_path: Path, talk: Path, monkeypatch: pytest.MonkeyPatch, endpoint: str
) -> None:
    """Else it would be nobody's: with no share of the line, and for as long as it takes."""
    visit, seen = Visit("1.2.3.4", lambda: False), []

    def served(*given: Any, **_: Any) -> Iterator[Any]:
        seen.extend(one if isinstance(one, Visit) else one.visit for one in given if isinstance(one, (Visit, Order)))
        raise EnhancementError("Enough was seen.")
        yield

    monkeypatch.setattr("web.visits.current", lambda _: visit)
    monkeypatch.setattr("service.jobs.served", served)
    monkeypatch.setattr("service.jobs.serve_one", served)
    site = Site(storage=Storage.choose({"GRADIO_TEMP_DIR": str(tmp_path)}))
    site.storage.root.mkdir()
    path = Path(shutil.copy(talk, site.storage.new_folder("in")))
    site.storage.give(path)
    makes = {
        "enhance": lambda: api.enhance_endpoint(site, Registry(site), Listeners()),
        "analyze": lambda: api.analyze_endpoint(site, Listeners()),
    }
    nothing = [None] * (len(parameters()) + 8) if endpoint == "enhance" else []
    with pytest.raises(Error, match="Enough"):
        list(makes[endpoint]()(curl.described(str(path)), *nothing))
    assert seen == [visit]
