"""The page: the main job first, everything else below or behind a tab.

The main job is one element of ours, `<speech-app>` (assets/page/app.js): it takes recordings, orders work by our own
routes and plays results. The settings are Gradio's components; a script tells the element of every change, and a hidden
button moves them.
"""

from __future__ import annotations

import json
from functools import partial
from html import escape
from typing import Any

import gradio as gr

from pipeline.files.formats import DEFAULT, OUTPUT_NAMES, OUTPUTS, Encoding
from pipeline.files.limits import STRANGERS, Limits
from pipeline.parameter import Choice, Kind, Range, Switch, Value, kinds
from pipeline.presets import NAMED_PRESETS
from pipeline.settings import Settings, groups, parameters
from service.media.examples import examples
from service.registry.registry import Registry
from service.site import CREDITS, EXAMPLES, Site
from service.storage import ADVICE
from web import patches
from web.patches import one_app, sessions

from . import api, diagnostics_tab, markup, theme, words
from .front.listeners import Listeners

QUEUE_GUARD = 1000  # events that Gradio itself holds; how many recordings may wait is `AdmissionQueue`'s business
THREADS = 320
SESSIONS = 128  # whose components Gradio remembers, at 170 KB each; the page does without
PRIVATE: dict[str, Any] = {"api_visibility": "private"}
# Code of which no part scrolls by itself: those without a mouse would not get there. The button above copies it.
WHOLE: dict[str, Any] = {"wrap_lines": True, "show_label": False, "buttons": []}
LIGHT: dict[str, Any] = {"queue": False, "show_progress": "hidden", **PRIVATE}
TOLD_JS = "(...values) => { window.speech?.settings(values); }"
WANTED_JS = "() => window.speech.wanted()"


def build(site: Site, registry: Registry, listeners: Listeners) -> gr.Blocks:
    """The whole page. Nothing is served and nothing is written yet."""
    patches.apply(site)
    with one_app.made_later():
        return _built(site, registry, listeners)


def _built(site: Site, registry: Registry, listeners: Listeners) -> gr.Blocks:
    gr.set_static_paths([EXAMPLES])
    demo: gr.Blocks
    with gr.Blocks(title=words.TITLE, analytics_enabled=False) as demo:
        gr.HTML(markup.header("" if site.storage.usable else ADVICE))
        with gr.Tabs():
            with gr.Tab("Enhance", id="enhance"):
                _enhance_tab(site)
            with gr.Tab("Diagnostics", id="diagnostics") as tab:
                _diagnostics_tab(site, tab)
        gr.HTML(markup.privacy(site.config.file_lifetime_s, site.config.max_upload_bytes))
        _credits()
        api.add_endpoints(site, registry, listeners)
    demo.queue(max_size=QUEUE_GUARD, default_concurrency_limit=None, api_open=False)
    sessions.bound(demo, listeners)
    demo.max_threads = THREADS  # whoever waits, waits in one
    demo.state_session_capacity = SESSIONS
    return demo


def _enhance_tab(site: Site) -> None:
    defaults = {"output_format": OUTPUT_NAMES[0], **_encoding(), **Settings().flat()}
    gr.HTML(f'<speech-app facts="{escape(json.dumps(_facts(site, defaults)))}"></speech-app>', elem_id="app")
    made = _adjustments(defaults)
    told = [made[name] for name in defaults]
    bridge = gr.Button("Settings", visible="hidden", elem_id="settings-bridge")
    bridge.click(None, None, told, js=WANTED_JS, **PRIVATE)
    gr.on([component.change for component in told], None, told, None, js=TOLD_JS, **PRIVATE)


def _encoding() -> dict[str, Value]:
    return {name: getattr(DEFAULT, name) for name in kinds(Encoding)}


def _facts(site: Site, defaults: dict[str, Value]) -> dict[str, Any]:
    """What the page's scripts must know of the program. defaults : all that can be set, in the components' order"""
    presets = {
        name: {"label": preset.label, "why": preset.why, "settings": preset.settings.flat()}
        for name, preset in NAMED_PRESETS.items()
    }
    formats = [{"name": form.name, "label": form.label} for form in OUTPUTS.values()]
    return {
        "names": list(defaults),
        "defaults": defaults,
        "presets": presets,
        "kinds": {name: _kind(kind) for name, kind in {**parameters(), **kinds(Encoding)}.items()},
        "formats": formats,
        "max_bytes": site.config.max_upload_bytes,
        "max_s": Limits.from_environment(STRANGERS).max_duration_s,
        "examples": [{"name": token, "label": one.label} for token, one in examples().items()],
    }


def _kind(kind: Kind) -> dict[str, Any]:
    """What a setting can be, and how it is said."""
    match kind:
        case Range():
            return {"label": kind.label, "unit": kind.unit, "minimum": kind.minimum, "maximum": kind.maximum}
        case Choice():
            return {"label": kind.label, "options": list(kind.options), "labels": list(kind.options.values())}
    return {"label": kind.label}


def _adjustments(defaults: dict[str, Value]) -> dict[str, Any]:
    """Name → component."""
    made: dict[str, Any] = {}
    with gr.Accordion("Fine-tune", open=False, elem_id="adjust"):
        gr.HTML("<speech-tuning></speech-tuning>")
        for title, names in groups().items():
            gr.HTML(markup.group(title))
            made |= {name: _adjustment(name, kind, defaults[name]) for name, kind in names.items()}
        gr.HTML(markup.group("File"))
        choices = [(words.format_label(form), form.name) for form in OUTPUTS.values()]
        made["output_format"] = gr.Radio(choices, value=choices[0][1], label="File format", elem_id="format")
        made |= {name: _adjustment(name, kind, defaults[name]) for name, kind in kinds(Encoding).items()}
    return made


def _adjustment(name: str, kind: Kind, value: Value) -> Any:
    """The component for a parameter, with its own words."""
    common: dict[str, Any] = {"value": value, "info": kind.help, "elem_id": f"set-{name}"}
    match kind:
        case Range():
            label = words.slider_label(kind)
            # Its own reset would go to the page's first value; ours goes to the preset's (assets/page/tuning.js).
            return gr.Slider(kind.minimum, kind.maximum, step=kind.step, label=label, buttons=[], **common)
        case Switch():
            return gr.Checkbox(label=kind.label, **common)
        case Choice():
            return gr.Radio([(said, option) for option, said in kind.options.items()], label=kind.label, **common)


def _credits() -> None:
    if CREDITS.is_file():
        with gr.Accordion("Who recorded the examples", open=False, elem_id="credits"):
            gr.Markdown(CREDITS.read_text(encoding="utf-8").split("\n", 1)[1])


def _diagnostics_tab(site: Site, tab: gr.Tab) -> None:
    with gr.Row(elem_id="diagnostics-buttons"):
        refresh = gr.Button("Refresh", size="sm", min_width=100, scale=0, elem_id="refresh")
        copy = gr.Button("Copy as JSON", size="sm", min_width=140, scale=0, elem_id="copy-json")
    shown = gr.HTML(elem_id="diagnostics")
    with gr.Accordion("As JSON", open=False):
        code = gr.Code(language="json", interactive=False, elem_id="diagnostics-json", **WHOLE)
    for event in (tab.select, refresh.click):
        event(partial(diagnostics_tab.diagnose, site), None, [shown, code], **LIGHT)
    copy.click(None, code, None, js=theme.COPY_JS, **PRIVATE)
