"""Doors of Gradio that stay shut, each with a sentence for whoever knocks.

A file in a request may be an address: Gradio would fetch it, past the upload limit, from the network of the server. And
it may be a path that nobody uploaded: Gradio refuses it, but without a word. A parameter that is missing or unknown
would be a fault of the server (500) to it.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, NoReturn

from gradio import processing_utils
from gradio.exceptions import InvalidPathError

from pipeline.errors import AudioError, SettingsError

from .faults import for_programs

client_utils: Any = import_module("gradio_client.utils")

HOW = "Upload the file first (gradio_client: handle_file; HTTP: POST /gradio_api/upload) and give what that returns."


def shut() -> None:
    """For this process; again does no harm."""
    processing_utils.async_ssrf_protected_download = _no_download
    processing_utils.ssrf_protected_download = _no_download
    if processing_utils._check_allowed is not _check_allowed:
        globals()["_gradio_check"] = processing_utils._check_allowed
        processing_utils._check_allowed = _check_allowed
    if client_utils.construct_args is not _construct_args:
        globals()["_gradio_args"] = client_utils.construct_args
        client_utils.construct_args = _construct_args


def refused_path() -> AudioError:
    """What a request gets that names a file which was not uploaded here."""
    return AudioError("This file was not uploaded to this server, or has expired.", suggestion=HOW)


def _no_download(*_: object, **__: object) -> NoReturn:
    raise for_programs(AudioError("This server does not fetch files from the network.", suggestion=HOW))


def _check_allowed(path: Any, check_in_upload_folder: bool) -> None:
    try:
        globals()["_gradio_check"](path, check_in_upload_folder)
    except InvalidPathError as refusal:
        if not check_in_upload_folder:
            raise
        raise for_programs(refused_path()) from refusal


def _construct_args(*given: Any) -> Any:
    try:
        return globals()["_gradio_args"](*given)
    except (TypeError, ValueError) as fault:
        raise SettingsError(
            "A parameter is missing or unknown.",
            details=str(fault),
            suggestion="The endpoint `presets` lists all parameters; `file` is always needed.",
        ) from fault
