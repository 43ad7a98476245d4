"""What is shortened is still loaded, and is the same once it is."""

from __future__ import annotations

import struct
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.container import elf
from tests.delivery.container.test_trim import INSTALLED

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems have other libraries")


def library(pattern: str) -> Path:
    return next(INSTALLED.glob(pattern))


# One that binutils' strip damages, one of C++, one of Rust, one that is not moved by anybody.
MANY = [
    "numpy.libs/libscipy_openblas64_*",
    "kiwisolver/_cext*.so",
    "safetensors/_safetensors_rust*.so",
    "av/packet*.so",
]


@pytest.mark.parametrize("pattern", MANY)
def test_shorter_and_the_same_in_memory(pattern: str) -> None:
    old = library(pattern).read_bytes()
    new = elf.compacted(old)
    assert len(new) < len(old)
    assert elf.loaded(new) == elf.loaded(old)
    assert all(mappable for _, mappable, _ in elf.loaded(new))


def test_a_shortened_library_works(tmp_path: Path) -> None:
    """In a process of its own: this one has it already."""
    place = tmp_path / library("kiwisolver/_cext*.so").name
    place.write_bytes(elf.compacted(library("kiwisolver/_cext*.so").read_bytes()))
    lines = f"""
        import importlib.util, sys
        spec = importlib.util.spec_from_file_location("kiwisolver._cext", {str(place)!r})
        found = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(found)
        x, solver = found.Variable("x"), found.Solver()
        solver.addConstraint(2 * x + 1 == 7)
        solver.updateVariables()
        print(x.value())
    """
    program = "import kiwisolver.exceptions, sys; del sys.modules['kiwisolver._cext']\n" + "\n".join(
        line.strip() for line in lines.splitlines()
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.returncode) == ("3.0", 0), done.stderr


def test_a_shortened_openblas_multiplies(tmp_path: Path) -> None:
    """What binutils' strip makes of it cannot be loaded."""
    path = library("scipy.libs/libscipy_openblas-*.so")
    for needed in path.parent.iterdir():
        (tmp_path / needed.name).write_bytes(elf.compacted(needed.read_bytes()))
    program = f"import ctypes; print(ctypes.CDLL({str(tmp_path / path.name)!r}).scipy_openblas_get_num_procs() > 0)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "True", done.stderr


def test_a_difference_is_seen() -> None:
    """A byte of a segment, a segment that can no longer be mapped from where it lies."""
    old = library("kiwisolver/_cext*.so").read_bytes()
    table, found = elf.segments(old)
    n, last = max(enumerate(found), key=lambda pair: pair[1].offset if pair[1].kind == elf.LOAD else -1)
    changed = bytearray(old)
    changed[last.offset + last.in_file // 2] ^= 1
    shifted = bytearray(old)
    elf.SEGMENT.pack_into(shifted, table + elf.SEGMENT.size * n, *last.moved(last.offset - 1))
    assert elf.loaded(bytes(changed)) != elf.loaded(old)
    assert elf.loaded(bytes(shifted)) != elf.loaded(old)


def test_what_is_not_understood_stays_as_it_is() -> None:
    old = library("kiwisolver/_cext*.so").read_bytes()
    big_endian = old[:5] + b"\x02" + old[6:]
    overlapping = bytearray(old)
    table, found = elf.segments(old)
    loads = [n for n, segment in enumerate(found) if segment.kind == elf.LOAD]
    twin = found[loads[1]].moved(found[loads[0]].offset + 64)
    elf.SEGMENT.pack_into(overlapping, table + elf.SEGMENT.size * loads[1], *twin)
    for content in (b"", b"GROUP ( libc.so.6 )", big_endian, bytes(overlapping)):
        assert elf.compacted(content) == content


def test_twice_changes_nothing_more() -> None:
    once = elf.compacted(library("kiwisolver/_cext*.so").read_bytes())
    assert elf.compacted(once) == once
    assert struct.unpack_from("<Q", once, elf.SECTIONS_AT) == (0,)
