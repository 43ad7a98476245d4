"""Whether there is an MCP server: where `MCP=1` asks for one and the package for it is installed."""

from __future__ import annotations

import logging
from importlib.util import find_spec
from typing import TYPE_CHECKING

from service.registry.registry import Registry
from service.site import Site

if TYPE_CHECKING:
    from .protocol import McpRoutes

log = logging.getLogger(__name__)
HOW = "`make run MCP=1` installs it, or pip install -r requirements-mcp.lock."


def offered(site: Site, registry: Registry, root_path: str | None) -> McpRoutes | None:
    """None: nobody asks for it, or it cannot be; then everything is as without it."""
    if not site.config.mcp:
        return None
    if find_spec("mcp") is None:
        log.warning("MCP=1 is ignored: the package mcp is not installed. %s", HOW)
        return None
    from .protocol import McpRoutes

    return McpRoutes(site, registry, root_path)
