"""What may be opened."""

from __future__ import annotations

import os
from pathlib import Path

from service.site import Site, examples


def test_only_examples_and_uploads_may_be_opened(tmp_path: Path) -> None:
    foreign = tmp_path / "secret.wav"
    foreign.write_bytes(b"RIFF")
    assert not Site().may_open(foreign)


def test_an_example_is_opened_under_its_one_plain_name() -> None:
    site = Site()
    assert examples()
    for example in examples():
        assert site.may_open(example)
        assert not site.may_open(f"{example.parent}/./{example.name}")
        assert not site.may_open(f"/proc/self/root{example}")


def test_making_one_changes_nothing() -> None:
    before = dict(os.environ)
    site = Site()
    assert dict(os.environ) == before
    assert not site.storage.root.exists()
