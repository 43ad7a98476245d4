"""What was tried, at the end of a run."""

from __future__ import annotations

import pytest

from . import scale


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if scale.tried:
        seed = f"STRESS_SEED={scale.SEED}" if scale.STRESS else "a fixed sample"
        terminalreporter.section(f"inputs tried ({seed})")
        for name, number in sorted(scale.tried.items()):
            terminalreporter.write_line(f"{number:7d}  {name}")
        terminalreporter.write_line(f"{scale.tried.total():7d}  in all")
