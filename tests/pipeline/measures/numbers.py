"""The numbers of an analysis, which `pytest.approx` compares; it takes no lists."""

from __future__ import annotations

from pipeline.measures.analysis import Analysis


def numbers(measures: Analysis) -> dict[str, float | None]:
    return {name: value for name, value in measures.as_dict().items() if not isinstance(value, list)}
