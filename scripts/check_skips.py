"""Fails when a test was skipped: in CI a missing tool is a fault of the machine, not a reason to look away.

usage: python -m scripts.check_skips JUNIT_XML
"""

from __future__ import annotations

import sys
from pathlib import Path
from xml.etree import ElementTree as ET

SLOWEST = 10


def main() -> int:
    """List the slowest tests and the skipped ones; 1 if any was skipped, or none was run."""
    # The file was written by our own pytest a moment ago.
    cases = list(ET.parse(Path(sys.argv[1])).iter("testcase"))
    name = {case: f"{case.get('classname')}::{case.get('name')}" for case in cases}
    for case in sorted(cases, key=lambda case: -float(case.get("time", 0)))[:SLOWEST]:
        sys.stdout.write(f"{float(case.get('time', 0)):7.1f} s  {name[case]}\n")
    skipped = [(case, mark) for case in cases for mark in case.iter("skipped") if mark.get("type") != "pytest.xfail"]
    for case, mark in skipped:
        sys.stdout.write(f"skipped: {name[case]}: {mark.get('message')}\n")
    sys.stdout.write(f"{len(cases)} tests, {len(skipped)} skipped\n")
    return 1 if skipped or not cases else 0


if __name__ == "__main__":
    sys.exit(main())
