from __future__ import annotations

import pickle

import pytest

from pipeline import AudioError, Cancelled, EnhancementError, LimitError, SettingsError
from pipeline.errors import FullError

STATUS = {
    EnhancementError: 500, AudioError: 422, LimitError: 413, SettingsError: 400, FullError: 507, Cancelled: 499,
}  # fmt: skip


def test_the_tree() -> None:
    assert all(issubclass(kind, EnhancementError) for kind in STATUS)
    assert issubclass(LimitError, AudioError)
    assert issubclass(SettingsError, ValueError)
    assert {kind: kind.status for kind in STATUS} == STATUS


@pytest.mark.parametrize("kind", STATUS)
def test_three_texts(kind: type[EnhancementError]) -> None:
    error = kind("It is broken.", details="why", suggestion="Mend it.")
    assert str(error) == "It is broken."
    assert error.as_dict() == {"error": "It is broken.", "details": "why", "suggestion": "Mend it."}
    assert kind("It is broken.").as_dict() == {"error": "It is broken.", "details": "", "suggestion": ""}


@pytest.mark.parametrize("kind", STATUS)
def test_errors_travel_between_processes(kind: type[EnhancementError]) -> None:
    error = pickle.loads(pickle.dumps(kind("It is broken.", details="why", suggestion="Mend it.")))
    assert type(error) is kind
    assert error.as_dict() == {"error": "It is broken.", "details": "why", "suggestion": "Mend it."}
