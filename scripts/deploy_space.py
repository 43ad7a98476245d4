"""Puts this working copy on a Space of the Hugging Face Hub, waits until it runs, and examines it there.

    python -m scripts.deploy_space owner/name --dry-run
    python -m scripts.deploy_space owner/name --sdk docker --variable WORKERS=2 --secret PASSWORD

Only files that git knows are sent, as they are in the working copy, without the tests; files of an earlier version are
removed there. Variables can be read by everybody. A secret's value comes from a variable of the same name here, and so
does the token (HF_TOKEN), unless `hf auth login` has kept one: neither is ever an argument or printed. HF_ENDPOINT
names another Hub.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs" / "deploying.md"
LEFT_OUT = (".ci/", "tests/")
SECRET = {"PASSWORD"}  # must not be a variable, which everybody can read
SDKS = ("gradio", "docker")
FAILED = {"BUILD_ERROR", "CONFIG_ERROR", "RUNTIME_ERROR", "NO_APP_FILE", "STOPPED", "PAUSED", "DELETING"}
STEP_S, WAIT_S = 5.0, 1800.0


class DeployError(Exception):
    """Why it ends here; the message is a sentence."""


@dataclass(frozen=True)
class Plan:
    """What is to be done. secrets : names; their values are in the environment"""

    space: str
    sdk: str
    private: bool
    variables: Mapping[str, str]
    secrets: Sequence[str]
    files: Sequence[str]


def known_variables() -> set[str]:
    """Those that the app reads, by its documentation."""
    return set(re.findall(r"^\| `([A-Z_]+)` \|", DOCS.read_text(encoding="utf-8"), re.MULTILINE))


def tracked(root: Path = ROOT) -> list[str]:
    """The files that are sent. Raises DeployError."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=False)
    if listed.returncode:
        raise DeployError(f"{root} is no working copy of git, so nobody can tell which files belong to it.")
    names = [name for name in listed.stdout.split("\0") if name and not name.startswith(LEFT_OUT)]
    return [name for name in names if (root / name).is_file()]  # one that was removed and not committed yet is gone


def staged(plan: Plan, folder: Path, root: Path = ROOT) -> None:
    """Copy what is sent; the head of README.md names the SDK."""
    for name in plan.files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / name, folder / name)
    readme = folder / "README.md"
    text = readme.read_text(encoding="utf-8")
    readme.write_text(re.sub(r"^sdk: \w+$", f"sdk: {plan.sdk}", text, count=1, flags=re.MULTILINE), encoding="utf-8")


def deploy(api: Any, plan: Plan) -> str:
    """Make the Space, if it is not there, and send all. The new commit."""
    api.create_repo(plan.space, repo_type="space", space_sdk=plan.sdk, private=plan.private, exist_ok=True)
    there = api.get_space_variables(plan.space)
    for name, value in plan.variables.items():
        if name not in there or there[name].value != value:  # each change starts the Space anew
            api.add_space_variable(plan.space, name, value)
            say(f"Variable {name} set.")
    for name in plan.secrets:
        api.add_space_secret(plan.space, name, os.environ[name])
        say(f"Secret {name} set.")
    with tempfile.TemporaryDirectory() as folder:
        staged(plan, Path(folder))
        done = api.upload_folder(
            repo_id=plan.space, repo_type="space", folder_path=folder, delete_patterns="*",
            commit_message="Deploy by scripts/deploy_space.py",
        )  # fmt: skip
    say(f"{len(plan.files)} files sent: commit {done.oid[:8]}.")
    return str(done.oid)


def wait_until_it_runs(api: Any, space: str, commit: str, step_s: float = STEP_S, wait_s: float = WAIT_S) -> None:
    """Tell each stage. Raises DeployError if it fails, or is not there in time."""
    began, told, failed = time.monotonic(), "", ""
    while True:
        now = api.get_space_runtime(space)
        is_ours = now.raw.get("sha") in (None, commit)  # else it is about the version before
        stage = str(getattr(now.stage, "value", now.stage))
        if is_ours and stage != told:
            told = stage
            say(f"{time.monotonic() - began:5.0f} s {stage}")
        if is_ours and stage == "RUNNING":
            return
        if is_ours and stage in FAILED and stage == failed:  # twice: the first may be what was before the upload
            why = now.raw.get("errorMessage") or "The Space's log says why."
            raise DeployError(f"The Space ended as {stage}. {why}")
        failed = stage
        if time.monotonic() - began > wait_s:
            raise DeployError(f"The Space does not run after {wait_s:g} s; its last stage is {stage}.")
        time.sleep(step_s)


def examine(url: str, step_s: float = STEP_S, wait_s: float = WAIT_S) -> int:
    """The doctor's checklist of the running app, once its engine is warm. The exit status."""
    from runtime.doctor import main, remote

    deadline = time.monotonic() + wait_s
    while time.monotonic() < deadline:
        try:
            if remote.fetch(f"{url}/ready").get("ready"):
                break
        except remote.UnreachableError:
            pass
        time.sleep(step_s)
    return main.main(["--url", url])


def read_arguments(arguments: Sequence[str] | None) -> tuple[Plan, argparse.Namespace]:
    """What is wanted. Raises DeployError."""
    parser = argparse.ArgumentParser(prog="python -m scripts.deploy_space", description=__doc__.partition("\n")[0])
    parser.add_argument("space", metavar="owner/name")
    parser.add_argument("--sdk", choices=SDKS, default=SDKS[0], help="default gradio; docker builds the Dockerfile")
    parser.add_argument("--private", action="store_true", help="a new Space is shown to its owner alone")
    parser.add_argument("--variable", metavar="NAME=VALUE", action="append", default=[], help="of the app; public")
    parser.add_argument("--secret", metavar="NAME", action="append", default=[], help="its value is in NAME, here")
    parser.add_argument("--dry-run", action="store_true", help="tell what would be done, and ask nobody")
    parser.add_argument("--wait", metavar="SECONDS", type=float, default=WAIT_S, help="for the Space to run")
    options = parser.parse_args(arguments)
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", options.space, re.ASCII):
        raise DeployError("The Space is named owner/name.")
    variables = dict(pair.partition("=")[::2] for pair in options.variable)
    for name in (*variables, *options.secret):
        if name not in known_variables():
            raise DeployError(f"The app has no variable {name}: docs/deploying.md lists them.")
    if public := SECRET & variables.keys():
        raise DeployError(f"Everybody can read a variable: set {min(public)} here, and give --secret {min(public)}.")
    if missing := [name for name in options.secret if not os.environ.get(name)]:
        raise DeployError(f"{missing[0]} is not set here, so there is no secret to send.")
    return Plan(options.space, options.sdk, options.private, variables, options.secret, tracked()), options


def tell(plan: Plan) -> None:
    """What would be done."""
    size = sum((ROOT / name).stat().st_size for name in plan.files)
    say(f"Space {plan.space}, {'private' if plan.private else 'public'}, sdk {plan.sdk}: made if it is not there.")
    for name, value in plan.variables.items():
        say(f"Variable {name}={value}")
    for name in plan.secrets:
        say(f"Secret {name}, its value from here")
    say(f"{len(plan.files)} files, {size / 2**20:.1f} MB; whatever else is there is removed:")
    for name in plan.files:
        say(f"  {name}")
    say("Then: wait until it runs, and examine it. Nothing was done.")


def say(line: str) -> None:
    print(line, flush=True)


def main(arguments: Sequence[str] | None = None, step_s: float = STEP_S) -> int:
    """The exit status: 0, 1 for what failed, 2 for wrong usage."""
    try:
        plan, options = read_arguments(arguments)
    except DeployError as fault:
        print(fault, file=sys.stderr)
        return 2
    if options.dry_run:
        tell(plan)
        return 0
    from httpx2 import HTTPError  # what huggingface_hub speaks HTTP with
    from huggingface_hub import HfApi
    from huggingface_hub.errors import LocalTokenNotFoundError

    api = HfApi(endpoint=os.environ.get("HF_ENDPOINT"))
    try:
        say(f"Logged in as {api.whoami()['name']}.")
        commit = deploy(api, plan)
        wait_until_it_runs(api, plan.space, commit, step_s, options.wait)
        found = api.space_info(plan.space)
        if found.private:
            say("It runs. It is private, so only a browser that is logged in can look at it.")
            return 0
        say(f"It runs: {found.host}")
        return examine(str(found.host), step_s, options.wait)
    except LocalTokenNotFoundError:
        print("Nobody is logged in: `hf auth login`, or set HF_TOKEN to a token that may write.", file=sys.stderr)
    except (DeployError, HTTPError, OSError) as fault:
        print(str(fault).partition("\n\n")[0], file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
