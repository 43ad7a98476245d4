"""What was freed goes back to the system."""

from __future__ import annotations

import subprocess
import sys

import pytest

from runtime import heap

GLIBC = sys.platform.startswith("linux") and heap._glibc() is not None
GROWN = """
import threading
from runtime import heap

heap.{keep}
def rss():
    return int(open("/proc/self/statm").read().split()[1]) * 4096

def work():
    kept.append([bytes(1000) for _ in range(100_000)])
    del kept[0]

kept = []
before = rss()
for _ in range(4):
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
pins = [bytes(600) for _ in range(3000)]
grown = rss() - before
heap.give_back()
print(before, grown, rss() - before)
"""


@pytest.mark.skipif(not GLIBC, reason="other C libraries give back by themselves")
def test_spare_memory_goes_back() -> None:
    script = GROWN.format(keep="keep_small()")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    _, grown, left = map(int, done.stdout.split())
    assert left < 8e6
    assert left <= grown + 65536  # a page or two of its own are no growth


@pytest.mark.skipif(not GLIBC, reason="other C libraries have no arenas")
def test_the_arenas_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    class Library:
        def mallopt(self, *values: int) -> None:
            asked.append(values)

    monkeypatch.setattr(heap, "_glibc", Library)
    heap.keep_small()
    assert asked == [(-8, 2)]


def test_where_there_is_no_such_call_nothing_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heap, "_glibc", lambda: None)
    heap.keep_small()
    assert heap.give_back() is False
