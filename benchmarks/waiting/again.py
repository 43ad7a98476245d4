"""The same recording once more with another setting, as the page asks for it: what is kept is not done again."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median

from pipeline.settings import Denoise, Level, Loudness, Mix, Settings, Tone
from service.jobs.order import PREVIEW_S

MOVES = {
    "loudness": replace(Settings(), loudness=Loudness(True, -20.0)),
    "tone": replace(Settings(), tone=Tone(100.0, 2.0, 3.0)),
    "mix": replace(Settings(), mix=Mix(70.0)),
    "level": replace(Settings(), level=Level(9.0)),
    "strength of noise reduction": replace(Settings(), denoise=Denoise(14.0)),
}


class Desk:
    """A site with one upload of one visitor. `seconds` of each piece of work, from order to player."""

    def __init__(self, folder: Path, recording: Path) -> None:
        from service.config import Config
        from service.line.admission import Visit
        from service.site import Site
        from service.storage import Storage

        storage = Storage.choose({"GRADIO_TEMP_DIR": str(folder)})
        storage.open(3600)
        self.site, self.visit = Site(Config.from_environ({}), storage), Visit("visitor")
        self.source = Path(shutil.copy(recording, storage.new_folder("in")))
        storage.give(self.source, "visitor")

    def seconds(self, wanted: Settings, stretch: tuple[float, float] | None = None) -> float:
        from service import jobs
        from service.work import finished

        began = time.perf_counter()
        order = jobs.Order(self.source, wanted, visit=self.visit, stretch=stretch, listens=True)
        finished(jobs.serve_one(self.site, order))
        return time.perf_counter() - began


@contextmanager
def desk(recording: Path) -> Iterator[Desk]:
    with tempfile.TemporaryDirectory() as folder:
        made = Desk(Path(folder), recording)
        yield made
        made.site.storage.close()


def show(recording: Path, runs: int) -> None:
    """Two tables, from the order to a result that can be listened to."""
    with desk(recording) as one:
        one.seconds(Settings())  # compiles
        print("\n| moved after a run | s, nothing kept | s | ratio |\n|---|--:|--:|--:|")
        for name, moved in MOVES.items():
            fresh, again = [], []
            for _ in range(runs):
                one.site.cache.clear()
                fresh.append(one.seconds(moved))
                one.site.cache.clear()
                one.seconds(Settings())
                again.append(one.seconds(moved))
            ratio = median(after / before for before, after in zip(fresh, again, strict=True))
            print(f"| {name} | {median(fresh):.2f} | {median(again):.2f} | {ratio:.2f} |")
        first = []
        for _ in range(runs):
            one.site.cache.clear()
            first.append(one.seconds(Settings(), (0.0, PREVIEW_S)))
        print(f"\nThe first {PREVIEW_S:.0f} seconds, ready to be played: {median(first):.2f} s.")
