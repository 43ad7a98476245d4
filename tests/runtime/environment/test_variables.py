"""What the installed libraries read of the environment: known to the table, or known to do no harm."""

from __future__ import annotations

import re

from runtime.environment.table import row_of
from tests.runtime.environment import readers

# Why whatever stands there cannot keep the app from starting.
HARMLESS = {
    "read as true or false: every other word is false": (
        r"HF_(HUB_)?(DISABLE|ENABLE)_.*|HF_DEBUG|HF_HUB_OFFLINE|TRANSFORMERS_OFFLINE|DISABLE_TELEMETRY|DO_NOT_TRACK|"
        r"HUGGINGFACE_CO_STAGING|HF_XET_HIGH_PERFORMANCE|GITHUB_ACTIONS|PYTORCH_ENABLE_MPS_FALLBACK|PRIMA_DEBUGGING|"
        r"PYDANTIC_.*|MSGPACK_PUREPYTHON|SPACES_ZERO_GPU"
    ),
    "only looked at whether it is set": (
        r"FORCE_COLOR|NO_COLOR|PY_COLORS|TTY_COMPATIBLE|ANDROID_(DATA|ROOT)|PREFIX|SHELL|VS_PROFILER|KAGGLE_.*|"
        r"DATABRICKS_.*|PYTHONFAULTHANDLER|_MPLHIDEEXECUTABLES|COVERAGE_PROCESS_START|KMP_.*|_TYPER_.*|DISPLAY"
    ),
    "a name or a token, passed on to a host that is asked only where DENOISER_REPO is set": (
        r"HF_TOKEN(_PATH)?|HUGGING_FACE_HUB_TOKEN|HF_HUB_USER_AGENT_ORIGIN|HF_OIDC_.*|HF_DEVICE_CODE_.*|ACTIONS_ID_.*|"
        r"CLAUDE_CONFIG_DIR|VERTEX_PRODUCT|NETRC"
    ),
    "Gradio's login, which the page does not have": r"OAUTH_.*|OPENID_PROVIDER_URL|SPACE_HOST",
    "a name that is compared": r"SPACE_ID|LIBROSA_CACHE_MMAP|SCIPY_DEVICE|TERM|PROCESSOR_.*|python_full_version",
    "lists of directories that are looked through, there or not": r"PATH|PYTHONPATH|XDG_(CONFIG|DATA)_DIRS",
    "Windows' own": r"ALLUSERSPROFILE|LOCALAPPDATA|PROGRAMDATA|PUBLIC|WINDIR",
    "read by programs of a terminal, by tests, or where there are graphics cards": (
        r"LESS|PAGER|PYAV_TESTDATA_DIR|SCIPY_XSLOW|SKLEARN_S.*|CUDA_PATH"
    ),
    "read by uvicorn's handling of proxies, which is off": r"FORWARDED_ALLOW_IPS",
    "of a WSGI request, not of the process": r"HTTP_ACCEPT(_ENCODING)?|QUERY_STRING|PATH_INFO|REQUEST_METHOD",
    "a zone's name; an unknown one is UTC": r"TZ",
    "mended where it is missing or relative, see mending": r"HOME",
}


def test_every_variable_that_a_library_reads_is_known() -> None:
    """If this fails, a library reads something new: what happens where it holds nonsense? Then a row in the table, or
    a reason here."""
    read = readers.read_by_libraries()
    assert len(read) > 200, "the search is broken"
    harmless = re.compile("|".join(HARMLESS.values()))
    unknown = {name: where for name, where in read.items() if row_of(name) is None and not harmless.fullmatch(name)}
    assert not unknown


def test_the_search_sees_all_ways_to_read() -> None:
    source = """
import os
from os import environ, getenv
KEY = "BY_A_CONSTANT"
a = os.environ["BY_INDEX"], os.environ.get("BY_GET", 1), os.getenv("BY_GETENV"), getenv(KEY), "BY_IN" in environ
b = {}.get("NOT_AN_ENVIRONMENT"), environ.setdefault("BY_SETDEFAULT", "x"), _readenv("BY_NUMBA", int, 0)
"""
    assert readers.names_in(source) == {
        *("BY_A_CONSTANT", "BY_INDEX", "BY_GET", "BY_GETENV", "BY_IN", "BY_SETDEFAULT", "BY_NUMBA")
    }
