"""Which variables of the environment the installed libraries read, by their sources.

Found are names that stand in the source as texts, also by way of a constant of the same file; a name that is put
together while the program runs is not.
"""

from __future__ import annotations

import ast
import sysconfig
import warnings
from collections.abc import Iterator
from pathlib import Path

PACKAGES = {
    "anyio", "audioread", "av", "certifi", "cffi", "click", "dateutil", "decorator", "fastapi", "filelock", "fsspec",
    "gradio", "gradio_client", "groovy", "h11", "hf_gradio", "hf_xet", "httpcore", "httpcore2", "httpx", "httpx2",
    "huggingface_hub", "idna", "jinja2", "joblib", "lazy_loader", "librosa", "llvmlite", "markdown_it", "matplotlib",
    "msgpack", "narwhals", "numba", "numpy", "opentelemetry", "orjson", "packaging", "pandas", "PIL", "platformdirs",
    "pooch", "prometheus_client", "pydantic", "pydantic_core", "pydub", "python_multipart", "pytz", "requests", "rich",
    "safehttpx",
    "safetensors", "scipy", "semantic_version", "shellingham", "sklearn", "soundfile", "soxr", "starlette",
    "threadpoolctl", "tomlkit", "tqdm", "truststore", "typer", "urllib3", "uvicorn", "yaml",
}  # fmt: skip
# What is not imported by a program that runs: tests, builds, command lines, templates, scripts for others.
ASIDE = {
    "test", "tests", "testing", "_testing", "conftest.py", "distutils", "f2py", "cuda", "cli", "templates", "wsgi.py",
    "_sandbox.py", "_mcp", "_print_versions.py", "verifier.py", "_vendor", "backends", "shell_completion.py",
    "contrib", "_completion_classes.py", "_completion_shared.py", "completion.py", "_webhooks_server.py", "clipboard",
    "ImageGrab.py", "_testutils.py", "numba_entry.py", "datasets", "workflow.py",
}  # fmt: skip
ENVIRONMENTS = ("environ", "env", "environment")
CALLS = {"getenv", "_readenv", "xdg_dir", "_xdg_dir_list"}


def read_by_libraries() -> dict[str, list[str]]:
    """Name of a variable → where it is read."""
    found: dict[str, list[str]] = {}
    root = Path(sysconfig.get_paths()["purelib"])
    for package in sorted(PACKAGES):
        place = root / package
        for file in sorted(place.rglob("*.py")) if place.is_dir() else [root / f"{package}.py"]:
            if file.exists() and ASIDE.isdisjoint(file.relative_to(root).parts):
                text = file.read_text(encoding="utf-8", errors="replace")
                if "environ" in text or "getenv" in text:
                    for name in names_in(text):
                        found.setdefault(name, []).append(str(file.relative_to(root)))
    return found


def names_in(source: str) -> set[str]:
    """The variables that this source reads."""
    with warnings.catch_warnings(action="ignore"):  # how others write their texts is their business
        tree = ast.parse(source)
    texts = {
        target.id: node.value.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    keys = (key for node in ast.walk(tree) for key in _keys(node))
    named = (key.value if isinstance(key, ast.Constant) else texts.get(getattr(key, "id", "")) for key in keys)
    return {name for name in named if isinstance(name, str)}


def _keys(node: ast.AST) -> Iterator[ast.expr]:
    """What is looked up in an environment here: environ[…], environ.get(…), … in environ, getenv(…)."""
    match node:
        case ast.Subscript(value=where, slice=key) if _is_environment(where):
            yield key
        case ast.Compare(left=key, ops=[ast.In() | ast.NotIn()], comparators=[where]) if _is_environment(where):
            yield key
        case ast.Call(func=ast.Attribute(attr="get" | "pop" | "setdefault", value=where), args=[key, *_]):
            if _is_environment(where):
                yield key
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[key, *_]) if name in CALLS:
            yield key


def _is_environment(node: ast.expr) -> bool:
    return ast.unparse(node).rpartition(".")[2] in ENVIRONMENTS
