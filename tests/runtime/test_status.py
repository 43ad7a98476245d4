"""What is said of a directory that does not serve."""

from __future__ import annotations

import pytest

from runtime.status import Refusal


@pytest.mark.parametrize(
    ("path", "named_by", "said"),
    [
        ("/a/b", "", "/a/b is not used: no."),
        ("/a/b", "NUMBA_CACHE_DIR", "NUMBA_CACHE_DIR /a/b is not used: no."),
        ("/a/b", "the baked cache", "The baked cache /a/b is not used: no."),
        ("http:/user:s3cret@host/x", "the baked cache", "The baked cache is not used: no."),
        ("user:s3cret@host", "NUMBA_CACHE_DIR", "NUMBA_CACHE_DIR is not used: no."),
    ],
)
def test_an_address_is_not_repeated(path: str, named_by: str, said: str) -> None:
    assert str(Refusal(path, "no", named_by)) == said
