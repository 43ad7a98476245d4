"""What the page's buttons do. Handlers yield updates by component and never raise: faults become words on the page."""

from __future__ import annotations

import json
import logging
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import gradio as gr

from pipeline.errors import AudioError
from pipeline.files.formats import Encoding
from pipeline.parameter import Value, kinds
from pipeline.presets import PRESETS
from pipeline.settings import Settings, parameters
from service import health, jobs, spectrograms
from service.faults import explain
from service.line.admission import Visit
from service.site import Site
from service.work import Progress, Work, mapped

from . import diagnostics_tab, markup, visits, words
from .front.listeners import Listeners

log = logging.getLogger(__name__)

Updates = dict[Any, Any]


class Results(NamedTuple):
    """The components that a result fills."""

    panel: gr.Column
    empty: gr.HTML
    before: gr.Audio
    after: gr.Audio
    removed: gr.Audio
    download: gr.DownloadButton
    caption: gr.HTML
    picture: gr.ImageSlider
    report: gr.HTML


class Controls(NamedTuple):
    """The components that show how far the work is."""

    recording: gr.Audio
    enhance: gr.Button
    cancel: gr.Button
    status: gr.HTML


class Handlers:
    """The page's behaviour, for the components it was built of."""

    def __init__(self, site: Site, listeners: Listeners, controls: Controls, results: Results) -> None:
        self._site, self._listeners, self._controls, self._results = site, listeners, controls, results

    def begin(self) -> Updates:
        """At once when Enhance is pressed, before the queue: no second press, and a way back."""
        return {**self._busy(True), self._controls.status: markup.progress(words.STARTING)}

    def run(
        self, path: str | None, preset: str, output_format: str, screen: list[Any] | None, *values: Value
    ) -> Generator[Updates, None, None]:
        """The enhancement, until the result is shown; closed by Gradio when the visitor cancels or leaves."""
        try:
            given = dict(zip((*kinds(Encoding), *parameters()), values, strict=True))
            encoding: dict[str, Any] = {name: given.pop(name) for name in kinds(Encoding)}
            settings = Settings.from_flat(given, base=PRESETS[preset])
            if not path:
                raise words.no_input()
            source, visit = jobs.uploaded(self._site, path), visits.current(self._listeners)
            order = jobs.Order(source, settings, output_format, Encoding(**encoding), visit)
            outcome = yield from mapped(jobs.serve_one(self._site, order), self._show)
        except Exception as fault:
            yield self._failed(fault)
            return
        yield self._finished(outcome)
        yield from self._draw(outcome, _style(screen), visit)

    def cancel(self) -> Updates:
        """Together with Gradio's own cancelling of `run`."""
        return {**self._busy(False), self._controls.status: markup.CANCELLED}

    def settle(self) -> Updates:
        """After `run`, however it ended: also when it could not even begin."""
        return self._busy(False)

    def _show(self, now: Progress) -> Updates:
        return {self._controls.status: markup.progress(now)}

    def _busy(self, busy: bool) -> Updates:
        return {
            self._controls.enhance: gr.update(interactive=not busy, value="Working…" if busy else "Enhance"),
            self._controls.cancel: gr.update(visible=busy),
        }

    def _failed(self, fault: Exception) -> Updates:
        updates = {**self._busy(False), self._controls.status: markup.failure(explain(fault))}
        if isinstance(fault, AudioError):  # the file is gone: it was of no use
            updates[self._controls.recording] = None
        return updates

    def _finished(self, outcome: jobs.Outcome) -> Updates:
        results, report = self._results, outcome.report
        return {
            **self._busy(False),
            self._controls.status: markup.done(outcome.after.name, report.before.duration_s, report.processing_s),
            results.empty: gr.update(visible=False),
            results.panel: gr.update(visible=True),
            results.before: str(outcome.before),
            results.after: str(outcome.after),
            results.removed: str(outcome.removed),
            results.download: gr.update(value=str(outcome.after), label=f"Download {outcome.after.name}"),
            results.caption: gr.update(visible=False),
            results.picture: gr.update(value=None, visible=False),
            results.report: markup.report_table(report.rows(), report.sentences()),
        }

    def _draw(self, outcome: jobs.Outcome, style: spectrograms.PictureStyle, visit: Visit) -> Iterator[Updates]:
        """The result is complete without its picture: a fault here is the log's business."""
        work = Work(lambda _: jobs.draw(self._site, outcome, style, visit))
        for _ in work.progress():
            yield {self._controls.cancel: gr.update(visible=False)}
        try:
            drawn = work.result()
        except Exception:
            log.warning("The spectrogram could not be drawn.", exc_info=True)
            return
        yield {
            self._results.caption: gr.update(visible=True),
            self._results.picture: gr.update(value=drawn, visible=True),
        }


def _preset_table() -> dict[str, list[Any]]:
    """For each preset the line that explains it, and where the controls go."""
    return {name: [markup.why(name), *settings.flat().values()] for name, settings in PRESETS.items()}


CHOOSE_PRESET_JS = f"(preset) => ({json.dumps(_preset_table())})[preset]"


def diagnose(site: Site) -> tuple[str, str]:
    """The Diagnostics tab: in words, and as JSON."""
    report = health.diagnostics(site)
    return diagnostics_tab.render(report, health.health(site)), json.dumps(report, indent=2, ensure_ascii=False)


def take_other_file(path: str | None) -> str | None:
    """A video, or a recording whose type the browser does not know, as the input."""
    return str(Path(path)) if path else None


def _style(screen: list[Any] | None) -> spectrograms.PictureStyle:
    width, dark = screen if isinstance(screen, list) and len(screen) == 2 else (1280, False)
    return spectrograms.PictureStyle(narrow=isinstance(width, (int, float)) and width < 640, dark=bool(dark))
