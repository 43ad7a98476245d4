"""A link that is sent to a friend shows what this is."""

from __future__ import annotations

import re

import httpx

from tests.conftest import Server
from web.front.preview import described


def test_gradios_description_makes_room_for_ours() -> None:
    page = (
        '<head><meta charset="utf-8" /><meta property="og:title" content="Gradio" />\n<meta\n name="twitter:title"\n '
        'content="x" /><meta property="og:url" content="{url}" /><meta name="viewport" content="a"></head>'
    )
    found = described(page, "https://a.example/b/")
    assert "Gradio" not in found
    assert "{url}" not in found
    assert "twitter:title" not in found
    assert '<meta charset="utf-8" />' in found
    assert '<meta name="viewport" content="a">' in found
    assert 'property="og:url" content="https://a.example/b/"' in found
    assert found.endswith("</head>")


def test_the_link_of_the_running_page(server: Server) -> None:
    page = httpx.get(server.url, timeout=30).text
    said = dict(re.findall(r'<meta property="(og:\w+)" content="([^"]*)"', page))
    assert said["og:title"] == "Speech Enhancement"
    assert said["og:url"] == f"{server.url}/"
    assert len(re.findall("og:title", page)) == 1
    picture = httpx.get(said["og:image"], timeout=30)
    assert picture.headers["content-type"] == "image/png"
    assert picture.content[16:24] == (1200).to_bytes(4, "big") + (630).to_bytes(4, "big")


def test_the_preview_follows_the_browsers_language(server: Server) -> None:
    answer = httpx.get(server.url, headers={"Accept-Language": "de-CH,de;q=0.9,en;q=0.8"}, timeout=30)
    said = dict(re.findall(r'<meta property="(og:\w+)" content="([^"]*)"', answer.text))
    assert said["og:title"] == "Sprachverbesserung"
    assert re.search(r'<html\s+lang="de"', answer.text)
    assert "Accept-Language" in answer.headers["vary"]
    assert re.search(r'<html\s+lang="en"', httpx.get(server.url, timeout=30).text)


def test_the_page_comes_packed_to_who_takes_it_so(server: Server) -> None:
    plain, packed = (
        httpx.get(server.url, headers={"Accept-Encoding": name}, timeout=30) for name in ("identity", "gzip")
    )
    assert packed.text == plain.text
    assert int(packed.headers["content-length"]) < 0.3 * int(plain.headers["content-length"])
    assert "content-encoding" not in plain.headers
    assert "Accept-Encoding" in packed.headers["vary"]
