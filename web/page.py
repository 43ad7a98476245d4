"""The page: the main job first, everything else below or behind a tab."""

from __future__ import annotations

from functools import partial
from typing import Any

import gradio as gr

from pipeline.files.formats import DEFAULT, OUTPUTS, Encoding
from pipeline.parameter import Choice, Kind, Range, Switch, Value, kinds
from pipeline.presets import NAMED_PRESETS
from pipeline.settings import Settings, groups, parameters
from service.site import CREDITS, EXAMPLES, Site, examples
from service.storage import ADVICE
from web import patches
from web.patches import sessions

from . import api, handlers, markup, theme, words
from .front.listeners import Listeners
from .handlers import Controls, Handlers, Results

QUEUE_GUARD = 1000  # events that Gradio itself holds; how many recordings may wait is `AdmissionQueue`'s business
THREADS = 320
SESSIONS = 128  # whose components Gradio remembers, at 170 KB each; the page does without
PRIVATE: dict[str, Any] = {"api_visibility": "private"}
LIGHT: dict[str, Any] = {"queue": False, "show_progress": "hidden", **PRIVATE}


def build(site: Site, listeners: Listeners) -> gr.Blocks:
    """The whole page. Nothing is served and nothing is written yet."""
    patches.apply(site)
    gr.set_static_paths([EXAMPLES])
    demo: gr.Blocks
    with gr.Blocks(title=words.TITLE, analytics_enabled=False) as demo:
        screen = gr.JSON(visible=False)
        gr.HTML(markup.header("" if site.storage.usable else ADVICE))
        with gr.Tabs():
            with gr.Tab("Enhance", id="enhance"):
                _enhance_tab(site, listeners, screen)
            with gr.Tab("Diagnostics", id="diagnostics") as tab:
                _diagnostics_tab(site, tab)
        gr.HTML(markup.privacy(site.config.file_lifetime_s, site.config.max_upload_bytes))
        _credits()
        api.add_endpoints(site, listeners)
    demo.queue(max_size=QUEUE_GUARD, default_concurrency_limit=None, api_open=False)
    sessions.bound(demo, listeners)
    demo.max_threads = THREADS  # whoever waits, waits in one
    demo.state_session_capacity = SESSIONS
    return demo


def _enhance_tab(site: Site, listeners: Listeners, screen: gr.JSON) -> None:
    with gr.Row(equal_height=False, elem_id="job"):
        with gr.Column(scale=6, min_width=320):
            recording = gr.Audio(
                sources=["upload", "microphone"], type="filepath", label="Your recording", elem_id="recording",
                buttons=[], waveform_options=theme.WAVEFORM,
            )  # fmt: skip
            _other_inputs(recording)
        with gr.Column(scale=5, min_width=320):
            preset, why = _preset()
            with gr.Row(elem_id="buttons"):
                enhance = gr.Button("Enhance", variant="primary", size="lg", elem_id="enhance-button", scale=3)
                cancel = gr.Button("Cancel", size="lg", visible=False, elem_id="cancel-button", scale=1, min_width=100)
            status = gr.HTML(elem_id="status")
            output_format, encoding, adjusted = _adjustments()
    # In the browser: an Enhance pressed right after must not meet the controls as they were.
    preset.input(None, preset, [why, *adjusted], js=handlers.CHOOSE_PRESET_JS, **PRIVATE)
    results = _results()
    controls = Controls(recording, enhance, cancel, status)
    does = Handlers(site, listeners, controls, results)
    buttons = [enhance, cancel, status]
    begun = enhance.click(does.begin, None, buttons, **LIGHT)
    running = begun.then(
        does.run, [recording, preset, output_format, screen, *encoding, *adjusted], [*controls, *results],
        js=_with_screen(4 + len(encoding) + len(adjusted)), show_progress="hidden", concurrency_limit=None, **PRIVATE,
    )  # fmt: skip
    running.then(does.settle, None, buttons, **LIGHT)
    cancel.click(does.cancel, None, buttons, cancels=[running], **LIGHT)


def _with_screen(inputs: int) -> str:
    """Puts what the visitor's screen is like in place of the fourth input."""
    names = [f"a{i}" for i in range(inputs)]
    seen = "[window.innerWidth, document.body.classList.contains('dark')]"
    return f"({', '.join(names)}) => [{', '.join(seen if i == 3 else name for i, name in enumerate(names))}]"


def _other_inputs(recording: gr.Audio) -> None:
    if clips := examples():
        gr.Examples(
            [[str(clip)] for clip in clips], [recording], label="Or try an example",
            example_labels=[clip.stem.replace("_", " ").replace("-", " ").capitalize() for clip in clips],
            api_visibility="private", cache_examples=False,
        )  # fmt: skip
    other = gr.UploadButton(
        "Use a video, or another file", size="sm", variant="secondary", elem_id="other-file", type="filepath"
    )
    other.upload(handlers.take_other_file, other, recording, **LIGHT)


def _credits() -> None:
    if CREDITS.is_file():
        with gr.Accordion("Who recorded the examples", open=False, elem_id="credits"):
            gr.Markdown(CREDITS.read_text(encoding="utf-8").split("\n", 1)[1])


def _preset() -> tuple[gr.Radio, gr.HTML]:
    choices = [(preset.label, name) for name, preset in NAMED_PRESETS.items()]
    preset = gr.Radio(choices, value="default", label="Preset", elem_id="preset")
    return preset, gr.HTML(markup.why("default"), elem_id="why")


def _adjustments() -> tuple[gr.Radio, list[Any], list[Any]]:
    """Below the button, which so stays where it is."""
    with gr.Accordion("Adjust", open=False, elem_id="adjust"):
        defaults = Settings().flat()
        made: dict[str, Any] = {}
        for title, names in groups().items():
            gr.HTML(markup.group(title))
            made |= {name: _adjustment(name, kind, defaults[name]) for name, kind in names.items()}
        gr.HTML(markup.group("File"))
        choices = [(words.format_label(form), form.name) for form in OUTPUTS.values()]
        output_format = gr.Radio(choices, value=choices[0][1], label="File format", elem_id="format")
        encoding = [_adjustment(name, kind, getattr(DEFAULT, name)) for name, kind in kinds(Encoding).items()]
    return output_format, encoding, [made[name] for name in parameters()]


def _adjustment(name: str, kind: Kind, value: Value) -> Any:
    """The component for a parameter, with its own words."""
    common: dict[str, Any] = {"value": value, "info": kind.help, "elem_id": f"set-{name}"}
    match kind:
        case Range():
            label = words.slider_label(kind)
            return gr.Slider(kind.minimum, kind.maximum, step=kind.step, label=label, **common)
        case Switch():
            return gr.Checkbox(label=kind.label, **common)
        case Choice():
            return gr.Radio([(said, option) for option, said in kind.options.items()], label=kind.label, **common)


def _results() -> Results:
    empty = gr.HTML(markup.EMPTY)
    with gr.Column(visible=False, elem_id="results") as panel:
        player: dict[str, Any] = {"interactive": False, "buttons": [], "waveform_options": theme.WAVEFORM}
        with gr.Row():
            before = gr.Audio(label="Before", elem_id="before", **player)
            after = gr.Audio(label="After", elem_id="after", **player)
        removed = gr.Audio(label="What was removed", elem_id="removed", **player)
        download = gr.DownloadButton("Download", variant="primary", elem_id="download")
        caption = gr.HTML(markup.CAPTION, visible=False)
        picture = gr.ImageSlider(
            show_label=False, interactive=False, buttons=["fullscreen"], elem_id="spectrogram",
            max_height=900, visible=False,
        )  # fmt: skip
        report = gr.HTML(elem_id="report")
    return Results(panel, empty, before, after, removed, download, caption, picture, report)


def _diagnostics_tab(site: Site, tab: gr.Tab) -> None:
    with gr.Row(elem_id="diagnostics-buttons"):
        refresh = gr.Button("Refresh", size="sm", min_width=100, scale=0, elem_id="refresh")
        copy = gr.Button("Copy as JSON", size="sm", min_width=140, scale=0, elem_id="copy-json")
    shown = gr.HTML(elem_id="diagnostics")
    with gr.Accordion("As JSON", open=False):
        code = gr.Code(language="json", interactive=False, show_label=False, elem_id="diagnostics-json", max_lines=40)
    for event in (tab.select, refresh.click):
        event(partial(handlers.diagnose, site), None, [shown, code], **LIGHT)
    copy.click(None, code, None, js=theme.COPY_JS, **PRIVATE)
