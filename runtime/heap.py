"""The allocator's spare memory goes back to the system.

glibc keeps what was freed: in an arena for nearly every thread that ever asked for memory, and below whatever still
lives at an arena's end. A server with a thread for each visitor's work then grows by 50 to 100 MB in its first hours,
and stays so: in a container of 512 MB that is the room for a recording. Two arenas serve as well (NumPy's blocks are
large, and come from the system directly), and after each work the spare pages are returned.

Other C libraries do this by themselves, or have no such call; there nothing is done. See mallopt(3), malloc_trim(3).
"""

from __future__ import annotations

import ctypes
import sys

M_ARENA_MAX = -8
ARENAS = 2


def keep_small() -> None:
    """Few arenas from here on. For whoever owns the process, before its threads start."""
    if (library := _glibc()) is not None:
        library.mallopt(M_ARENA_MAX, ARENAS)


def give_back() -> bool:
    """Return spare pages; whether there were any. A few milliseconds, in which other threads run."""
    library = _glibc()
    return library is not None and bool(library.malloc_trim(0))


def _glibc() -> ctypes.CDLL | None:
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "malloc_trim") and hasattr(library, "mallopt") else None
