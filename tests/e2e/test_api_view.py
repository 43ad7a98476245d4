""" "Use via API": what it shows runs as it stands, in a shell, in Python and in JavaScript."""

from __future__ import annotations

import base64
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from hf_gradio.cli import predict
from playwright.sync_api import BrowserContext, Page, Route, expect

from pipeline.settings import parameters
from tests.browser import PATIENCE_MS
from tests.conftest import PROJECT, Server

expect.set_options(timeout=PATIENCE_MS)
NAMES = ("enhance", "analyze", "presets")
PATIENCE_S = 120
# Gradio's page is built with @gradio/client, of the same release. Its class has a short name there, not exported;
# `handle_file` answers a File as it is.
CLASS = re.compile(r"\b(\w+)=class\{app_reference;")
RUN = """snippet => {
  const program = snippet.replace(/^import .*$/m, "").replace("console.log(result.data)", "return result.data");
  const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor;
  return new AsyncFunction("Client", "handle_file", program)(window.ClientClass, file => file);
}"""


def with_its_client_shown(route: Route) -> None:
    answer = route.fetch()
    name = CLASS.search(answer.text())
    assert name
    route.fulfill(response=answer, body=f"{answer.text()}\nwindow.ClientClass = {name[1]};")


@pytest.fixture(scope="module")
def view(browser: Any, server: Server) -> Any:
    """The view, opened once: nothing here changes it. Its page asks for what is not there (`/monitoring`), so its
    console is not watched."""
    context: BrowserContext = browser.new_context(locale="en-US")
    context.set_default_timeout(PATIENCE_MS)
    context.route("**/assets/index-*.js", with_its_client_shown)
    page = context.new_page()
    page.goto(f"{server.url}/?view=api")
    expect(page.locator(".endpoint-container")).to_have_count(len(NAMES))
    yield page
    context.close()


def shown(view: Page, language: str) -> dict[str, str]:
    """Endpoint → the program that the view shows."""
    view.locator(".snippets > .snippet", has_text=language).click()
    found = view.locator(".endpoint-container pre:visible").all_inner_texts()
    assert len(found) == len(NAMES)
    return {next(name for name in NAMES if f"/{name}" in text): text for text in found}


def run(folder: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_python(view: Page, tmp_path: Path) -> None:
    """All three as one program, in an empty folder; `print` becomes what a test can read."""
    found = shown(view, "Python")
    program = "\n".join(found[name] for name in NAMES)
    assert program.count("print(result)") == len(NAMES)
    out = run(tmp_path, sys.executable, "-W", "error", "-c", program.replace("print(result)", "print(repr(result))"))
    (path, report), measures, presets = (eval(line) for line in out.splitlines() if not line.startswith("Loaded"))
    assert Path(path).name == "talk.clean.wav"
    assert Path(path).stat().st_size > 1000
    assert report["settings"]["denoise_strength_db"] == presets["presets"]["podcast"]["settings"]["denoise_strength_db"]
    assert measures["duration_s"] > 1


@pytest.mark.parametrize("shell", ["bash", "sh"])
def test_curl(view: Page, tmp_path: Path, shell: str) -> None:
    found = shown(view, "cURL")
    wanted = {"enhance": "talk.clean.wav", "analyze": "duration_s", "presets": "podcast"}
    for name in NAMES if shell == "bash" else ("analyze", "presets"):
        out = run(tmp_path, shell, "-euc", found[name])
        events = dict(part.split("\ndata: ", 1) for part in out.strip().split("\n\n"))
        assert wanted[name] in json.dumps(json.loads(events["event: complete"])), name
    if shell == "bash":
        assert (tmp_path / "talk.clean.wav").read_bytes()[:4] == b"RIFF"


def test_javascript(view: Page) -> None:
    found = shown(view, "JavaScript")
    assert 'from "@gradio/client"' in found["enhance"]
    file, report = view.evaluate(RUN, found["enhance"])
    assert file["orig_name"] == "talk.clean.wav"
    assert view.request.get(file["url"]).body()[:4] == b"RIFF"
    assert report["denoiser"] == "neural"
    assert view.evaluate(RUN, found["analyze"])[0]["duration_s"] == report["before"]["duration_s"]
    assert "podcast" in view.evaluate(RUN, found["presets"])[0]["presets"]


def test_the_javascript_of_the_docs(view: Page, server: Server, talk: Path) -> None:
    """`handle_file` opens a path under Node; here it gets the file of that name."""
    (program,) = re.findall(r"^```js\n(.*?)^```", (PROJECT / "docs" / "api.md").read_text(), re.MULTILINE | re.DOTALL)
    data = base64.b64encode(talk.read_bytes()).decode()
    opened = f'const given = await (await fetch("data:audio/wav;base64,{data}")).blob();\n'
    opened += "handle_file = path => new File([given], path);\n"
    program = opened + program.replace("http://127.0.0.1:7860", server.url)
    found = view.evaluate(
        RUN, program + "\nreturn [file.orig_name, report.denoiser, measures.duration_s, enhanced.size];"
    )
    assert found[:3] == ["talk.clean.wav", "neural", 3]
    assert found[3] > 1000


def test_the_command_line_client(
    view: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`gradio predict`, which takes seconds to start, is called within this process."""
    monkeypatch.chdir(tmp_path)
    fetch, command = shown(view, "CLI")["analyze"].splitlines()
    run(tmp_path, "bash", "-euc", fetch)
    program, name, *given = shlex.split(command)
    assert (program, name) == ("gradio", "predict")
    predict(*given, download_files=str(tmp_path), token=None)
    assert '"duration_s"' in capsys.readouterr().out


def test_what_is_off_is_not_offered(view: Page) -> None:
    tabs = view.locator(".snippets > .snippet:visible").all_inner_texts()
    assert [tab.strip() for tab in tabs] == ["Python", "JavaScript", "CLI", "cURL"]


def test_parameters_have_types_meanings_and_defaults(view: Page) -> None:
    shown(view, "Python")
    text = view.locator(".endpoint-container").first.inner_text()
    assert f"Accepts {len(parameters()) + 9} parameters" in text
    for said in ("filepath", "Required", "Literal['neural', 'spectral'] | None", "Optional. ", "0 to 60 dB"):
        assert " ".join(said.split()) in " ".join(text.split()), said
    assert "..." not in text
    assert "None | " not in text.replace("\xa0", " ")


def test_gradios_settings_do_not_tell_visitors_to_launch_it(server: Server) -> None:
    """They tell, where the app cannot be installed, to start it with launch(pwa=True)."""
    assert httpx.get(f"{server.url}/config", timeout=30).json()["pwa"] is True
