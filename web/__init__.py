"""The page, its API and its JSON routes: everything that knows Gradio, and nothing that knows signals.

- config      what the environment says: address, limits, lifetimes
- storage     where uploads and results live, and how they disappear
- site        configuration and storage of one running site
- faults      from an exception to what a person or a program is told
- doors       doors of Gradio that stay shut: fetching from the network, opening paths that nobody uploaded
- work        one request's work in a thread: progress out, cancel in
- turns       who is next when the processor is busy
- jobs        what a request does: load, enhance, save, draw
- pictures    spectrograms
- words       the page's texts and small pieces of HTML
- status_page the Diagnostics tab in words
- handlers    what the page's buttons do
- api         the named endpoints for programs
- routes      /health and /api/diagnostics
- look        theme, style sheet, scripts
- layout      the page itself
- server      start, announce, stop
"""

from web.patches import importing

importing.prepare()
