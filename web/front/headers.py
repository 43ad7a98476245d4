"""What is left out of a request before Gradio sees it, and what is put into every answer."""

from __future__ import annotations

import re

from starlette.datastructures import Headers, MutableHeaders

RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")
# What proxies say, and what it may look like: Gradio makes addresses of it.
_NAME = r"[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]"
FORWARDED = {
    "x-forwarded-for": re.compile(r"[0-9A-Za-z.:\[\], _-]{0,500}"),
    "x-forwarded-host": re.compile(rf"({_NAME})(:\d{{1,5}})?(, ?({_NAME})(:\d{{1,5}})?)*"),
    "x-forwarded-proto": re.compile(r"https?(, ?https?)*"),
    "x-forwarded-port": re.compile(r"\d{1,5}"),
    "x-forwarded-prefix": re.compile(r"(/[A-Za-z0-9._~-]{1,64}){0,8}/?"),
}

# Gradio's page starts itself with a script in its HTML, and styles its parts there; its player reads what was recorded
# from a blob. A Space is shown within a page of huggingface.co.
CONTENT_POLICY = "; ".join([
    "default-src 'self'",
    "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "media-src 'self' data: blob:",
    "font-src 'self' data:",
    "connect-src 'self' data: blob:",
    "worker-src 'self' blob:",
    "object-src 'none'",
    "base-uri 'self'",
    "form-action 'self'",
    "frame-ancestors 'self' https://huggingface.co https://*.huggingface.co https://*.hf.space",
])  # fmt: skip
PLAIN = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(self)",
    "Cross-Origin-Opener-Policy": "same-origin",
}
FOREIGN = {
    "Access-Control-Allow-Methods": "GET, HEAD, POST, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": "authorization, content-type, range, x-gradio-user",
    "Access-Control-Expose-Headers": "content-disposition, content-length, content-range, x-speech-report",
    "Access-Control-Max-Age": "600",
}

COOKIE = "speech_replica"
DAY_S = 86_400  # of work at most; its files live on for a while


def passed_on(headers: list[tuple[bytes, bytes]], believed_proxies: int) -> list[tuple[bytes, bytes]]:
    """A request's headers as they are passed on: one Range or none, and no word of a proxy that is not ours."""
    kept = []
    for name, value in headers:
        text = name.decode("latin-1").lower()
        if text == "authorization":  # the password is the front door's business
            continue
        if text in FORWARDED and not (believed_proxies and FORWARDED[text].fullmatch(value.decode("latin-1"))):
            continue
        if text in ("range", "if-range") and not _is_plain_range(Headers(raw=headers).getlist("range")):
            continue
        kept.append((name, value))
    return kept


def _is_plain_range(values: list[str]) -> bool:
    """One stretch of bytes; anything else may be ignored, and the whole sent (RFC 9110, 14.2)."""
    found = RANGE.fullmatch(values[0].strip()) if len(values) == 1 else None
    if found is None or found[1] == found[2] == "":
        return False
    return found[1] == "" or found[2] == "" or int(found[1]) <= int(found[2])


def replica_of(headers: Headers) -> str | None:
    """Where a request's visitor was before, by the cookie."""
    found = re.search(rf"(?:^|;)\s*{COOKIE}=([^;\s]*)", headers.get("cookie", ""))
    return found[1] if found else None


def binding(replica: str, headers: Headers, lifetime_s: float) -> str:
    """The cookie by which a proxy brings the visitor back to this replica. It says nothing of the visitor, and opens
    nothing. headers : of the request, as they are passed on; lifetime_s : of files."""
    is_secure = headers.get("x-forwarded-proto", "").split(",")[0].strip() == "https"
    kept = f"Path=/; Max-Age={DAY_S + lifetime_s:.0f}; HttpOnly; SameSite=Lax"
    return f"{COOKIE}={replica}; {kept}{'; Secure' * is_secure}"


def complete(headers: MutableHeaders, origin: str | None, cookie: str | None = None) -> None:
    """Put into an answer's headers what belongs into all. origin : of the foreign page that may read it."""
    for name, value in PLAIN.items():
        headers[name] = value
    headers.setdefault("Content-Security-Policy", CONTENT_POLICY)
    for name in [name for name in headers if name.startswith("access-control-")]:
        del headers[name]
    del headers["server"]
    headers.add_vary_header("Origin")
    if cookie is not None:
        headers.append("Set-Cookie", cookie)
    if origin is not None:
        headers["Access-Control-Allow-Origin"] = origin
        for name, value in FOREIGN.items():
            headers[name] = value
