"""What can be measured without other people's data: speed and memory of the denoisers, the cost of each rung, how long
a person waits."""

from __future__ import annotations

import subprocess
import sys


def main() -> None:
    for module in ("benchmarks.speed", "benchmarks.rungs", "benchmarks.waiting"):
        subprocess.run([sys.executable, "-m", module], check=True)


if __name__ == "__main__":
    main()
