"""A cache that was made elsewhere, or with other software, is refused with the difference named: it would only miss."""

from __future__ import annotations

import json
import platform
from pathlib import Path

import pytest

from runtime import baked


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    path = tmp_path / "baked"
    path.mkdir(mode=0o700)
    baked.write_manifest(path)
    assert baked.refuse_baked(path, {}) is None
    return path


@pytest.mark.parametrize("library", ["numba", "llvmlite", "numpy", "librosa"])
def test_another_version_of_what_is_compiled_or_compiles(
    cache: Path, monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    here = baked.version_of(library)
    monkeypatch.setattr(baked, "version_of", lambda one: "0.0" if one == library else baked.metadata.version(one))
    assert baked.refuse_baked(cache, {}) == f"it was made with {library} {here!r}, here it is '0.0'"


@pytest.mark.parametrize(
    ("what", "asked", "answer"),
    [("system", "system", "BeOS"), ("machine", "machine", "vax"), ("python", "python_implementation", "PyPy")],
)
def test_another_machine(cache: Path, monkeypatch: pytest.MonkeyPatch, what: str, asked: str, answer: str) -> None:
    monkeypatch.setattr(platform, asked, lambda: answer)
    assert f"it was made with {what} " in str(baked.refuse_baked(cache, {}))


def test_another_place_of_the_sources(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baked, "project_root", lambda: Path("/elsewhere"))
    assert "it was made with project_at" in str(baked.refuse_baked(cache, {}))
    monkeypatch.undo()
    monkeypatch.setattr(baked, "_home_of", lambda _: "/elsewhere/librosa")
    assert "it was made with librosa_at" in str(baked.refuse_baked(cache, {}))


@pytest.mark.parametrize(("cpu", "is_taken"), [("", True), ("generic", True), ("haswell", False)])
def test_it_is_for_any_processor_and_not_for_one_that_somebody_asks_for(cache: Path, cpu: str, is_taken: bool) -> None:
    assert (baked.refuse_baked(cache, {"NUMBA_CPU_NAME": cpu}) is None) is is_taken


@pytest.mark.parametrize("what", baked.fingerprint())
def test_every_line_of_the_manifest_counts(cache: Path, what: str) -> None:
    manifest = json.loads((cache / baked.MANIFEST).read_text())
    for entry in ("another", None, 7):
        (cache / baked.MANIFEST).write_text(json.dumps(manifest | {what: entry}))
        assert f"it was made with {what} " in str(baked.refuse_baked(cache, {}))
    del manifest[what]
    (cache / baked.MANIFEST).write_text(json.dumps(manifest))
    assert f"it was made with {what} None" in str(baked.refuse_baked(cache, {}))
