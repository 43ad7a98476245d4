"""Weights from the Hub: good ones arrive, are kept, and everything else is refused soon, with a reason."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import huggingface_hub
import numpy as np
import pytest
from huggingface_hub import constants

from pipeline.neural import hub as hub_weights
from pipeline.neural.hub import Repository, configured, load
from pipeline.neural.weights import MAX_BYTES, WeightsError
from runtime import directories
from tests.pipeline.neural.hub import NAME, REVISION, Hub, serving
from tests.pipeline.neural.weights_files import file_of, tensors
from tests.runtime.sandbox import make_sandbox

GOOD = file_of()
SUM = hashlib.sha256(GOOD).hexdigest()
REPOSITORY = Repository(NAME, REVISION)
PROJECT = Path(__file__).resolve().parents[3]


def point_to(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """What HF_ENDPOINT does where it is set before the library is imported."""
    template = "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", url + template)


@pytest.fixture
def caches(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The user's caches, empty. The weights are kept in `ai-speech-enhancement/weights`."""
    tmp_path.chmod(0o700)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(directories, "user_cache_dir", lambda _, content: tmp_path / "own" / content)
    return tmp_path


@pytest.fixture
def hub(caches: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    huggingface_hub.close_session()
    with serving(Hub()) as found:
        point_to(monkeypatch, found.url)
        found.put(GOOD)
        yield found
    huggingface_hub.close_session()


def kept(caches: Path) -> Path:
    return caches / "own" / "weights" / f"some-body--small_denoiser.v2@{REVISION}.safetensors"


def test_good_weights_arrive_whole(hub: Hub) -> None:
    found = load(REPOSITORY)
    assert (found.source, found.sha256) == (f"{NAME}@{REVISION}", SUM)
    np.testing.assert_array_equal(found.network.head[:, :4], tensors()["head.weight"].T)
    path = f"/{NAME}/resolve/{REVISION}/denoiser.safetensors"
    assert hub.asked == [("GET", path), ("GET", f"/storage{path}")]


def test_no_token_and_nothing_about_this_machine_is_sent(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_do_not_send_me")
    load(REPOSITORY)
    for heard in hub.heard:
        assert heard.keys() <= {"host", "accept", "accept-encoding", "connection", "user-agent", "x-amzn-trace-id"}
        assert heard["user-agent"] == "ai-speech-enhancement/0.1.0"


def test_they_are_fetched_once_and_kept_where_only_we_can_write(hub: Hub, caches: Path) -> None:
    load(REPOSITORY)
    asked = len(hub.asked)
    assert kept(caches).read_bytes() == GOOD
    assert [path.name for path in kept(caches).parent.iterdir()] == [kept(caches).name]
    if hasattr(os, "geteuid"):
        assert kept(caches).parent.stat().st_mode & 0o077 == 0
    assert load(REPOSITORY).sha256 == SUM
    assert len(hub.asked) == asked


def test_another_revision_is_another_file(hub: Hub) -> None:
    other = file_of(tensors(seed=1))
    hub.put(other, revision="f" * 40)
    assert load(REPOSITORY).sha256 == SUM
    assert load(Repository(NAME, "f" * 40)).sha256 == hashlib.sha256(other).hexdigest()


def test_a_kept_file_that_was_damaged_is_fetched_again(hub: Hub, caches: Path) -> None:
    load(REPOSITORY)
    kept(caches).write_bytes(GOOD[:1000])
    asked = len(hub.asked)
    assert load(REPOSITORY).sha256 == SUM
    assert len(hub.asked) > asked
    assert kept(caches).read_bytes() == GOOD


def test_what_hf_download_has_fetched_is_used(hub: Hub, caches: Path) -> None:
    snapshot = caches / "hub" / f"models--{NAME.replace('/', '--')}" / "snapshots" / REVISION
    snapshot.mkdir(parents=True)
    (snapshot / "denoiser.safetensors").write_bytes(GOOD)
    assert load(REPOSITORY).sha256 == SUM
    assert hub.asked == []


def test_without_a_directory_they_are_used_and_not_kept(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directories, "refuse_as_cache", lambda _: "for the test")
    asked = [len(hub.asked) for _ in range(2) if load(REPOSITORY).sha256 == SUM]
    assert asked == [2, 4]


def test_a_full_disk_does_not_matter(hub: Hub, caches: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    monkeypatch.setattr(directories, "probe", lambda _: None)
    assert load(REPOSITORY).sha256 == SUM
    assert list(kept(caches).parent.iterdir()) == []


def refused(words: str, repository: Repository = REPOSITORY) -> None:
    """One sentence that names the reason, without a traceback's lines."""
    with pytest.raises(WeightsError, match=words) as caught:
        load(repository)
    text = str(caught.value)
    assert "\n" not in text
    assert len(text) < 400
    assert text.endswith(".")


def test_another_format_is_refused_and_not_kept(hub: Hub, caches: Path) -> None:
    for data in (b"", b"version https://git-lfs.github.com/spec/v1", file_of(None, format="other"), GOOD[:-1]):
        hub.put(data)
        with pytest.raises(WeightsError):
            load(REPOSITORY)
        assert not kept(caches).exists()


def test_what_is_not_what_the_hub_announced_is_refused(hub: Hub, caches: Path) -> None:
    hub.lie = file_of(tensors(seed=1))
    refused("not what the Hub announced")
    assert not kept(caches).exists()


def test_an_answer_cut_short_is_refused(hub: Hub) -> None:
    hub.headers = {"X-Linked-Etag": ""}  # without a sum to compare with
    hub.lie = GOOD[:-100]
    refused("Not a file of weights")


def test_a_small_file_comes_without_a_sum(hub: Hub) -> None:
    """Kept in git itself, its ETag is git's hash of it."""
    hub.headers = {"X-Linked-Etag": "", "ETag": '"2fd4e1c67a2d28fced849ee1bb76e7391b93eb12"'}
    assert load(REPOSITORY).sha256 == SUM


def test_what_is_announced_as_too_large_is_not_even_fetched(hub: Hub) -> None:
    """Though what would come is small: only the announcement can be the reason."""
    hub.headers = {"X-Linked-Size": str(MAX_BYTES + 1)}
    refused("larger than the 8 MB")


def test_too_large_is_refused_whoever_says_so(hub: Hub) -> None:
    hub.put(bytes(MAX_BYTES + 1))
    refused("larger than the 8 MB")
    hub.headers = {"X-Linked-Size": ""}  # then the storage's own word counts
    refused("larger than the 8 MB")


def test_larger_than_announced_is_cut_off(hub: Hub) -> None:
    hub.lie, hub.chunked = bytes(4 * MAX_BYTES), True
    refused("larger than the 8 MB")


@pytest.mark.parametrize("repository", [Repository("some-body/other", REVISION), Repository(NAME, "f" * 40)])
def test_what_is_not_there_is_said(hub: Hub, repository: Repository) -> None:
    refused("There is no denoiser.safetensors", repository)


@pytest.mark.parametrize(("status", "words"), [(401, "There is no"), (403, "There is no"), (503, "answers 503")])
def test_a_refusal_is_said(hub: Hub, status: int, words: str) -> None:
    hub.status = status
    refused(words)
    assert len(hub.asked) == 1  # no second attempt: nobody waits for it


@pytest.mark.parametrize("commit", ["", "f" * 40])
def test_an_answer_of_another_commit_is_refused(hub: Hub, commit: str) -> None:
    hub.headers = {"X-Repo-Commit": commit}
    refused("not of that commit")


def test_redirects_without_end_are_refused(hub: Hub) -> None:
    hub.headers = {"Location": f"{hub.url}/{NAME}/resolve/{REVISION}/denoiser.safetensors"}
    refused("TooManyRedirects")


@pytest.mark.parametrize("chunked", [False, True], ids=["silent", "a drop at a time"])
def test_a_server_that_does_not_get_on_is_left(hub: Hub, monkeypatch: pytest.MonkeyPatch, chunked: bool) -> None:
    monkeypatch.setattr(hub_weights, "DEADLINE_S", 0.5)
    hub.pause_s, hub.chunked = (0.02, True) if chunked else (60.0, False)
    began = time.monotonic()
    refused("did not answer within 0.5 s")
    assert time.monotonic() - began < 30  # waiting for the whole of it would take nearly a minute


def test_a_silent_server_is_left_by_its_own_limit(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_weights, "SILENCE_S", 0.2)
    hub.pause_s = 60.0
    refused("ReadTimeout")


def test_nobody_listening_is_said(caches: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    huggingface_hub.close_session()
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        point_to(monkeypatch, f"http://127.0.0.1:{closed.getsockname()[1]}")
        refused("ConnectError")
    huggingface_hub.close_session()


def test_offline_is_said_and_nothing_is_asked(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    refused("HF_HUB_OFFLINE is set")
    assert hub.asked == []


def test_offline_with_a_kept_file_is_well(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    load(REPOSITORY)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert load(REPOSITORY).sha256 == SUM


def test_a_repository_is_a_name_and_a_commit() -> None:
    assert configured({}) is None
    assert configured({"DENOISER_REPO": " "}) is None
    found = configured({"DENOISER_REPO": f" {NAME}@{REVISION}\n"})
    assert found == REPOSITORY
    assert str(found) == f"{NAME}@{REVISION}"


@pytest.mark.parametrize(
    "text",
    [
        NAME,
        f"{NAME}@main",
        f"{NAME}@{REVISION[:12]}",
        f"{NAME}@{REVISION}0",
        f"{NAME}@{REVISION.upper()}",
        f"{NAME}@refs/pr/1",
        f"small@{REVISION}",
        f"a/b/c@{REVISION}",
        f"../b@{REVISION}",
        f"a/..@{REVISION}",
        f"a/b..c@{REVISION}",
        f"a/b--c@{REVISION}",
        f"a/.b@{REVISION}",
        f"a/b.@{REVISION}",
        f"/a@{REVISION}",
        f"a/@{REVISION}",
        f"a\\b@{REVISION}",
        f"a/b\n@{REVISION}",
        f"a/ü@{REVISION}",
        f"a/b?x=@{REVISION}",
        f"a/b%2f@{REVISION}",
        f"a/{'b' * 97}@{REVISION}",
        f"https://huggingface.co/a/b@{REVISION}",
        f"https://me:hf_secret@huggingface.co/a/b@{REVISION}",
    ],
)
def test_all_else_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(WeightsError, match="40 digits of a commit") as caught:
        configured({"DENOISER_REPO": text})
    assert "hf_secret" not in str(caught.value)


REPORT = """
import json
from pipeline.neural import chosen
found = chosen.chosen()
print(json.dumps(chosen.status()))
"""


def test_in_a_process_of_a_user_without_a_home() -> None:
    """As `nobody` where the tests run as root: fetched, kept beneath the temporary directory, and then found there."""
    base = Path(tempfile.mkdtemp(prefix="hub-tests-"))  # not pytest's: that is closed to other users
    try:
        sandbox = make_sandbox(base)
        with serving(Hub()) as hub:
            hub.put(GOOD)
            environment = {"DENOISER_REPO": str(REPOSITORY), "HF_ENDPOINT": hub.url, "NUMBA_DISABLE_JIT": "1"}
            for asked in (2, 2):
                status, output, errors = sandbox.run("-c", REPORT, **environment)
                assert status == 0, errors
                found = json.loads(output)
                assert (found["source"], found["sha256"], found["warnings"]) == (str(REPOSITORY), SUM, [])
                assert len(hub.asked) == asked
        assert len(list(sandbox.places.glob("temporary/ai-speech-enhancement-weights-*/*.safetensors"))) == 1
        status, output, errors = sandbox.run(
            "-c", "import tempfile; tempfile.tempdir = '/proc'\n" + REPORT, **environment
        )
        found = json.loads(output)
        assert (status, found["source"], len(found["warnings"])) == (0, "bundled", 1), errors
        assert f"The bundled weights are used: {REPOSITORY} cannot be fetched" in errors
    finally:
        shutil.rmtree(base)


ASK = """
import sys
before = set(sys.modules)  # what the interpreter's site imports is not ours
from pipeline.neural import chosen
chosen.chosen()
print("huggingface_hub" in set(sys.modules) - before)
"""


def test_the_library_is_not_imported_where_nothing_is_named() -> None:
    done = subprocess.run([sys.executable, "-c", ASK], cwd=PROJECT, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "False\n"), done.stderr


def test_whoever_comes_first_waits_20_s_for_the_hub_at_most() -> None:
    assert (hub_weights.DEADLINE_S, hub_weights.SILENCE_S) == (20, 5)
