"""A site of a test's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.config import Config
from service.site import Site
from service.storage import Storage


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    storage = Storage.choose({"GRADIO_TEMP_DIR": str(tmp_path)})
    storage.open(3600)
    yield Site(Config.from_environ({}), storage)
    storage.close()
