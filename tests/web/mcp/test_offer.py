"""Whether there is an MCP server, and what is said where there cannot be one."""

from __future__ import annotations

import logging
from dataclasses import replace
from importlib.machinery import ModuleSpec

import pytest

from service.config import Config
from service.registry.registry import Registry
from service.site import Site
from web.mcp import offer


@pytest.mark.parametrize(("text", "mcp"), [("1", True), ("true", True), ("", False), ("0", False), ("perhaps", False)])
def test_who_asks_for_it(text: str, mcp: bool) -> None:
    assert Config.from_environ({"MCP": text}).mcp is mcp


@pytest.mark.parametrize("asked", [True, False])
def test_without_the_package_a_line_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, asked: bool
) -> None:
    def found(_: str) -> ModuleSpec | None:
        return None

    monkeypatch.setattr(offer, "find_spec", found)
    site = Site()
    site = replace(site, config=replace(site.config, mcp=asked))
    with caplog.at_level(logging.WARNING):
        assert offer.offered(site, Registry(site), None) is None
    assert len(caplog.messages) == asked
    assert all("make run MCP=1" in message for message in caplog.messages)
