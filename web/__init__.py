"""The page and its API: everything that knows Gradio, and nothing that knows signals.

- words            the page's texts
- markup           small pieces of HTML
- theme            colours, style sheet, scripts
- page             the page itself
- handlers         what its buttons do
- diagnostics_tab  the Diagnostics tab
- api, api_faults  the named endpoints for programs, and what they are told when something fails
- server           start, announce, stop
- visits           who called the function that runs now
- front/           what every request passes before Gradio sees it
- patches/         all that is replaced inside Gradio

What a running site does, whoever asks, is in `service`.
"""

from web.patches import importing

importing.prepare()
