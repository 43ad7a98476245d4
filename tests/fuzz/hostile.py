"""What hostile visitors write: texts, numbers and JSON, for every door that takes some."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import strategies as st

FORGED = "INFO app: forged"
"""Stands at the beginning of a line only where a text was written as it came."""

CLASSICS = [
    "", " ", "\0", "null", "nan", "-1", "../../etc/passwd", "/etc/passwd", "/proc/self/environ", "C:\\x", "~root",
    "%00", "%2e%2e%2f", "{}", "[]", "{0}", "%s%n", "$(id)", "`id`", "'; --", "<script>alert(1)</script>", "__class__",
    "\ud800", "\udfff\ud800", "\ufffe", "\u202e", "é", "😀", "a" * 300, f"a\n{FORGED}", f"a\r\n{FORGED}",
    f"a\x1b[2J\n{FORGED}", f"\u2028{FORGED}", f"\x85{FORGED}",
    "http://127.0.0.1:1/x", "file:///etc/passwd", "data:,x", "NaN", "true",
]  # fmt: skip

texts = st.one_of(st.sampled_from(CLASSICS), st.text(max_size=20), st.text(st.characters(codec=None), max_size=20))
plain = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=12)

numbers = st.one_of(
    st.integers(), st.floats(), st.floats(-40, 120), st.booleans(),
    st.sampled_from([0, -0.0, 1e308, 5e-324, 2**31, 2**63, 2**64, 10**40, 10**400, -(10**400), math.nan, math.inf]),
)  # fmt: skip

scalars = st.one_of(st.none(), numbers, texts)


def nested(depth: int) -> list[Any]:
    """[[[…]]]"""
    found: list[Any] = []
    for _ in range(depth):
        found = [found]
    return found


values = st.one_of(
    scalars,
    st.recursive(
        scalars, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
        max_leaves=6,
    ),
    st.builds(nested, st.sampled_from([3, 100, 500])),
)  # fmt: skip
"""What JSON can hold."""
