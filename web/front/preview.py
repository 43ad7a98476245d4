"""What messengers show of a link to the page: our name, sentence and picture. Gradio's template names itself."""

from __future__ import annotations

import gzip
import re
from html import escape

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service import languages
from web import words
from web.theme import EARLY

from .doors import path_of

GRADIOS = re.compile(
    r'<(?:meta\b[^>]*\b(?:property="og:|name="(?:twitter:|description"))|link rel="manifest")[^>]*>\s*'
)
HTML = re.compile(r'(<html\b[^>]*?\blang=)"[^"]*"')
IMAGE = "page/preview.png"


class LinkPreview:
    """ASGI middleware around the page."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Everything but the page itself passes."""
        if scope["type"] != "http" or path_of(scope) not in ("", "/") or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        language = languages.preferred(request.headers.get("accept-language", ""))
        packs = "gzip" in request.headers.get("accept-encoding", "")
        await self._app(scope, receive, _Page(str(request.base_url), language, send, packs=packs).take)


class _Page:
    """The answer, kept until all of it is there; then sent packed to who takes it so: it is large."""

    def __init__(self, base: str, language: str, send: Send, *, packs: bool) -> None:
        self._base, self._language, self._send, self._packs = base, language, send, packs
        self._start: Message = {}
        self._body = b""

    async def take(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        kind = Headers(raw=self._start.get("headers", [])).get("content-type", "")
        self._body += message.get("body", b"")
        if message.get("more_body"):
            return
        if kind.startswith("text/html"):
            self._body = described(self._body.decode(), self._base, self._language).encode()
            headers = MutableHeaders(raw=self._start["headers"])
            if self._packs:
                self._body = gzip.compress(self._body, 6)
                headers["content-encoding"] = "gzip"
            headers.add_vary_header("Accept-Encoding")
            headers["content-length"] = str(len(self._body))
            headers.add_vary_header("Accept-Language")
        await self._send(self._start)
        await self._send({"type": "http.response.body", "body": self._body})


def described(page: str, base: str, language: str = languages.ENGLISH) -> str:
    """The page with our description in place of Gradio's, and what must be there early. base : its address"""
    texts = (words.TITLE, words.DESCRIPTION, words.CLAIM)
    title, description, claim = (languages.said(language, text) for text in texts)
    said = {
        "og:type": "website", "og:title": title, "og:description": description, "og:url": base,
        "og:image": base + IMAGE, "og:image:width": "1200", "og:image:height": "630", "og:image:alt": claim,
    }  # fmt: skip
    ours = [f'<meta property="{name}" content="{escape(text)}">' for name, text in said.items()]
    ours += [f'<meta name="description" content="{escape(description)}">']
    ours += ['<meta name="twitter:card" content="summary_large_image">']
    page = HTML.sub(rf'\g<1>"{language}"', GRADIOS.sub("", page), count=1)
    return page.replace("</head>", "".join(ours) + EARLY + "</head>", 1)
