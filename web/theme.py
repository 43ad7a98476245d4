"""How the page looks: theme, style sheet, scripts. No font or script comes from another host."""

from __future__ import annotations

import json
import re

import gradio as gr

from service import languages
from service.site import ASSETS

PAGE = ASSETS / "page"
STYLES = [PAGE / name for name in ("style.css", "app.css", "tuning.css")]
ICON = PAGE / "favicon.svg"

FONT = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "sans-serif"]
MONO = ["ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace"]

HEAD = """
<meta name="viewport" content="width=device-width, initial-scale=1">
<script type="module" src="page/app.js"></script>
<script type="module" src="page/view.js"></script>
"""
CHOOSE_LANGUAGE_JS = re.sub(
    "^//.*\n", "", (PAGE / "choose-language.js").read_text(encoding="utf-8"), flags=re.MULTILINE
)
# Gradio's "Use via API" offers an MCP server also where there is none.
NO_MCP = '<style>.snippets > .snippet:has(> img[src*="/mcp-"]) { display: none; }</style>'
# In the page as it is sent, before Gradio has made anything of it: so nothing moves when the style sheets come. Gradio
# would take @container out of them, and give the rules within @media less weight than those outside.
EARLY = (
    f"<script>({CHOOSE_LANGUAGE_JS})({json.dumps(languages.known())})</script>"
    + """<link rel="modulepreload" href="page/app.js">
<link rel="manifest" crossorigin="use-credentials" href="page/app.webmanifest">
<link rel="apple-touch-icon" href="page/icon-192.png">
<link rel="stylesheet" href="page/intake.css"><link rel="stylesheet" href="page/player.css"><style>
.gradio-container { width: 100%; max-width: 1120px !important; margin-inline: auto !important; }
.gradio-container { padding: 12px clamp(12px, 3vw, 24px) 8px !important; }
#app, speech-app { display: block; min-height: 560px; }
@media (max-width: 640px) { #app, speech-app { min-height: 720px; } }
body:not(.ready) .gradio-container { visibility: hidden; animation: late 0s 8s forwards; }
@keyframes late { to { visibility: visible; } }
</style>"""
)
COPY_JS = (PAGE / "copy.js").read_text(encoding="utf-8")


def theme() -> gr.themes.Base:
    """Calm: one accent, much paper, thin lines."""
    return gr.themes.Base(
        primary_hue="teal", secondary_hue="teal", neutral_hue="slate", font=FONT, font_mono=MONO, radius_size="md"
    ).set(
        body_background_fill="#f6f7f8",
        body_background_fill_dark="#0f1317",
        body_text_color_subdued="#5b6672",
        body_text_color_subdued_dark="#96a1ad",
        block_background_fill="#ffffff",
        block_background_fill_dark="#151a20",
        block_border_color="#e3e7ea",
        block_border_color_dark="#252c34",
        block_label_background_fill="transparent",
        block_label_background_fill_dark="transparent",
        block_label_border_width="0px",
        block_shadow="none",
        block_shadow_dark="none",
        button_primary_background_fill="#0f766e",
        button_primary_background_fill_hover="#0d635c",
        button_primary_background_fill_dark="#0f766e",
        button_primary_background_fill_hover_dark="#12897f",
        button_primary_text_color="#ffffff",
        button_secondary_background_fill="#ffffff",
        button_secondary_background_fill_hover="#eef1f3",
        button_secondary_background_fill_dark="#1b2128",
        button_secondary_background_fill_hover_dark="#252c34",
        button_secondary_border_color="#d5dade",
        button_secondary_border_color_dark="#323a43",
        button_border_width="1px",
        checkbox_label_background_fill="#f1f3f5",
        checkbox_label_background_fill_hover="#e8ebee",
        checkbox_label_background_fill_dark="#1d242b",
        checkbox_label_background_fill_hover_dark="#262e37",
        slider_color="#0f766e",
        slider_color_dark="#2aa597",
        color_accent="#0f766e",
        input_background_fill_dark="#1d242b",
        input_border_color_dark="#323a43",
        checkbox_border_color="#7b8794",
        checkbox_border_color_dark="#738090",
        checkbox_background_color_selected="#0f766e",
        checkbox_background_color_selected_dark="#0f766e",
        checkbox_label_background_fill_selected="#e6f4f2",
        checkbox_label_background_fill_selected_dark="#12332f",
    )
