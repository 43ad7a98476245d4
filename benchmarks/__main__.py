"""What can be measured without other people's data: the denoiser's speed and memory, and the cost of each rung."""

from __future__ import annotations

import subprocess
import sys


def main() -> None:
    for module in ("benchmarks.speed", "benchmarks.rungs"):
        subprocess.run([sys.executable, "-m", module], check=True)


if __name__ == "__main__":
    main()
