"""The benchmark of the runtime's rungs: the one for which the runtime has to be told that nothing can be written."""

from __future__ import annotations

from benchmarks import rungs


def test_code_is_compiled_in_memory() -> None:
    cost = rungs.run("in memory", 0.3)
    assert cost.mode == "memory"
    assert cost.compilations > 50
    assert len(cost.later) == 3
