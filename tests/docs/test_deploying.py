"""The examples of docs/deploying.md: nginx in front of the app, and what Compose and Kubernetes are told."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import soundfile
import yaml

from runtime.environment.table import faults
from service.config import Config
from tests.conftest import PROJECT, Server, start_server, stop_server, until_ready
from tests.docs.proxy import running
from tests.pipeline.signals import speech_like
from tests.web.curl import described
from web.front.doors import find

PAGE = (PROJECT / "docs" / "deploying.md").read_text(encoding="utf-8")
KNOWN = set(re.findall(r"^\| `([A-Z_]+)` \|", PAGE, re.MULTILINE))
DOCKERFILE = (PROJECT / "Dockerfile").read_text(encoding="utf-8")
NAME, SECRET = "speech.example.org", "correct horse battery"
UNITS = {"g": 2**30, "m": 2**20, "Gi": 2**30, "Mi": 2**20}
AFTER_DRAIN_S = 5  # that the page asks for
LEAST_BYTES = 512 * 2**20  # that the page says works


def block(kind: str, begin: str) -> str:
    """The first block of code of a kind after `begin`."""
    found = re.search(rf"^```{kind}\n(.*?)^```", PAGE[PAGE.index(begin) :], re.MULTILINE | re.DOTALL)
    assert found
    return found[1]


def size(text: str) -> int:
    number, unit = re.fullmatch(r"(\d+)(\w+)", text).groups()  # type: ignore[union-attr]
    return int(number) * UNITS[unit]


def check_environment(env: dict[str, str], caplog: pytest.LogCaptureFixture, secret: Path) -> Config:
    """All of it is known to the app, and can be used."""
    assert all(isinstance(value, str) for value in env.values())  # 0440 or yes would be something else
    assert env.keys() <= KNOWN
    assert faults(env, ours=True) == {}
    secret.write_text(SECRET)
    with caplog.at_level(logging.WARNING):
        config = Config.from_environ(env | {"PASSWORD_FILE": str(secret)})
    assert caplog.messages == []
    assert (config.host, config.port, config.proxy_hops, config.password) == ("0.0.0.0", 7860, 1, SECRET)
    assert config.allowed_hosts == (NAME,)
    return config


def test_compose(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    whole = yaml.safe_load(block("yaml", "### Compose"))
    speech, nginx = whole["services"]["speech"], whole["services"]["nginx"]
    config = check_environment(speech["environment"], caplog, tmp_path / "password")
    assert int(speech["stop_grace_period"].removesuffix("s")) >= config.drain_s + AFTER_DRAIN_S
    assert size(speech["mem_limit"]) >= LEAST_BYTES + (config.workers - 1) * 150 * 2**20
    assert speech["environment"]["PASSWORD_FILE"] == f"/run/secrets/{speech['secrets'][0]}"
    assert speech["secrets"] == list(whole["secrets"])
    assert speech["volumes"] == [f"{name}:/tmp" for name in whole["volumes"]]
    assert nginx["depends_on"] == {"speech": {"condition": "service_healthy"}}
    assert "HEALTHCHECK" in DOCKERFILE
    assert speech["build"] == "."


def test_kubernetes(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    deployment, service = yaml.safe_load_all(block("yaml", "### Kubernetes"))
    pod = deployment["spec"]["template"]["spec"]
    (speech,) = pod["containers"]
    env = {one["name"]: one["value"] for one in speech["env"]}
    config = check_environment(env, caplog, tmp_path / "password")
    before_s = int(speech["lifecycle"]["preStop"]["exec"]["command"][1])
    assert pod["terminationGracePeriodSeconds"] >= before_s + config.drain_s + AFTER_DRAIN_S
    assert size(speech["resources"]["requests"]["memory"]) >= LEAST_BYTES
    assert size(speech["resources"]["limits"]["memory"]) >= LEAST_BYTES + (config.workers - 1) * 150 * 2**20
    probes = {name: speech[f"{name}Probe"]["httpGet"] for name in ("startup", "readiness", "liveness")}
    assert {name: probe["path"] for name, probe in probes.items()} == {
        "startup": "/health", "readiness": "/ready", "liveness": "/health",
    }  # fmt: skip
    for probe in probes.values():  # which bring no password
        door = find("GET", probe["path"])
        assert door is not None
        assert door.free
        assert probe["port"] == config.port
    assert speech["ports"] == [{"containerPort": config.port}]
    assert service["spec"]["ports"][0]["targetPort"] == config.port
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    assert labels == deployment["spec"]["selector"]["matchLabels"] == service["spec"]["selector"]
    assert f"USER {pod['securityContext']['runAsUser']}:{pod['securityContext']['runAsGroup']}" in DOCKERFILE
    mounted = {one["name"]: one["mountPath"] for one in speech["volumeMounts"]}
    assert mounted.keys() == {volume["name"] for volume in pod["volumes"]}
    assert mounted["work"] == "/tmp"
    assert env["PASSWORD_FILE"] == f"{mounted['password']}/password"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    found = start_server(
        tmp_path_factory.mktemp("app"), PROXY_HOPS="1", ALLOWED_HOSTS=NAME, PASSWORD=SECRET, METRICS="1", WORKERS="1"
    )
    until_ready(found)
    yield found
    stop_server(found)


@pytest.fixture(scope="module")
def visitor(app: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Through nginx, as the page configures it."""
    config = block("nginx", "### nginx")
    assert config.count("127.0.0.1:7860") == 1
    with (
        running(tmp_path_factory.mktemp("nginx"), config.replace("http://127.0.0.1:7860", app.url), NAME) as proxy,
        proxy.client(auth=("", SECRET)) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def minute(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recordings") / "minute.flac"
    x = np.zeros(48_000 * 45, np.float32)
    x[: 16_000 * 3] = speech_like(16_000, 3.0)[0]
    soundfile.write(path, x, 48_000)
    return path


def test_nginx_asks_for_the_password_and_hides_the_metrics(visitor: httpx.Client, app: Server) -> None:
    page = visitor.get("/")
    assert (page.status_code, "gradio" in page.text) == (200, True)
    assert visitor.get("/", auth=("", "")).status_code == 401  # type: ignore[arg-type]
    for path in ("/health", "/ready"):
        assert visitor.get(path, auth=("", "")).status_code == 200
    assert visitor.get("/metrics").status_code == 404
    assert httpx.get(f"{app.url}/metrics", auth=("", SECRET), timeout=30).status_code == 200
    assert visitor.get("/health", headers={"Host": "elsewhere.example.org"}).status_code == 421


def test_nginx_passes_uploads_events_and_ranges(visitor: httpx.Client, minute: Path) -> None:
    with minute.open("rb") as file:
        path = visitor.post("/gradio_api/upload", files={"files": file}).raise_for_status().json()[0]
    order: dict[str, Any] = {"file": described(path), "output_format": "flac"}
    event = visitor.post("/gradio_api/call/v2/enhance", json=order).raise_for_status().json()["event_id"]
    events: list[str] = []
    seen, states = set(), set()
    with visitor.stream("GET", f"/gradio_api/call/enhance/{event}") as lines:
        for line in lines.iter_lines():
            if line.startswith("event: "):
                events.append(line.removeprefix("event: "))
            elif line.startswith("data: [") and events[-1] == "generating":
                job = json.loads(line.removeprefix("data: "))[1].get("job")
                if job:
                    seen.add(job)
                    states.add(visitor.get(f"/api/jobs/{job}").json()["state"])
    assert events[-1] == "complete"
    assert {"waiting", "running"} & states, "the events came together, at the end"
    (job,) = seen
    part = visitor.get(f"/api/jobs/{job}/download", headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.content) == (206, b"fLaC")
    with minute.open("rb") as file:
        whole = visitor.post("/api/enhance", files={"file": file})
    assert (whole.status_code, whole.content[:4]) == (200, b"RIFF")


def test_nginx_lets_nobody_make_up_an_address(visitor: httpx.Client) -> None:
    """Who guesses too often waits, whatever they say of whom they come from. The last: it is this machine's address."""
    found = [
        visitor.get("/api/jobs/x", auth=("", "guess"), headers={"X-Forwarded-For": f"203.0.113.{n}"}).status_code
        for n in range(30)
    ]
    assert set(found) == {401, 429}
