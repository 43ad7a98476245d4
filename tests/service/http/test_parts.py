"""The page's own files: those, and no others."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from tests.service.http.jobs.test_orders import client

__all__ = ["client"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [("app.js", "text/javascript"), ("player.css", "text/css"), ("words/en.json", "application/json")],
)
def test_a_part_is_asked_for_again_only_when_it_has_changed(client: TestClient, name: str, kind: str) -> None:
    found = client.get(f"/page/{name}")
    assert found.status_code == 200
    assert found.headers["content-type"].startswith(kind)
    again = client.get(f"/page/{name}", headers={"If-None-Match": found.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get(f"/page/{name}", headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize(
    "name", ["", "none.js", "words", "../examples/CREDITS.md", "%2e%2e/examples/CREDITS.md", "//app.js"]
)
def test_nothing_else_is_there(client: TestClient, name: str) -> None:
    assert client.get(f"/page/{name}").status_code == 404


def test_texts_come_packed_to_who_takes_them_so(client: TestClient) -> None:
    """A third of the bytes; and a cache never takes the one form for the other."""
    plain = client.get("/page/app.js", headers={"Accept-Encoding": "identity"})
    packed = client.get("/page/app.js", headers={"Accept-Encoding": "gzip, br"})
    assert (plain.headers.get("content-encoding"), packed.headers.get("content-encoding")) == (None, "gzip")
    assert packed.text == plain.text
    assert int(packed.headers["content-length"]) < 0.5 * int(plain.headers["content-length"])
    assert packed.headers["etag"] != plain.headers["etag"]
    assert packed.headers["vary"] == "Accept-Encoding"
    again = client.get("/page/app.js", headers={"Accept-Encoding": "gzip", "If-None-Match": packed.headers["etag"]})
    assert again.status_code == 304
    assert "content-encoding" not in client.get("/page/icon-192.png").headers
