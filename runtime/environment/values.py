"""What a value of the environment may be. Each check answers why a value cannot be used, or None.

A value is never a part of the answer: it may be a password.
"""

from __future__ import annotations

import math
import re
import stat
from collections.abc import Callable
from importlib import util
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

Check = Callable[[str], str | None]

HOST = re.compile(r"[\w.-]+|\[?[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(%[\w.-]+)?\]?", re.ASCII)
PROXY_SCHEMES = {"http", "https"}
SOCKS_SCHEMES = {"socks5", "socks5h"}
# What httpx makes of an entry of NO_PROXY must be an address: a network (fd00::/8) or a stray bracket stops it.
NO_PROXY_ENTRY = re.compile(r"\*|([\w*-]+://)?\*?\.?[\w.-]+(:\d{1,5})?|\d+\.\d+\.\d+\.\d+/\d+", re.ASCII)
ROOT_PATH = re.compile(r"(https?://[\w.:\[\]-]+)?(/[\w.~/-]*)?", re.ASCII)


def never(why: str) -> Check:
    """Whatever it says."""
    return lambda _: why


def number(low: float, high: float, *, whole: bool = False) -> Check:
    """A number within limits; empty is unset."""
    if whole:
        why = f"not a whole number from {low:g} to {high:g}"
        least = f"not a whole number of at least {low:g}"
    else:
        why = f"not a number from {low:g} to {high:g}"
        least = f"not a number of at least {low:g}"
    why = least if math.isinf(high) else why

    def check(text: str) -> str | None:
        try:
            value = float(int(text)) if whole else float(text)
        except (ValueError, OverflowError):
            value = math.nan
        return None if not text.strip() or (low <= value <= high and math.isfinite(value)) else why

    return check


def whole(low: float, high: float) -> Check:
    """A whole number within limits, as `int` reads it: an empty one is none."""
    check = number(low, high, whole=True)
    return lambda text: check(text) if text.strip() else "empty"


def one_of(*words: str) -> Check:
    """One of these words, in whatever case."""
    return lambda text: None if text.lower() in words else f"none of {', '.join(filter(None, words))}"


def matching(pattern: str, why: str) -> Check:
    """A text of this form. why : what it is not"""
    form = re.compile(pattern, re.ASCII)
    return lambda text: None if form.fullmatch(text) else why


def host(text: str) -> str | None:
    """The name or address of a host; empty is unset."""
    return None if not text or HOST.fullmatch(text) else "not a host's name or address"


def root_path(text: str) -> str | None:
    """The part of an address below which the app is reached."""
    return None if ROOT_PATH.fullmatch(text) else "not a path such as /speech, nor a web address"


def web_address(text: str) -> str | None:
    """http or https, a host, and whatever follows."""
    why = "not a web address"
    if not text.isascii() or not text.isprintable() or " " in text:
        return why
    try:
        parts = urlsplit(text)
        port = parts.port  # which raises for what is none
    except ValueError:
        return why
    well = parts.scheme in PROXY_SCHEMES and host(parts.hostname or " ") is None and port != 0
    return None if well else why


def proxy(text: str) -> str | None:
    """The address of a proxy that httpx can use; empty is unset."""
    if not text:
        return None
    scheme, separator, _ = text.partition("://")
    if separator and scheme.lower() in SOCKS_SCHEMES:
        if util.find_spec("socksio") is None:
            return "a SOCKS proxy needs the package socksio, which is not installed"
        return web_address("http" + text[len(scheme) :])
    return None if web_address(text.lower() if separator else f"http://{text}") is None else "not a proxy's address"


def no_proxy(text: str) -> str | None:
    """Names and addresses with commas, in a form that httpx can read."""
    entries = [entry.strip() for entry in text.split(",")]
    well = all(_is_name(entry) or _is_address(entry) for entry in entries if entry)
    return None if well else "an entry is no host's name or address (a network of IPv6 addresses is not understood)"


def _is_name(entry: str) -> bool:
    _, separator, port = entry.rpartition(":")
    beyond = bool(separator) and port.isdigit() and int(port) > 65_535
    return NO_PROXY_ENTRY.fullmatch(entry) is not None and not beyond


def _is_address(entry: str) -> bool:
    try:
        ip_address(entry)
    except ValueError:
        return False
    return True


def folder(text: str) -> str | None:
    """A directory that is there, or could be made; empty is unset."""
    if not text:
        return None
    path = Path(text)
    if not path.is_absolute():
        return "not an absolute path"
    try:
        return None if stat.S_ISDIR(_nearest(path).stat().st_mode) else "not a directory"
    except (OSError, ValueError, RuntimeError):  # a circle of links, a name too long, somebody else's
        return "not a directory that can be reached"


def _nearest(path: Path) -> Path:
    """The path itself, or the first above it that is there. Raises OSError."""
    while True:
        try:
            path.lstat()
            return path
        except FileNotFoundError:
            path = path.parent


def existing_folder(text: str) -> str | None:
    """A directory that is there; empty is unset."""
    try:
        return None if not text or (Path(text).is_absolute() and Path(text).is_dir()) else "not a directory"
    except (OSError, ValueError):
        return "not a directory that can be reached"


def certificates(text: str) -> str | None:
    """A file or directory from which TLS can load whom to trust; empty is unset."""
    if not text:
        return None
    import ssl

    try:
        is_folder = Path(text).is_dir()
        ssl.create_default_context(capath=text if is_folder else None, cafile=None if is_folder else text)
    except (OSError, ValueError):  # ssl.SSLError is an OSError
        return "no certificates can be read from it"
    return None


def appendable(text: str) -> str | None:
    """A file that this process can write to, tried as TLS will; empty is unset."""
    if not text:
        return None
    if not Path(text).is_absolute():
        return "not an absolute path"
    import ssl

    try:  # as TLS will: permissions are no answer, they let root write /proc/version
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).keylog_filename = text
    except (OSError, ValueError):
        return "not a file that can be written"
    return None
