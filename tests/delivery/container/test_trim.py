"""What the image leaves out, nobody misses: the app is tried without what scripts/container/trim.py lists."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest
from packaging.requirements import Requirement

from pipeline.files.formats import OUTPUT_NAMES
from scripts.container import trim
from tests.delivery.files import ROOT
from tests.pipeline.files.media import write_av, write_wav

INSTALLED = Path(sysconfig.get_path("purelib"))
NOT_SHIPPED = ("playwright", "mypy", "mypyc", "ruff", "hypothesis", "cryptography", "pip")  # large, and not the app's

USE = """
import sys

import runtime_setup
runtime_setup.own_process()

import importlib, pkgutil
import pipeline, runtime, service, web
for package in (pipeline, runtime, service, web):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)

import app
app.build()

# What is imported when it is first asked for, by us and by them.
import librosa, matplotlib, scipy.signal
import huggingface_hub
for name in ("get_session", "hf_hub_url", "is_offline_mode", "try_to_load_from_cache"):
    getattr(huggingface_hub, name)
huggingface_hub.get_session()
librosa.filters.mel(sr=16_000, n_fft=512), librosa.power_to_db, librosa.display.TimeFormatter

from pipeline.cli.main import main
from service.media.picture import warm_up_drawing
warm_up_drawing()
files = sys.argv[2:]
assert main(["--analyze", *files]) == 0
for n, kind in enumerate(sys.argv[1].split()):
    file = files[n % len(files)]
    assert main([file, "-o", f"{file}.clean.{kind}", "--preset", "podcast"]) == 0, (file, kind)

print(librosa.__file__, *sorted(name for name in sys.modules if "." not in name))
"""


@pytest.fixture(scope="module")
def trimmed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The Python of an environment with the same packages, trimmed. Its files are links to those of this one."""
    venv = tmp_path_factory.mktemp("trimmed") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", "--symlinks", venv], check=True)
    site = trim.packages_of(venv)
    shutil.rmtree(site)
    shutil.copytree(
        INSTALLED, site, copy_function=link, ignore=lambda at, _: NOT_SHIPPED if Path(at) == INSTALLED else ()
    )  # fmt: skip
    trim.remove(site)
    yield venv / "bin" / "python"
    shutil.rmtree(venv)


def link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copy2(source, target)


def test_the_app_does_all_it_can_without_what_is_trimmed(trimmed: Path, tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(0, 0.05, (1, 24_000)).astype(np.float32)
    recordings = [
        write_wav(tmp_path / "talk.wav", x), write_av(tmp_path / "film.mp4", x, 48_000, "aac", picture=True),
    ]  # fmt: skip
    environment = os.environ | {
        "NUMBA_DISABLE_JIT": "1"
    }  # its compiler is tried in the image; to compile takes a minute
    done = subprocess.run(
        [trimmed, "-c", USE, " ".join(OUTPUT_NAMES), *recordings],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    librosa, *imported = done.stdout.splitlines()[-1].split()
    assert Path(librosa).is_relative_to(trimmed.parents[1])  # the packages tried are the trimmed ones
    assert not {"sklearn", "narwhals", "hf_xet", "contourpy", "requests", "urllib3"} & set(imported)


def test_what_is_gone_is_not_said_to_be_there(trimmed: Path) -> None:
    left = {d.name.lower() for d in metadata.distributions(path=[str(trim.packages_of(trimmed.parents[1]))])}
    assert "librosa" in left
    assert not left & set(trim.DISTRIBUTIONS)


@pytest.mark.parametrize("extra", ["requirements-dask.lock", "requirements-mcp.lock"])
def test_extras_can_be_installed_in_the_image(extra: str) -> None:
    """pip takes nothing that its file does not name with a hash, and the files leave out what the app has anyway."""
    pinned = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / extra).read_text(encoding="utf-8"), re.MULTILINE))
    assert pinned
    for name in pinned & {normal(d.name) for d in metadata.distributions()}:
        wanted = (Requirement(line) for line in metadata.requires(name) or ())
        needed = {normal(one.name) for one in wanted if one.marker is None or one.marker.evaluate({"extra": ""})}
        assert not (needed - pinned) & set(trim.DISTRIBUTIONS), name


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("name", sorted(trim.DISTRIBUTIONS))
def test_no_distribution_stands_in_the_list_in_vain(name: str) -> None:
    assert sum(path.exists() for path in trim.files_of(INSTALLED, name)) > 5


@pytest.mark.parametrize("pattern", [pattern for part in trim.PARTS for pattern in part.patterns])
def test_no_pattern_stands_in_the_list_in_vain(pattern: str) -> None:
    """It would be there for a version that we no longer have, and the part may now have another name."""
    assert any(True for _ in trim.found(INSTALLED, pattern))


def test_everything_has_its_reason() -> None:
    assert all(len(why) > 20 for why in (*trim.DISTRIBUTIONS.values(), *(part.why for part in trim.PARTS)))


def test_only_what_is_listed_goes(tmp_path: Path) -> None:
    site = tmp_path / "lib" / "python3.12" / "site-packages"
    kept = ["ours/io.py", "ours/contests/a.py", "ours/header.hh", "pygments/lexers/__init__.py", "PIL/_imaging.so"]
    gone = [
        "ours/tests/a.py",
        "ours/deep/tests/data/b.bin",
        "ours/x.pyx",
        "pygments/lexers/php.py",
        "PIL/_avif.abi3.so",
    ]
    for name in kept + gone:
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text("x", encoding="utf-8")
    trim.remove(trim.packages_of(tmp_path))
    assert sorted(str(path.relative_to(site)) for path in site.rglob("*") if path.is_file()) == sorted(kept)


def test_twins_are_joined_and_others_are_not(tmp_path: Path) -> None:
    files = {"a.libs/same.so.1": b"1", "b.libs/same.so.1": b"1", "a.libs/other.so": b"2", "b.libs/other.so": b"3"}
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    trim.join_twins(tmp_path)
    assert {name: (tmp_path / name).read_bytes() for name in files} == files
    assert {name: (tmp_path / name).stat().st_nlink for name in files} == {
        "a.libs/same.so.1": 2, "b.libs/same.so.1": 2, "a.libs/other.so": 1, "b.libs/other.so": 1,
    }  # fmt: skip
