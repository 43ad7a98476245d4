"""The page's buttons without a browser: components are stood in for by their names."""

from __future__ import annotations

import html
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import pipeline
from pipeline.errors import AudioError, LimitError, SettingsError
from pipeline.measures.analysis import Analysis
from pipeline.measures.report import Report
from pipeline.neural import chosen
from pipeline.presets import NAMED_PRESETS, PRESETS
from pipeline.settings import Settings
from service.ledger import RoomError
from service.line.admission import BusyError
from service.site import EXAMPLES, Site, examples
from service.storage import Storage
from web import handlers
from web.front.listeners import Listeners
from web.handlers import Controls, Handlers, Results

NAMES: Any = Results._fields
CONTROLS: Any = Controls._fields
VALUES = ("PCM_24", 192.0, *Settings().flat().values())


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("GRADIO_TEMP_DIR", "restored afterwards")
    storage = Storage.choose({"GRADIO_TEMP_DIR": str(tmp_path)})
    storage.open(3600)
    yield Site(storage=storage)
    storage.close()


@pytest.fixture
def page(site: Site) -> Handlers:
    return Handlers(site, Listeners(), Controls(*CONTROLS), Results(*NAMES))


@pytest.fixture
def uploaded(site: Site, talk: Path) -> str:
    path = Path(shutil.copy(talk, site.storage.new_folder("in")))
    site.storage.give(path)
    return str(path)


def together(updates: Any) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for update in updates:
        merged.update(update)
    return merged


def test_a_result_fills_the_page(page: Handlers, uploaded: str) -> None:
    shown = together(page.run(uploaded, "default", "flac", [390, True], *VALUES))
    assert Path(shown["after"]).name == "talk.clean.flac"
    assert shown["before"] == uploaded
    assert shown["download"]["value"] == shown["after"]
    assert all(Path(picture).is_file() for picture in shown["picture"]["value"])
    assert "LUFS" in shown["report"]
    assert "Denoiser: neural." in shown["report"]
    assert shown["panel"]["visible"]
    assert shown["enhance"]["interactive"]


def test_the_page_says_which_denoiser_worked_and_why(
    page: Handlers, uploaded: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chosen, "chosen", lambda: chosen.Chosen(None, ("No weights <here>.",)))
    shown = together(page.run(uploaded, "default", "wav", None, *VALUES))
    assert "Denoiser: spectral." in shown["report"]
    assert "No weights &lt;here&gt;." in shown["report"]


def test_a_method_that_does_not_exist_is_words_on_the_page(page: Handlers, uploaded: str) -> None:
    values = Settings().flat() | {"denoise_method": "magic"}
    shown = together(page.run(uploaded, "default", "wav", None, *VALUES[:2], *values.values()))
    assert "must be neural or spectral" in shown["status"]
    assert "after" not in shown


@pytest.mark.parametrize("screen", [None, [], ["x", None], [1280], "wide"])
def test_a_strange_screen_is_a_desktop(page: Handlers, uploaded: str, screen: Any) -> None:
    assert together(page.run(uploaded, "default", "wav", screen, *VALUES))["picture"]["visible"]


@pytest.mark.parametrize(
    ("path", "output_format", "words"),
    [
        (None, "wav", "no recording yet"),
        ("/etc/passwd", "wav", "not uploaded"),
        ("given", "exe", "not known"),
    ],
)
def test_faults_are_shown_and_the_button_comes_back(
    page: Handlers, uploaded: str, path: str | None, output_format: str, words: str
) -> None:
    shown = together(page.run(uploaded if path == "given" else path, "default", output_format, None, *VALUES))
    assert words in shown["status"]
    assert shown["enhance"]["interactive"]
    assert "after" not in shown


def test_a_file_that_is_no_recording_is_taken_off_the_page_and_the_disk(
    page: Handlers, site: Site, uploaded: str
) -> None:
    Path(uploaded).write_text("Dear diary")
    shown = together(page.run(uploaded, "default", "wav", None, *VALUES))
    assert shown["recording"] is None
    assert [path.name for path in site.storage.root.rglob("*")] == [".lock"]


def test_a_result_without_its_picture_is_a_result(
    page: Handlers, uploaded: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.spectrograms.draw", lambda *_: 1 / 0)
    shown = together(page.run(uploaded, "default", "wav", None, *VALUES))
    assert Path(shown["after"]).is_file()
    assert not shown["picture"]["visible"]


def test_leaving_keeps_nothing(page: Handlers, site: Site, uploaded: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    from pipeline.errors import Cancelled

    stopped = threading.Event()

    def slow(*_: Any, cancelled: Any, **__: Any) -> None:
        while not cancelled():
            pass
        stopped.set()
        raise Cancelled("Cancelled.")

    monkeypatch.setattr("pipeline.enhance_file", slow)
    running = page.run(uploaded, "default", "wav", None, *VALUES)
    next(running)
    running.close()
    assert stopped.wait(20)
    for thread in threading.enumerate():
        if thread.name == "work":
            thread.join(20)
    assert not list(site.storage.root.glob("out-*"))
    assert len(site.queue) == 0


def test_a_preset_moves_the_sliders() -> None:
    table = json.loads(handlers.CHOOSE_PRESET_JS.removeprefix("(preset) => (").removesuffix(")[preset]"))
    assert list(table) == list(PRESETS)
    for name, (why, *values) in table.items():
        assert html.escape(NAMED_PRESETS[name].why) in why
        assert values == list(PRESETS[name].flat().values())


def test_examples_may_be_opened_and_nothing_beside_them(site: Site) -> None:
    assert all(site.may_open(str(clip)) for clip in examples())
    assert not site.may_open(EXAMPLES / "CREDITS.md")
    assert not site.may_open(__file__)


def test_diagnose(site: Site) -> None:
    page, code = handlers.diagnose(site)
    assert "File storage" in page
    assert str(site.storage.root.parent) in code
    assert site.storage.root.name not in page + code  # it is nobody's business


def test_the_upload_stays_while_the_page_waits_for_it(
    page: Handlers, site: Site, uploaded: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long the line and the work: the sweeper comes every minute."""
    real = pipeline.enhance_file

    def enhance_file(*given: Any, **named: Any) -> Any:
        site.storage.sweep(-60)  # all files are too old for it
        assert Path(uploaded).is_file()
        return real(*given, **named)

    monkeypatch.setattr(pipeline, "enhance_file", enhance_file)
    shown = together(page.run(uploaded, "default", "wav", None, *VALUES))
    assert Path(shown["after"]).is_file()
    assert Path(uploaded).is_file()


def test_while_it_works_the_button_waits_and_cancel_brings_it_back(page: Handlers) -> None:
    begun = page.begin()
    assert (begun["enhance"]["interactive"], begun["cancel"]["visible"]) == (False, True)
    for after in (page.cancel(), page.settle()):
        assert (after["enhance"]["interactive"], after["cancel"]["visible"]) == (True, False)
    assert "Cancelled" in page.cancel()["status"]


@pytest.mark.parametrize(
    ("fault", "is_kept"),
    [
        (BusyError(20), True),
        (RoomError("The server's room for recordings is full."), True),
        (SettingsError("No."), True),
        (MemoryError(), True),
        (ValueError("unforeseen"), True),
        (AudioError("No recording."), False),
        (LimitError("Too long."), False),
    ],
)
def test_a_recording_stays_on_the_page_unless_it_was_of_no_use(
    page: Handlers, uploaded: str, monkeypatch: pytest.MonkeyPatch, fault: Exception, is_kept: bool
) -> None:
    """Who is told to try again in a minute should not have to record again."""

    def refuse(*_: object) -> Iterator[Any]:
        raise fault
        yield

    monkeypatch.setattr(handlers.jobs, "serve_one", refuse)
    shown = together(page.run(uploaded, "default", "wav", None, *VALUES))
    assert ("recording" not in shown) is is_kept
    assert shown["enhance"]["interactive"]


@pytest.mark.parametrize(
    ("screen", "style"),
    [
        ([390, False], (True, False)),
        ([639, True], (True, True)),
        ([640, False], (False, False)),
        ([1920, True], (False, True)),
        (None, (False, False)),
        (["x", None], (False, False)),
    ],
)
def test_the_picture_is_made_for_the_visitors_screen(
    page: Handlers, uploaded: str, monkeypatch: pytest.MonkeyPatch, screen: Any, style: tuple[bool, bool]
) -> None:
    drawn: list[Any] = []
    monkeypatch.setattr(pipeline, "enhance_file", stand_in)
    monkeypatch.setattr(handlers.jobs, "draw", lambda *given: drawn.append(given[2]) or ("a", "b"))
    together(page.run(uploaded, "default", "wav", screen, *VALUES))
    assert [(one.narrow, one.dark) for one in drawn] == [style]


def stand_in(source: Path, target: Path, *_: Any, removed: Path, **__: Any) -> Report:
    """An enhancement at no cost."""
    for path in (target, removed):
        shutil.copy(source, path)
    measures = Analysis(3.0, 16_000, 1, None, None, None, None)
    return Report(measures, measures, 0.0, 0.1, {}, "off")
