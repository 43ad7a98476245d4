"""Takes from an environment what the app never reads, for a small image; the list of it is here and nowhere else.

usage: python -m scripts.container.trim VENV       by any Python, with the standard library alone

Whole distributions go with what tells of them, so that whoever asks whether one is installed hears the truth. That
nothing in the list is missed is tried by tests/delivery/container (the app without it) and by features.py (the image).
"""

from __future__ import annotations

import filecmp
import os
import shutil
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from scripts.container import elf


class Part(NamedTuple):
    """patterns : of files and folders below site-packages; why : nobody reads them"""

    why: str
    patterns: tuple[str, ...]


DISTRIBUTIONS = {
    "scikit-learn": "librosa.decompose and librosa.segment import it, when they are asked for; we ask for neither",
    "narwhals": "only scikit-learn wants it",
    "hf-xet": "speeds up transfers that huggingface_hub makes; ours is one plain request (pipeline/neural/hub.py)",
    "contourpy": "Matplotlib imports it to draw contours; our pictures have none",
    "requests": "pooch imports it to fetch librosa's example recordings",
    "urllib3": "only requests wants it",
    "charset-normalizer": "only requests wants it",
}

PARTS = (
    Part("of fontTools, Matplotlib reads the list of glyphs; the rest is for PDF and PostScript",
         ("fontTools/[!_m]*/", "fontTools/misc/[!_lt]*")),
    Part("Gradio's page made by a server with Node.js, which we do not start",
         ("gradio/templates/node",)),
    Part("scripts of components that our page does not have: videos that are cut in the browser, plots",
         ("gradio/templates/frontend/static/ffmpeg", "gradio/templates/frontend/static/bokeh",
          "gradio/templates/frontend/assets/PlotlyPlot-*.js", "gradio/templates/frontend/assets/AltairPlot-*.js")),
    Part("recordings, videos and models of Gradio's own examples",
         ("gradio/media_assets",)),
    Part("AVIF pictures: without this, Pillow says that it cannot read them; covers are JPEG or PNG",
         ("PIL/_avif.*.so", "pillow.libs/libavif-*")),
    Part("letters and colour profiles in Pillow's pictures, with the libraries that nothing else of Pillow needs",
         ("PIL/_imagingft.*.so", "PIL/_imagingcms.*.so", "pillow.libs/libfreetype-*", "pillow.libs/libharfbuzz-*",
          "pillow.libs/libpng16-*", "pillow.libs/libbrotli*", "pillow.libs/liblcms2-*")),
    Part("parts of SciPy that no other part imports, nor do we: files of other programs, clusters, old names",
         ("scipy/io", "scipy/cluster", "scipy/odr", "scipy/datasets", "scipy/misc", "scipy/fftpack",
          "scipy/differentiate", "scipy/_lib/cobyqa", "scipy/_lib/pyprima")),
    Part("Matplotlib's examples, window systems and the fonts that PDF readers have",
         ("matplotlib/mpl-data/sample_data", "matplotlib/mpl-data/images", "matplotlib/mpl-data/fonts/afm",
          "matplotlib/mpl-data/fonts/pdfcorefonts", "matplotlib/backends/web_backend",
          "matplotlib/backends/qt_editor", "matplotlib/backends/backend_[!at]*", "matplotlib/backends/backend_tk*",
          "matplotlib/backends/_backend_[!a]*", "matplotlib/backends/_tkagg.*")),
    Part("what libraries have for others: languages to colour, graphics cards, axes in rows, a command line",
         ("pygments/lexers/[!_]*.py", "pygments/lexers/_*_builtins.py", "numba/cuda",
          "mpl_toolkits/axisartist", "mpl_toolkits/axes_grid1", "matplotlib/testing", "matplotlib/sphinxext",
          "huggingface_hub/cli")),
    Part("time zones: nothing of ours asks for one",
         ("pytz/zoneinfo", "tzdata/zoneinfo")),
    Part("compilers, editors and readers want these, programs do not",
         ("**/*.pyx", "**/*.pxd", "**/*.pxi", "**/*.h", "**/*.hpp", "**/*.c", "**/*.cpp", "**/*.a",
          "gradio/CHANGELOG.md", "numpy/**/*.pyi", "scipy/**/*.pyi", "av/**/*.pyi", "matplotlib/**/*.pyi",
          "gradio/**/*.pyi")),
    Part("the packages' own tests",
         ("**/tests/", "**/test/")),
)  # fmt: skip


def packages_of(venv: Path) -> Path:
    """Its site-packages."""
    return next(venv.glob("lib/python3*/site-packages"), venv / "Lib" / "site-packages")


def found(site: Path, pattern: str) -> Iterator[Path]:
    """What a pattern means there; folders only, where it ends with a slash."""
    for path in site.glob(pattern.rstrip("/")):
        if path.is_dir() or not pattern.endswith("/"):
            yield path


def files_of(site: Path, name: str) -> list[Path]:
    """The files of an installed distribution; none, where this system needs it not."""
    for distribution in metadata.distributions(name=name, path=[str(site)]):
        return [Path(os.path.normpath(str(file.locate()))) for file in distribution.files or ()]
    return []


def remove(site: Path) -> None:
    """Everything in the list."""
    for name in DISTRIBUTIONS:
        for path in files_of(site, name):
            path.unlink(missing_ok=True)
            with_empty_parents_removed(path.parent)
    for part in PARTS:
        for pattern in part.patterns:
            for path in list(found(site, pattern)):
                if path.is_dir():
                    shutil.rmtree(path)
                else:
                    path.unlink(missing_ok=True)


def with_empty_parents_removed(folder: Path) -> None:
    """A folder that holds nothing but byte code goes, and so do those above it."""
    while folder.is_dir() and not any(path.name != "__pycache__" for path in folder.iterdir()):
        shutil.rmtree(folder)
        folder = folder.parent


def compact(site: Path) -> None:
    """Libraries without what is never loaded of them."""
    for path in site.rglob("*.so*"):
        if path.is_file() and not path.is_symlink():
            old = path.read_bytes()
            if (new := elf.compacted(old)) != old:
                path.write_bytes(new)


def join_twins(site: Path) -> None:
    """Libraries that several wheels bring, the same to the last byte, lie on the disk once."""
    first: dict[str, Path] = {}
    for path in sorted(site.glob("*.libs/*.so*")):
        twin = first.setdefault(path.name, path)
        if twin != path and filecmp.cmp(twin, path, shallow=False):
            path.unlink()
            path.hardlink_to(twin)


def megabytes(folder: Path) -> float:
    """Of all files in it, as they lie on the disk."""
    return sum({info.st_ino: info.st_blocks for info in map(Path.lstat, folder.rglob("*"))}.values()) / 2048


def main() -> None:
    """Trim, and say by how much."""
    site = packages_of(Path(sys.argv[1]))
    if not site.is_dir():
        raise SystemExit(f"{site} is not there")
    before = megabytes(site)
    remove(site)
    removed = megabytes(site)
    compact(site)
    join_twins(site)
    print(f"packages: {before:.0f} MB, {removed:.0f} without what nobody reads, {megabytes(site):.0f} in the end")


if __name__ == "__main__":
    main()
