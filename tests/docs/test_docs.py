"""The pages that people read: no dead link, no path that does not exist, and a README that stays short."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.delivery.files import ROOT, text_files

PAGES = [path for path in text_files() if path.suffix == ".md"]
MADE_THERE = {"pipeline/stages/dc.py", "tests/pipeline/stages/test_dc.py"}  # by docs/adding-a-stage.md, in a copy
NOT_OURS = {"tests/jfk.flac"}  # of the repository that the credits name

FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
PATH = re.compile(r"\.?[\w-]+(/[\w.*-]+)+/?")
HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)
FOLDERS = {path.name for path in ROOT.iterdir() if path.is_dir()} | {"examples"}


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def prose(page: Path) -> str:
    """The page without its blocks of code."""
    return FENCE.sub("", page.read_text(encoding="utf-8"))


def anchors(page: Path) -> set[str]:
    """What may follow # in a link to the page, as code hosts make it of headings."""
    headings = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in HEADING.findall(prose(page)))
    return {heading.strip().replace(" ", "-") for heading in headings}


def links(page: Path) -> Iterator[tuple[str, str]]:
    """(path, anchor) of every link inside the repository."""
    for target in LINK.findall(CODE.sub("", prose(page))):
        if not re.match(r"[a-z]+:", target):
            path, _, anchor = target.partition("#")
            yield path, anchor


def paths(page: Path) -> Iterator[str]:
    """What stands in backticks and begins with one of our folders."""
    for text in CODE.findall(prose(page)):
        if PATH.fullmatch(text) and text.split("/")[0] in FOLDERS:
            yield text


def exists(path: str) -> bool:
    return any(ROOT.glob(path)) if "*" in path else (ROOT / path).exists()


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    for path, anchor in links(page):
        target = (page.parent / path).resolve() if path else page
        assert target.is_relative_to(ROOT), path
        assert target.exists(), path
        assert not anchor or anchor in anchors(target), f"{path}#{anchor}"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_paths_exist(page: Path) -> None:
    missing = [path for path in paths(page) if not exists(path)]
    assert set(missing) <= NOT_OURS | MADE_THERE


def test_the_checks_would_notice(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A `b`, c: d\n`pipeline/nothing.py` [x](no.md#y) `[n](o)` [w](https://a.b/c)\n```\n[f](o)\n```\n")
    assert list(paths(page)) == ["pipeline/nothing.py"]
    assert not exists("pipeline/nothing.py")
    assert list(links(page)) == [("no.md", "y")]
    assert anchors(page) == {"a-b-c-d"}


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 130


def test_the_readme_leads_to_every_page() -> None:
    led = {path for path, _ in links(ROOT / "README.md")}
    assert {name(page) for page in PAGES if name(page).startswith("docs/")} <= led


def test_the_changelog_tells_of_this_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    released = re.findall(r"^## \[([^\]]+)\](?: - \d{4}-\d\d-\d\d)?$", changelog, re.MULTILINE)
    assert released[:2] == ["Unreleased", version]
