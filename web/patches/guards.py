"""Doors of Gradio that stay shut, each with a sentence for whoever knocks.

A file in a request may be an address: Gradio would fetch it, past the upload limit, from the network of the server. And
it may be a path that nobody uploaded: Gradio refuses it, but without a word. A parameter that is missing or unknown
would be a fault of the server (500) to it; one that is missing at the end of a list is the default.

Gradio judges a path after it has followed it, so that `/proc/self/fd/9` is a visitor's upload to it when the server has
that one open. `FileGuard` and `_check_allowed` therefore ask `Site.may_open` first, which judges the name as given.
"""

from __future__ import annotations

import re
from importlib import import_module
from typing import Any, NoReturn

from gradio import Blocks, processing_utils, utils
from gradio.exceptions import InvalidPathError
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from pipeline.errors import AudioError, SettingsError
from service.faults import as_answer
from service.site import Site
from service.storage import HOW_TO_UPLOAD, refused_path
from web.api_faults import for_programs

client_utils: Any = import_module("gradio_client.utils")

FILE = re.compile(r"/gradio_api/file[=/](.*)", re.DOTALL)


class FileGuard:
    """In front of the whole app: a request for a file gets what `site.may_open` allows, else 404 in one line."""

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self._app, self._site = app, site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on."""
        wanted = FILE.search(scope["path"]) if scope["type"] == "http" else None
        if wanted is None or self._site.may_open(wanted[1]):
            await self._app(scope, receive, send)
        else:
            await JSONResponse(as_answer(refused_path()) | {"status": 404}, 404)(scope, receive, send)


def install(site: Site) -> None:
    """For this process, whose files are those of `site`; again does no harm."""
    globals()["_site"] = site
    processing_utils.async_ssrf_protected_download = _no_download
    processing_utils.ssrf_protected_download = _no_download
    if processing_utils._check_allowed is not _check_allowed:
        globals()["_gradio_check"] = processing_utils._check_allowed
        processing_utils._check_allowed = _check_allowed
    if utils.is_static_file is not _is_static_file:
        globals()["_gradio_static"] = utils.is_static_file
        vars(utils)["is_static_file"] = _is_static_file
    if Blocks.validate_inputs is not _validate_inputs:
        globals()["_gradio_inputs"] = Blocks.validate_inputs
        vars_of_blocks: Any = Blocks
        vars_of_blocks.validate_inputs = _validate_inputs
    if client_utils.construct_args is not _construct_args:
        globals()["_gradio_args"] = client_utils.construct_args
        client_utils.construct_args = _construct_args


def _no_download(*_: object, **__: object) -> NoReturn:
    raise for_programs(AudioError("This server does not fetch files from the network.", suggestion=HOW_TO_UPLOAD))


def _check_allowed(path: Any, check_in_upload_folder: bool) -> None:
    if check_in_upload_folder and not globals()["_site"].may_open(path):
        raise for_programs(refused_path())
    try:
        globals()["_gradio_check"](path, check_in_upload_folder)
    except InvalidPathError as refusal:
        if not check_in_upload_folder:
            raise
        raise for_programs(refused_path()) from refusal


def _is_static_file(path: Any) -> bool:
    """Asked before `_check_allowed`, and it looks at the disk, where some names cannot even be looked for."""
    try:
        return bool(globals()["_gradio_static"](path))
    except (OSError, ValueError):
        return False


def _validate_inputs(blocks: Blocks, function: Any, inputs: list[Any]) -> None:
    """What a program leaves out at the end of `{"data": [...]}` is null, the default, as in a call by name."""
    if function.api_visibility == "public":
        inputs.extend([None] * (len(function.inputs) - len(inputs)))
    globals()["_gradio_inputs"](blocks, function, inputs)


def _construct_args(*given: Any) -> Any:
    try:
        return globals()["_gradio_args"](*given)
    except (TypeError, ValueError) as fault:
        raise SettingsError(
            "A parameter is missing or unknown.",
            details=str(fault),
            suggestion="The endpoint `presets` lists all parameters; `file` is always needed.",
        ) from fault
