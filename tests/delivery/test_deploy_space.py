"""A Space is made, filled and examined: against a server on this machine that speaks that part of the Hub's API."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from scripts import deploy_space
from scripts.deploy_space import Plan, known_variables, staged, tracked
from tests.delivery.files import ROOT

TOKEN, SECRET, SPACE = "hf_" + "Secret" * 6, "correct horse battery", "some-body/speech"
OLD, COMMIT = "0" * 40, "a" * 40
WELL: dict[str, Any] = {
    "/ready": {"ready": True},
    "/health": {
        "status": "healthy", "system": "AI Speech Enhancement System", "version": "0.1.0", "ready": True,
        "config": {"numba_cache_dir": "/c", "numba_cache_exists": True, "numba_jit_enabled": True},
    },
    "/api/diagnostics": {
        "libraries": {
            "numba": {"version": "1", "cache_writable": True}, "librosa": {"version": "1"}, "gradio": {"version": "1"},
        },
        "checks": [],
    },
}  # fmt: skip


@dataclass
class Hub:
    """stages : what the Space's runtime says, one after the other; the last one stays. Each : stage, commit"""

    stages: list[tuple[str, str | None]] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    created: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    refused: dict[str, int] = field(default_factory=dict)
    app: Mapping[str, Any] = field(default_factory=lambda: WELL)
    url: str = ""

    def answer(self, method: str, path: str, body: bytes) -> Any:
        """What the Hub and, at the same address, the Space's app answer."""
        if path in self.app:
            return self.app[path]
        match method, path.removeprefix(f"/api/spaces/{SPACE}"):
            case "GET", "/api/whoami-v2":
                return {"name": "some-body", "type": "user"}
            case "POST", "/api/repos/create":
                self.created = json.loads(body)
                return {"url": f"{self.url}/spaces/{SPACE}"}
            case "POST", "/api/validate-yaml":
                return {"errors": [], "warnings": []}
            case "GET", "/variables":
                return {name: {"key": name, "value": value} for name, value in self.variables.items()}
            case "POST", "/variables" | "/secrets" as where:
                told = json.loads(body)
                (self.variables if where == "/variables" else self.secrets)[told["key"]] = told["value"]
                return {name: {"key": name, "value": value} for name, value in self.variables.items()}
            case "GET", "/tree/main":
                return [{"type": "file", "path": name, "size": 1, "oid": OLD} for name in self.files]
            case "POST", "/preupload/main":
                files = json.loads(body)["files"]
                return {
                    "files": [{"path": one["path"], "uploadMode": "regular", "shouldIgnore": False} for one in files]
                }
            case "POST", "/commit/main":
                self._commit(body)
                return {"success": True, "commitOid": COMMIT, "commitUrl": f"{self.url}/spaces/{SPACE}/commit/{COMMIT}"}
            case "GET", "/runtime":
                stage, sha = self.stages.pop(0) if len(self.stages) > 1 else self.stages[0]
                why = {"errorMessage": "no space left"} if stage.endswith("ERROR") else {}
                return {"stage": stage, "hardware": {"current": "cpu-basic"}, **({"sha": sha} if sha else {}), **why}
            case "GET", "":
                return {
                    "id": SPACE, "sha": COMMIT, "private": self.created.get("visibility") == "private",
                    "host": self.url,
                    "tags": [], "likes": 0, "siblings": [],
                }  # fmt: skip
        return None

    def _commit(self, body: bytes) -> None:
        for line in map(json.loads, body.splitlines()):
            value = line["value"]
            if line["key"] == "file":
                self.files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "deletedFile":
                del self.files[value["path"]]


@pytest.fixture
def hub() -> Iterator[Hub]:
    found = Hub([("BUILDING", COMMIT), ("APP_STARTING", COMMIT), ("RUNNING", COMMIT)])

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path = urlsplit(self.path).path
            found.asked.append(f"{self.command} {path}")
            answer = found.answer(self.command, path, body)
            own = path in found.app or self.headers.get("Authorization") == f"Bearer {TOKEN}"
            status = found.refused.get(path) or (404 if answer is None else 200 if own else 401)
            content = json.dumps(answer if status == 200 else {"error": "no"}).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_DELETE = do_GET

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield found
    server.shutdown()
    server.server_close()


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A working copy of a few files: one that git does not know, a test, one that is gone."""
    copy = tmp_path / "copy"
    for name in ("README.md", "app.py", "service/a.py", "tests/test_a.py", "gone.py", "assets/page/words/ä [1].json"):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_text(f"# {name}\n", encoding="utf-8")
    (copy / "README.md").write_text("---\ntitle: x\nsdk: gradio\n---\n\nsdk: stays\n", encoding="utf-8")
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "init.defaultBranch=main"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "x"]):
        subprocess.run([*git, *command], cwd=copy, check=True)
    (copy / ".env").write_text(f"HF_TOKEN={TOKEN}\n", encoding="utf-8")
    (copy / "gone.py").unlink()
    return copy


def run(hub: Hub, copy: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """In a process of its own: huggingface_hub reads the environment when it is imported."""
    code = f"""if True:
        import sys
        from pathlib import Path
        from scripts import deploy_space
        deploy_space.tracked.__defaults__ = deploy_space.staged.__defaults__ = (Path({str(copy)!r}),)
        sys.exit(deploy_space.main(sys.argv[1:], step_s=0.01))
    """
    env = os.environ | {"HF_ENDPOINT": hub.url, "HF_HOME": str(copy.parent / "hub"), "HF_HUB_DISABLE_XET": "1"}
    return subprocess.run(
        [sys.executable, "-X", "utf8", "-c", code, SPACE, *arguments], cwd=ROOT, env=env | environment,
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_a_space_is_made_filled_and_examined(hub: Hub, small: Path) -> None:
    hub.files = {"old.py": b"", "README.md": b"old", ".gitattributes": b"kept"}
    hub.variables = {"QUEUE_SIZE": "5"}
    done = run(
        hub, small, "--sdk", "docker", "--variable", "WORKERS=2", "--variable", "QUEUE_SIZE=5", "--secret", "PASSWORD",
        HF_TOKEN=TOKEN, PASSWORD=SECRET,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert (hub.created["name"], hub.created["organization"]) == ("speech", "some-body")
    assert (hub.created["type"], hub.created["sdk"]) == ("space", "docker")
    assert set(hub.files) == {"README.md", "app.py", "service/a.py", "assets/page/words/ä [1].json", ".gitattributes"}
    assert hub.files["README.md"].decode() == "---\ntitle: x\nsdk: docker\n---\n\nsdk: stays\n"
    assert hub.variables == {"QUEUE_SIZE": "5", "WORKERS": "2"}
    assert hub.asked.count(f"POST /api/spaces/{SPACE}/variables") == 1  # the other one is as it should be
    assert hub.secrets == {"PASSWORD": SECRET}
    order = [f"POST /api/spaces/{SPACE}/{what}" for what in ("variables", "secrets", "commit/main")]
    assert [asked for asked in hub.asked if asked in order] == order  # the first start has them
    assert [line.split()[-1] for line in done.stdout.splitlines() if " s " in line] == [
        *("BUILDING", "APP_STARTING", "RUNNING")
    ]
    assert done.stdout.splitlines()[-1] == "All is well."
    for secret in (TOKEN, SECRET):
        assert secret not in done.stdout + done.stderr


def test_what_is_said_of_the_version_before_is_not_believed(hub: Hub, small: Path) -> None:
    hub.stages = [
        ("RUNNING", OLD),
        ("RUNTIME_ERROR", OLD),
        ("RUNTIME_ERROR", OLD),
        ("BUILDING", COMMIT),
        ("RUNNING", COMMIT),
    ]
    done = run(hub, small, HF_TOKEN=TOKEN)
    assert done.returncode == 0, done.stdout + done.stderr
    assert hub.stages == [("RUNNING", COMMIT)]


def test_a_fault_that_is_over_at_the_next_look_was_of_the_version_before(hub: Hub, small: Path) -> None:
    hub.stages = [("BUILD_ERROR", None), ("BUILDING", None), ("RUNNING", None)]
    done = run(hub, small, HF_TOKEN=TOKEN)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("stages", "said"),
    [
        ([("BUILDING", COMMIT), ("BUILD_ERROR", COMMIT)], "The Space ended as BUILD_ERROR. no space left"),
        ([("BUILDING", None), ("PAUSED", None)], "The Space ended as PAUSED. The Space's log says why."),
        ([("BUILDING", COMMIT)], "does not run after 0.5 s; its last stage is BUILDING"),
    ],
)
def test_a_space_that_does_not_run_is_a_failure(
    hub: Hub, small: Path, stages: list[tuple[str, str | None]], said: str
) -> None:
    hub.stages = stages
    done = run(hub, small, "--wait", "0.5", HF_TOKEN=TOKEN)
    assert (done.returncode, said in done.stderr) == (1, True), done.stderr
    assert "Traceback" not in done.stderr


def test_an_app_that_is_ill_is_a_failure(hub: Hub, small: Path) -> None:
    hub.app = WELL | {"/health": WELL["/health"] | {"status": "degraded"}}
    done = run(hub, small, HF_TOKEN=TOKEN)
    assert done.returncode == 1
    assert "FAIL healthy" in done.stdout


def test_who_is_not_logged_in_or_not_let_in_is_told(hub: Hub, small: Path) -> None:
    nobody = run(hub, small)
    assert (nobody.returncode, "HF_TOKEN" in nobody.stderr) == (1, True), nobody.stderr
    wrong = run(hub, small, HF_TOKEN="hf_" + "Wrong" * 7)
    assert (wrong.returncode, "Wrong" in wrong.stderr) == (1, False)
    hub.refused = {f"/api/spaces/{SPACE}/commit/main": 403}
    refused = run(hub, small, HF_TOKEN=TOKEN)
    assert (refused.returncode, "403" in refused.stderr, TOKEN in refused.stderr) == (1, True, False)
    hub.url = "http://127.0.0.1:9"
    away = run(hub, small, HF_TOKEN=TOKEN)
    assert (away.returncode, away.stderr.count("\n")) == (1, 1), away.stderr
    assert "Traceback" not in nobody.stderr + wrong.stderr + refused.stderr


def test_a_private_space_is_not_looked_at(hub: Hub, small: Path) -> None:
    done = run(hub, small, "--private", HF_TOKEN=TOKEN)
    assert (done.returncode, "It is private" in done.stdout) == (0, True), done.stderr
    assert not set(hub.asked) & {"GET /health", "GET /ready"}


def test_a_dry_run_asks_nobody(hub: Hub, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    monkeypatch.setenv("PASSWORD", SECRET)
    assert deploy_space.main([SPACE, "--dry-run", "--variable", "WORKERS=2", "--secret", "PASSWORD"]) == 0
    said = capsys.readouterr().out
    assert hub.asked == []
    assert "Variable WORKERS=2" in said
    assert "  app.py\n" in said
    assert "  requirements.txt\n" in said
    assert "tests/" not in said
    assert SECRET not in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["speech"], "owner/name"),
        (["../etc/passwd"], "owner/name"),
        ([SPACE, "--variable", "WORKRES=2"], "no variable WORKRES"),
        ([SPACE, "--secret", "HF_TOKEN"], "no variable HF_TOKEN"),
        ([SPACE, "--variable", f"PASSWORD={SECRET}"], "--secret PASSWORD"),
        ([SPACE, "--secret", "PASSWORD"], "PASSWORD is not set here"),
    ],
)
def test_what_cannot_be_meant_is_said_before_anything_is_done(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    monkeypatch.delenv("PASSWORD", raising=False)
    assert deploy_space.main(arguments) == 2
    told = capsys.readouterr().err
    assert said in told
    assert SECRET not in told


def test_the_app_gets_all_that_its_image_is_made_of(tmp_path: Path) -> None:
    """What the Dockerfile copies, and what a Space with the Gradio SDK installs."""
    wanted = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    files = tracked()
    for name in (
        *(line[1:] for line in wanted if line.startswith("!")),
        "Dockerfile",
        ".dockerignore",
        "requirements.txt",
    ):
        assert any(file == name or file.startswith(f"{name}/") for file in files), name
    assert {"WORKERS", "PASSWORD", "METRICS", "DENOISER_REPO"} <= known_variables()
    for sdk in ("gradio", "docker"):
        staged(Plan(SPACE, sdk, False, {}, (), ["README.md", "app.py"]), tmp_path)
        head = (tmp_path / "README.md").read_text(encoding="utf-8").split("---")[1]
        assert f"\nsdk: {sdk}\n" in head
        assert "\napp_port: 7860\n" in head
