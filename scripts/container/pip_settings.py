"""Writes this machine's pip settings as one pip.conf, and prints the local paths they name, for mounting into a build.

usage: python -m scripts.container.pip_settings PIP_CONF
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlparse

# Settings that say where packages come from; the others (a user's paths, defaults of commands) stay out of the build.
SOURCES = {"index-url", "extra-index-url", "find-links", "trusted-host", "cert", "proxy", "timeout", "default-timeout"}


def settings() -> dict[str, str]:
    """From pip's files and from the environment, whose values pip lists first and prefers."""
    listed = subprocess.run([sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True)
    found: dict[str, str] = {}
    for line in listed.stdout.splitlines():
        name, _, value = line.partition("=")
        key = name.rpartition(".")[2]
        if key in SOURCES and (name.startswith(":env:") or key not in found):
            found[key.removeprefix("default-")] = value.strip("'\"").replace("\\n", " ")
    return found


def local_paths(values: dict[str, str]) -> set[Path]:
    """Files and directories of this machine that the settings name."""
    words = [word for key, value in values.items() if key not in {"timeout", "proxy"} for word in value.split()]
    paths = [Path(unquote(urlparse(word).path)) for word in words if word.startswith(("/", "file:"))]
    # The pages of a local index, by custom called "simple", point to files beside it.
    return {path.parent if path.name == "simple" else path for path in paths if path.exists()}


def main() -> None:
    """Write the file, print the paths."""
    values = settings()
    lines = [f"{key} = " + "\n    ".join(value.split()) + "\n" for key, value in values.items()]
    Path(sys.argv[1]).write_text("[global]\n" + "".join(lines), encoding="utf-8")
    sys.stdout.writelines(f"{path}\n" for path in sorted(local_paths(values)))


if __name__ == "__main__":
    main()
