"""A Python process with the program's packages and decoders, but none of its start, none of its files, no secrets."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

# None of the program's own start: that chooses directories for compiled code.
START = """
import json, sys, types
sys.path[:] = json.loads(sys.argv[1])
package = sys.modules["pipeline"] = types.ModuleType("pipeline")
package.__path__ = [sys.argv[2]]
from importlib import import_module
main = import_module(sys.argv[3]).main
main(*sys.argv[4:])
"""
_KEPT = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR")
_ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"), "1")


def started(module: str, *arguments: str, fds: tuple[int, ...]) -> subprocess.Popen[bytes]:
    """A process that calls `main` of a module beside this one. fds : the descriptors that it gets"""
    package = Path(__file__).resolve().parents[2]
    paths = json.dumps([str(Path(path).resolve()) for path in ("", *sys.path)])
    nothing = subprocess.DEVNULL
    return subprocess.Popen(
        [sys.executable, "-I", "-S", "-X", "utf8", "-c", START, paths, str(package),
         f"pipeline.files.isolated.{module}", *arguments],
        env={name: os.environ[name] for name in _KEPT if name in os.environ} | _ONE_THREAD,
        pass_fds=fds, stdin=nothing, stdout=nothing, stderr=nothing, cwd="/", start_new_session=True,
    )  # fmt: skip
