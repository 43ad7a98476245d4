"""Who asks, told by their address."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network


def visitor_of(peer: str, forwarded: str, hops: int) -> str:
    """A visitor's name, from the addresses that a request came by.

    peer : the other end of the connection
    forwarded : the header X-Forwarded-For: what each proxy on the way has seen, the nearest last
    hops : how many of those proxies are ours; what others wrote there may be made up

    An IPv6 visitor is a /64, the least that a home is given (RFC 6177).
    """
    seen = [part.strip() for part in forwarded.split(",") if part.strip()]
    told = seen[max(0, len(seen) - hops)] if hops and seen else peer
    address = _address(told) or _address(peer)
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return str(ip_network((address, 64), strict=False))
    return str(getattr(address, "ipv4_mapped", None) or address or "unknown")


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """The address in `text`, which may be followed by a port."""
    for candidate in (text, text.rpartition(":")[0], text.strip("[]").split("]")[0]):
        try:
            return ip_address(candidate)
        except ValueError:
            continue
    return None
