"""Under which names the app may be asked for (Host), and whose pages may use it (Origin).

A page of a foreign site can reach what listens on a visitor's own machine: by a name of its own that suddenly leads to
127.0.0.1 (DNS rebinding), or by sending forms. So where the app is reached over this machine's own address, only this
machine's names and the app's own page count. On a host, whoever runs it decides: ALLOWED_HOSTS and ALLOWED_ORIGINS.
"""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

from service.config import Config
from service.http.refusals import RequestError

OWN_NAMES = {"localhost", "127.0.0.1", "::1"}
ANY = "*"


def check_host(scope: Scope, headers: Headers, config: Config) -> None:
    """Raises RequestError if the app is not known under the name that the request asks for."""
    allowed = config.allowed_hosts
    if allowed is None:
        if not is_local(scope):
            return
        allowed = ()
    host = _name(headers.get("host", ""))
    if ANY in allowed or host in OWN_NAMES or host in allowed or _is_address(host):
        return
    if any(name.startswith("*.") and host.endswith(name[1:]) for name in allowed):
        return
    raise RequestError(
        421, "This server is not known under that name.", suggestion="Whoever runs it can set ALLOWED_HOSTS."
    )


def allowed_origin(scope: Scope, headers: Headers, config: Config) -> str | None:
    """The foreign page that may use the app, None if none asks. Raises RequestError if one asks that may not."""
    origin = headers.get("origin", "").lower()
    if not origin or _is_own(origin, headers, scope):
        return None
    allowed = config.allowed_origins
    if allowed is None:
        allowed = () if is_local(scope) else (ANY,)
    if ANY in allowed or origin in allowed:
        return origin
    raise RequestError(
        403, "Pages of other sites may not use this server.", suggestion="Whoever runs it can set ALLOWED_ORIGINS."
    )


def is_local(scope: Scope) -> bool:
    """Whether the request came over this machine's own address."""
    server = scope.get("server") or ("", None)
    return _is_address(str(server[0])) and ip_address(str(server[0])).is_loopback


def _is_own(origin: str, headers: Headers, scope: Scope) -> bool:
    """Whether the page is the app's own: of the host that it asks for, as the browser or the proxy names it."""
    page = origin.partition("://")[2]
    asked = headers.get("host", "").lower()
    forwarded = headers.get("x-forwarded-host", "").split(",")[0].strip().lower()
    if not page or page in (asked, forwarded):
        return bool(page)
    return page.rpartition(":")[0] == asked and _lost_its_port(asked, scope)


def _lost_its_port(host: str, scope: Scope) -> bool:
    """Whether a proxy has left out the port (nginx: `Host $host`). A browser names each that is not the usual one, so
    that a request which came straight from it to our own port has one."""
    port = (scope.get("server") or ("", None))[1]
    return port not in (None, 80, 443) and (host.endswith("]") or ":" not in host) and bool(host)


def _name(host: str) -> str:
    """Without its port, without the brackets of IPv6."""
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
