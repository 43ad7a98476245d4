"""Cached machine code, damaged in every way: what was stored comes back, or nothing; never another thing."""

from __future__ import annotations

import os
import pickle
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numba  # noqa: F401  (before runtime.numba_cache.files, which is made to be imported by it)
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime import baked
from runtime.numba_cache import faults
from runtime.numba_cache.files import DIGEST_BYTES, LayeredCacheFile, LayeredPath

from . import hostile
from .scale import fuzzed, tried

STORED = {f"key {k}": [k, bytes(range(256)) * (k + 1), {"name": "code"}] for k in range(3)}
OTHER = {f"key {k}": "code of another function" for k in range(3)}
executed: list[str] = []


class Bomb:
    """Its pickle says when it is loaded."""

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return executed.append, ("loaded",)


Damage = Callable[[bytes], bytes]
PAGE = 512  # what a disk loses at once
spot = st.floats(0, 1)


def _flipped(at: float, bit: int) -> Damage:
    return lambda content: _with(content, at, lambda byte: byte ^ 1 << bit)


def _with(content: bytes, at: float, change: Callable[[int], int]) -> bytes:
    if not content:
        return content
    found, k = bytearray(content), round(at * (len(content) - 1))
    found[k] = change(found[k])
    return bytes(found)


def _cut(at: float) -> Damage:
    return lambda content: content[: int(at * len(content))]


def _inserted(at: float, more: bytes) -> Damage:
    return lambda content: content[: int(at * len(content))] + more + content[int(at * len(content)) :]


def _zeroed(at: float) -> Damage:
    def damage(content: bytes) -> bytes:
        start = int(at * len(content)) // PAGE * PAGE
        return content[:start] + bytes(min(PAGE, len(content) - start)) + content[start + PAGE :]

    return damage


damages: st.SearchStrategy[Damage] = st.one_of(
    st.builds(_flipped, spot, st.integers(0, 7)), st.builds(_cut, spot), st.builds(_zeroed, spot),
    st.builds(_inserted, spot, st.binary(min_size=1, max_size=8)),
    st.binary(max_size=80).map(lambda garbage: lambda _: garbage),
    st.just(lambda content: content[:-DIGEST_BYTES]),  # a whole pickle, as numba itself would write it
    st.just(lambda _: pickle.dumps(Bomb())),
    st.just(lambda content: content[:-DIGEST_BYTES] + content[-DIGEST_BYTES:].lower().replace(b"sha", b"shb")),
    st.just(lambda content: content * 2),
)  # fmt: skip


def _exchanged(path: Path) -> None:
    """With a file of the same kind that is whole, but another's."""
    others = [other for other in path.parent.iterdir() if other.suffix == path.suffix and other != path]
    shutil.copyfile(sorted(others)[0], path)


def _fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path, 0o600)


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir(mode=0o700)


def _link(path: Path) -> None:
    moved = path.rename(path.with_suffix(".moved"))
    path.symlink_to(moved)


PLACES: list[Callable[[Path], object]] = [_exchanged, _fifo, _folder, _link, Path.unlink]


@pytest.fixture(scope="module", autouse=True)
def counted() -> Iterator[None]:
    before = faults._seen.copy()
    yield
    faults._seen.clear()
    faults._seen.update(before)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache with two functions in it, of the same source file and with the same keys."""
    folder = tmp_path_factory.mktemp("whole")
    for function, stored in (("function", STORED), ("other", OTHER)):
        files = _files(folder, function)
        for key, value in stored.items():
            files.save(key, value)
    return folder


def _files(folder: Path, function: str = "function") -> LayeredCacheFile:
    return LayeredCacheFile(LayeredPath(str(folder), None), function, "stamp")


def _looked_up(folder: Path) -> Any:
    """All that is found; each of it must be what was stored."""
    files = _files(folder)
    found = {key: files.load(key) for key in STORED}
    assert {key: value for key, value in found.items() if value is not None}.items() <= STORED.items()
    return found


def _mended(folder: Path) -> None:
    """As numba does: what was missed is compiled and stored again."""
    files = _files(folder)
    for key, value in STORED.items():
        if files.load(key) is None:
            files.save(key, value)
    assert {key: files.load(key) for key in STORED} == STORED
    assert not list(folder.glob("*.tmp.*"))


@fuzzed(200, 1_300)
@given(st.data(), damages)
def test_damaged_content(whole: Path, data: st.DataObject, damage: Damage) -> None:
    tried["cache files"] += 1
    folder = _copy(whole)
    path = data.draw(st.sampled_from(sorted(folder.glob("function*"))))
    before = path.read_bytes()
    path.write_bytes(damage(before))
    found = _looked_up(folder)
    assert not executed
    if damage(before) != before:
        assert None in found.values()
    _mended(folder)
    shutil.rmtree(folder)


@pytest.mark.parametrize("change", PLACES)
@pytest.mark.parametrize("suffix", ["nbi", "nbc"])
def test_another_thing_in_its_place(whole: Path, change: Callable[[Path], object], suffix: str) -> None:
    tried["cache files"] += 1
    folder = _copy(whole)
    change(sorted(folder.glob(f"function*.{suffix}"))[0])
    descriptors = len(list(Path("/dev/fd").iterdir()))
    for _ in range(3):
        assert None in _looked_up(folder).values()
    assert len(list(Path("/dev/fd").iterdir())) == descriptors
    if change is not _folder:  # which nobody but who put it there can take away
        _mended(folder)
    shutil.rmtree(folder)


@fuzzed(60, 300)
@given(
    st.one_of(
        hostile.texts.map(lambda text: text.encode(errors="surrogatepass")), st.binary(max_size=40),
        st.sampled_from([b"[" * 3_000, b'{"python":' * 3_000, b"null", b"9" * 5_000]),
    )
)  # fmt: skip
def test_manifests(tmp_path_factory: pytest.TempPathFactory, manifest: bytes) -> None:
    """A baked cache that does not say what it was made with is refused with a reason."""
    tried["cache files"] += 1
    folder = tmp_path_factory.getbasetemp() / "baked"
    folder.mkdir(mode=0o700, exist_ok=True)
    (folder / baked.MANIFEST).write_bytes(manifest)
    assert baked.refuse_baked(folder, {})


def _copy(whole: Path) -> Path:
    folder = whole.with_name("damaged")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(whole, folder, copy_function=shutil.copy2)
    return folder
