"""Who asks: by address, and behind proxies of ours by what they say."""

from __future__ import annotations

import pytest

from service.http.visitors import visitor_of


@pytest.mark.parametrize(
    ("peer", "forwarded", "hops", "visitor"),
    [
        ("10.0.0.1", "", 0, "10.0.0.1"),
        ("10.0.0.1", "1.2.3.4", 0, "10.0.0.1"),  # nobody's word counts
        ("10.0.0.1", "1.2.3.4", 1, "1.2.3.4"),
        ("10.0.0.1", "6.6.6.6, 1.2.3.4", 1, "1.2.3.4"),  # the visitor's own word does not
        ("10.0.0.1", "6.6.6.6, 1.2.3.4, 10.0.0.7", 2, "1.2.3.4"),
        ("10.0.0.1", "1.2.3.4", 3, "1.2.3.4"),
        ("10.0.0.1", "", 1, "10.0.0.1"),
        ("10.0.0.1", "unknown", 1, "10.0.0.1"),
        ("10.0.0.1", "1.2.3.4:5678", 1, "1.2.3.4"),
        ("10.0.0.1", "[2001:db8:1:2:3::4]:443", 1, "2001:db8:1:2::/64"),
        ("2001:db8:1:2:aaaa::1", "", 0, "2001:db8:1:2::/64"),
        ("::ffff:1.2.3.4", "", 0, "1.2.3.4"),
        ("", "", 1, "unknown"),
        ("/run/app.sock", ", ,", 1, "unknown"),
    ],
)
def test_visitors(peer: str, forwarded: str, hops: int, visitor: str) -> None:
    assert visitor_of(peer, forwarded, hops) == visitor
