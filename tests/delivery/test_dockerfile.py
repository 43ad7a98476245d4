"""What the image promises, as far as its text shows; scripts/check_container.sh builds it and tries."""

from __future__ import annotations

import json
import re

from tests.delivery.files import ROOT

TEXT = (ROOT / "Dockerfile").read_text(encoding="utf-8")
INSTRUCTIONS = [line for line in re.sub(r"\\\n", " ", TEXT).splitlines() if line and not line.startswith("#")]
SHIPPED = INSTRUCTIONS[max(n for n, line in enumerate(INSTRUCTIONS) if line.startswith("FROM ")) :]


def only(instruction: str) -> str:
    found = [line for line in SHIPPED if line.startswith(instruction + " ")]
    assert len(found) == 1, found
    return found[0].removeprefix(instruction).strip()


def test_nothing_is_made_writable_for_everybody() -> None:
    for mode in re.findall(r"chmod(?: -\w+)* (\S+)", TEXT):
        assert not re.search(r"[2367]$|[ao]\S*\+\S*w|o=\S*w|go=\S*w|a=\S*w", mode), mode


def test_runs_as_user_1000() -> None:
    assert only("USER").split(":")[0] == "1000"
    assert SHIPPED.index("USER " + only("USER")) > max(n for n, line in enumerate(SHIPPED) if line.startswith("RUN "))


def test_signals_reach_python_itself() -> None:
    assert json.loads(only("CMD")) == ["python", "app.py"]


def test_health_is_asked_for_at_the_port_in_use() -> None:
    command = only("HEALTHCHECK")
    assert "/health" in command
    assert "os.environ['PORT']" in command


def test_base_image_can_be_chosen_and_is_used_throughout() -> None:
    assert INSTRUCTIONS[0].startswith("ARG BASE_IMAGE=python:3.")
    stages = {line.split(" AS ")[1] for line in INSTRUCTIONS if " AS " in line}
    assert {line.split()[1] for line in INSTRUCTIONS if line.startswith("FROM ")} <= {"${BASE_IMAGE}"} | stages


def test_the_code_comes_after_the_packages() -> None:
    packages = next(n for n, line in enumerate(INSTRUCTIONS) if "pip" in line and "install" in line)
    before = [line for line in INSTRUCTIONS[:packages] if line.startswith("COPY ")]
    assert before == [
        "COPY requirements.lock /tmp/",
        "COPY scripts ./scripts",
    ]  # of those, only what trims the packages


def test_only_what_the_app_runs_on_goes_into_the_image() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    allowed = {rule[1:] for rule in rules if rule.startswith("!")}
    assert {"app.py", "runtime_setup.py", "runtime", "pipeline", "web", "assets", "requirements.lock"} <= allowed
    assert not allowed & {"tests", "benchmarks", "training", ".git", "scripts"}
    assert {rule for rule in allowed if rule.startswith("scripts/")} == {
        f"scripts/{name}.py" for name in ("__init__", "container/__init__", "container/elf", "container/trim")
    }
    assert any(re.match(r"RUN rm -r scripts\b", line) for line in INSTRUCTIONS)
