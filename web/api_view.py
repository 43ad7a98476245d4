"""What "Use via API" shows of the endpoints: what each parameter means, and programs that run as they stand.

Gradio's own snippets name files that are not there, and its view keeps the address that its first visitor had asked
for. Ours fetch an example recording first, which whoever tries them replaces; what they leave out is the default.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Sequence
from typing import Any

import gradio as gr
from gradio.route_utils import get_root_url
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from pipeline.files.formats import Encoding
from pipeline.parameter import Choice, Kind, Range, kinds
from pipeline.settings import parameters
from service.http.examples import address, recordings

PATH = "/gradio_api/info"
FILE = "talk.flac"
TOLD: dict[str, tuple[str, str]] = {  # label and meaning of what is no setting
    "file": ("Recording", "A recording of speech, or a video: as a local file to the clients, which upload it."),
    "preset": ("Preset", "Its settings are used where a parameter is left out."),
    "output_format": ("File format", "wav, flac, mp3, ogg, opus or m4a."),
    "track": ("Sound track", "Which one, from 1; 0: the one that the file says players are to take."),
    "removed": ("What was removed", "Comes too, as the file `removed` of the report."),
    "as_video": ("As a video", "Of a video, the same video with the enhanced sound comes instead of the sound."),
    "preview": ("Preview", "The first ten seconds alone, which are there at once whatever the length."),
}
GIVEN = {"preset": "podcast"}  # beside the file
EXAMPLE = {"path": FILE, "meta": {"_type": "gradio.FileData"}}


def routes(demo: gr.Blocks, root_path: str | None) -> list[BaseRoute]:
    """GET of the description of all endpoints, with the address that the request asks for."""

    async def info(request: Request) -> Response:
        root: str = get_root_url(request, request.url.path, root_path)
        return JSONResponse(described(dict(demo.get_api_info()), root))

    return [Route(path, info, methods=["GET", "HEAD"]) for path in (PATH, f"{PATH}/")]


def described(found: dict[str, Any], root: str) -> dict[str, Any]:
    """As Gradio's clients and its view read it. found : as Gradio tells it; root : address of the page"""
    endpoints = {
        name: {**endpoint, "code_snippets": snippets(name, endpoint, root)}
        for name, endpoint in found["named_endpoints"].items()
    }
    return {**found, "named_endpoints": endpoints}


def tell_parameters(function: Any, returns: Sequence[str]) -> None:
    """Give what an endpoint takes and returns its names and meanings, once it is added. function : Gradio's"""
    named = {**parameters(), **kinds(Encoding)}
    for parameter, name in zip(function.inputs, inspect.signature(function.fn).parameters, strict=True):
        kind = named.get(name)
        parameter.label, told = TOLD[name] if kind is None else (kind.label, meaning(kind))
        optional = "" if name == "file" else "Optional. "
        parameter._api_info = {**parameter._api_info, "additional_description": optional + told}
        if name == "file":
            parameter.example_payload = parameter.example_value = lambda: EXAMPLE
    for value, label in zip(function.outputs, returns, strict=True):
        value.label = label


def meaning(kind: Kind) -> str:
    """What a setting does, and what it may be."""
    if isinstance(kind, Range):
        unit = f" {kind.unit}" if kind.unit else ""
        return f"{kind.help} {kind.minimum:g} to {kind.maximum:g}{unit}."
    if isinstance(kind, Choice):
        return f"{kind.help} {'; '.join(f'{option}: {said}' for option, said in kind.options.items())}."
    return kind.help


def snippets(name: str, endpoint: dict[str, Any], root: str) -> dict[str, str]:
    """Programs that call an endpoint, by language. name : as "/enhance"; root : address of the page"""
    names = [one["parameter_name"] for one in endpoint["parameters"]]
    given = {key: value for key, value in GIVEN.items() if key in names}
    root = root.rstrip("/")
    example = root + address(recordings()[0]) if "file" in names and recordings() else ""
    return {
        "python": _python(name, given, root, "file" in names, example),
        "javascript": _javascript(name, given, root, "file" in names, example),
        "bash": _bash(name, given, root, "file" in names, example),
        "cli": _cli(name, given, root, "file" in names, example),
    }


def _python(name: str, given: dict[str, str], root: str, file: bool, example: str) -> str:
    lines = ["from urllib.request import urlretrieve", ""] if example else []
    lines += [f"from gradio_client import Client{', handle_file' if file else ''}", ""]
    lines += [f'urlretrieve("{example}", "{FILE}")  # or a recording of yours'] if example else []
    lines += [f'client = Client("{root}/")', "result = client.predict("]
    lines += [f'    file=handle_file("{FILE}"),'] if file else []
    lines += [f'    {key}="{value}",' for key, value in given.items()]
    return "\n".join([*lines, f'    api_name="{name}",', ")", "print(result)"])


def _javascript(name: str, given: dict[str, str], root: str, file: bool, example: str) -> str:
    lines = [f'import {{ Client{", handle_file" if file else ""} }} from "@gradio/client";', ""]
    if file:
        lines += [f'const answer = await fetch("{example}");  // or a recording of yours, as a File or Blob']
        lines += [f'const recording = new File([await answer.blob()], "{FILE}");']
    lines += [f'const client = await Client.connect("{root}/");']
    told = ["file: handle_file(recording)"] if file else []
    told += [f'{key}: "{value}"' for key, value in given.items()]
    call = f'const result = await client.predict("{name}", {{ {", ".join(told)} }});'
    return "\n".join([*lines, call.replace("{  }", "{}"), "console.log(result.data);"])


def _bash(name: str, given: dict[str, str], root: str, file: bool, example: str) -> str:
    api = f"{root}/gradio_api"
    lines = [f"curl -s -o {FILE} {example}  # or a recording of yours"] if example else []
    parts = [f'"{key}": "{value}"' for key, value in given.items()]
    if file:
        lines += [f"FILE_PATH=$(curl -s {api}/upload -F files=@{FILE} | tr -d '[]\"')"]
        parts = ['"file": {"path": "\'"$FILE_PATH"\'", "meta": {"_type": "gradio.FileData"}}', *parts]
    lines += [
        f"curl -s {api}/call/v2{name} -H 'Content-Type: application/json' \\",
        f"  -d '{{{', '.join(parts)}}}' \\",
        "  | awk -F'\"' '{ print $4 }' \\",
        f"  | {{ read EVENT_ID; curl -sN {api}/call{name}/$EVENT_ID; }}",
    ]
    if name == "/enhance":
        lines += ["", "# The same in one request:"]
        lines += [f"curl -F file=@{FILE} -F preset=podcast {root}/api/enhance -o talk.clean.wav"]
    return "\n".join(lines)


def _cli(name: str, given: dict[str, str], root: str, file: bool, example: str) -> str:
    told: dict[str, Any] = {"file": EXAMPLE, **given} if file else given
    fetched = f"curl -s -o {FILE} {example}  # or a recording of yours\n" if example else ""
    return f"{fetched}{{command}} predict {root}/ {name} '{json.dumps(told)}'"
