"""The licence's text is the official one, unchanged."""

from __future__ import annotations

import hashlib

from tests.delivery.files import ROOT


def test_licence_is_apache_2_as_published() -> None:
    digest = hashlib.sha256((ROOT / "LICENSE").read_bytes()).hexdigest()
    assert digest == "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"
