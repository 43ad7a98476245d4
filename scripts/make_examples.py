"""Make what the page plays of its examples: before and after, with pictures and words, so that nobody waits for them.

    python -m scripts.make_examples

To be run again when the engine sounds different; a test compares the denoiser's weights.
"""

from __future__ import annotations

import sys
from pathlib import Path

import runtime_setup

LABELS = {
    "city-street": "City street", "archive-1961": "Tape of 1961", "exercise-bike": "Gym bike",
    "hum-and-hiss": "Hum and hiss",
}  # fmt: skip


def main() -> int:
    """Returns the exit status."""
    runtime_setup.own_process()
    runtime_setup.configure()

    from service.site import examples

    for clip in examples():
        make(clip)
        print(clip.stem)
    return 0


def make(clip: Path) -> None:
    """All of one example."""
    import pipeline
    from pipeline.files.decode import Recording
    from pipeline.neural import chosen
    from service.http.jobs.orders import summary
    from service.media import examples
    from service.media.copies import CopyMaker, Media

    folder = examples.MADE / clip.stem
    folder.mkdir(parents=True, exist_ok=True)
    after, removed = folder / "after.flac", folder / "removed.flac"
    report = pipeline.enhance_file(clip, after, subtype="PCM_16", removed=removed)
    before, weights = report.before, chosen.status()["sha256"]
    maker = CopyMaker(folder, round(before.duration_s * before.sample_rate), lambda _: None)
    tracks = {
        "before": maker.track("before", Recording(clip), clip, before.lufs),
        "after": maker.track("after", Recording(after), after, report.after.lufs),
        "removed": maker.track("removed", Recording(removed), removed, None),
    }
    media = Media(before.duration_s, before.sample_rate, before.channels, tracks)
    told = {"name": clip.name, "settings": report.settings, "output_format": "flac", "result": summary(report)}
    examples.write(examples.Example(clip.stem, LABELS.get(clip.stem, clip.stem), told, media, weights))


if __name__ == "__main__":
    sys.exit(main())
