"""All that is replaced inside Gradio, in one place; each file says what and why.

- importing   its import: quick, without stubs, without analytics
- paths       its directories: inside our storage
- guards      what a request names, files and parameters: judged by us first
- sessions    what its queue remembers: bounded, and not at the cost of who waits
- one_app    its web application: made once, not four times
- snippets    programs for each endpoint: ours instead
"""

from __future__ import annotations

from service.site import Site


def apply(site: Site) -> None:
    """For this process, before a page is built for `site`; again does no harm."""
    from . import guards, paths, snippets

    paths.keep_within(site.storage)
    guards.install(site)
    snippets.leave_out()
