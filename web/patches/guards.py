"""Guards inside Gradio: what a request names, files and parameters, is judged by us first, and refused in words.

A file in a request may be an address: Gradio would fetch it, past the upload limit, from the network of the server. And
it may be a path that nobody uploaded: Gradio refuses it, but without a word. A parameter that is missing or unknown
would be a fault of the server (500) to it; one that is missing at the end of a list is the default.

Gradio judges a path after it has followed it, so that `/proc/self/fd/9` is a visitor's upload to it when the server has
that one open. `_check_allowed` therefore asks `Site.may_open` first, which judges the name as given. Files are handed
out by our own route (`service.http.downloads`).

Values that do not fit the page's components are a fault of the request, not of the server.
"""

from __future__ import annotations

import logging
import traceback
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

from gradio import Blocks, processing_utils, utils
from gradio.exceptions import Error, InvalidPathError

from pipeline.errors import AudioError, SettingsError
from service.site import Site
from service.storage import HOW_TO_UPLOAD, refused_path
from web.api_faults import for_programs

log = logging.getLogger(__name__)

client_utils: Any = import_module("gradio_client.utils")

# What is replaced, as it was: the guards pass on to it.
_check_allowed_by_gradio = processing_utils._check_allowed
_is_static_file_of_gradio = utils.is_static_file
_validate_inputs_by_gradio = Blocks.validate_inputs
_process_api_of_gradio = Blocks.process_api
_construct_args_of_gradio = client_utils.construct_args

_sites: list[Site] = []  # of this process: one, but in tests


def install(site: Site) -> None:
    """For this process, which serves the files of `site` from now on; again does no harm."""
    _sites.append(site)
    replaced: list[tuple[Any, str, Any]] = [
        (processing_utils, "async_ssrf_protected_download", _no_download),
        (processing_utils, "ssrf_protected_download", _no_download),
        (processing_utils, "_check_allowed", _check_allowed),
        (utils, "is_static_file", _is_static_file),
        (Blocks, "validate_inputs", _validate_inputs),
        (Blocks, "process_api", _process_api),
        (client_utils, "construct_args", _construct_args),
    ]
    for owner, name, ours in replaced:
        setattr(owner, name, ours)


def _no_download(*_: object, **__: object) -> NoReturn:
    raise for_programs(AudioError("This server does not fetch files from the network.", suggestion=HOW_TO_UPLOAD))


def _check_allowed(path: Any, check_in_upload_folder: bool) -> None:
    if check_in_upload_folder and not any(site.may_open(path) for site in _sites):
        raise for_programs(refused_path())
    try:
        _check_allowed_by_gradio(path, check_in_upload_folder)
    except InvalidPathError as refusal:
        if not check_in_upload_folder:
            raise
        raise for_programs(refused_path()) from refusal


def _is_static_file(path: Any) -> bool:
    """Asked before `_check_allowed`, and it looks at the disk, where some names cannot even be looked for."""
    try:
        return bool(_is_static_file_of_gradio(path))
    except (OSError, ValueError):
        return False


def _validate_inputs(blocks: Blocks, function: Any, inputs: list[Any]) -> None:
    """What a program leaves out at the end of `{"data": [...]}` is null, the default, as in a call by name."""
    if function.api_visibility == "public":
        inputs.extend([None] * (len(function.inputs) - len(inputs)))
    _validate_inputs_by_gradio(blocks, function, inputs)


async def _process_api(blocks: Blocks, *given: Any, **more: Any) -> Any:
    try:
        return await _process_api_of_gradio(blocks, *given, **more)
    except Error as fault:
        fault.print_exception = False
        raise
    except Exception as fault:  # in Gradio's own code: our functions raise none
        where = traceback.extract_tb(fault.__traceback__)[-1]
        log.warning("A call failed: %s in %s, line %s", type(fault).__name__, Path(where.filename).name, where.lineno)
        raise for_programs(SettingsError("A value does not fit what it is for.")) from fault


def _construct_args(*given: Any) -> Any:
    try:
        return _construct_args_of_gradio(*given)
    except (TypeError, ValueError) as fault:
        raise SettingsError(
            "A parameter is missing or unknown.",
            details=str(fault),
            suggestion="The endpoint `presets` lists all parameters; `file` is always needed.",
        ) from fault
