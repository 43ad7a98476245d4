"""The video that was uploaded, with the enhanced sound in place of the track that was enhanced.

Pictures, subtitles and other sound tracks are copied as they are. The video is a stranger's, so a process of its own
does that, with limits and nothing but the files at hand (`pipeline.files.isolated.remuxing`). The sound is ours, and
encoded here: AAC at 192 kbit/s, in WebM and Matroska Opus.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.errors import SettingsError
from pipeline.files.decode import Recording
from pipeline.files.encode import Writer
from pipeline.files.formats import AudioShape, Encoding, form_of
from pipeline.files.isolated import remuxing
from pipeline.files.limits import OURS
from service.jobs import Order, Outcome
from service.jobs.serving import strangers
from service.work import Handle

from .amount import at_rate

ENCODING = Encoding(bitrate_kbps=192)
USUAL_RATE = 48_000  # where the recording's is none that the codec knows
OF_MATROSKA = {".mkv", ".webm"}


def place(made: Outcome) -> Path | None:
    """Where the video lies once it is made, beside the result; None where there is none."""
    return made.after.with_suffix(made.video) if made.video else None


def make(handle: Handle, order: Order, made: Outcome, target: Path) -> None:
    """Write the video to `target`: whole, or not at all."""
    handle.report(0.0, "Reading the video")
    original = Recording(order.source, strangers(), handle.cancelled, track=order.track)
    with TemporaryDirectory(dir=made.folder) as folder:
        handle.report(0.1, "Encoding the sound")
        sound = _sound(handle, made, Path(folder), target.suffix)
        handle.report(0.6, "Writing the video")
        remuxing.with_sound(
            order.source, sound, target, original.stored.container, original.track,
            made.report.before.duration_s, handle.cancelled,
        )  # fmt: skip


def _sound(handle: Handle, made: Outcome, folder: Path, suffix: str) -> Path:
    """The result, as the video's container takes it."""
    after = Recording(made.after, OURS, handle.cancelled)
    takes_opus = suffix == ".webm" or (suffix in OF_MATROSKA and after.channels <= 2)
    kind = ".opus" if takes_opus else ".m4a"
    if made.after.suffix == kind:
        return made.after
    rate = after.sample_rate
    try:
        form_of(kind, AudioShape(rate, after.channels, 0), ENCODING)
    except SettingsError:
        rate = USUAL_RATE
    path = folder / f"sound{kind}"
    with Writer(path, AudioShape(rate, after.channels, 0), ENCODING) as writer:
        for block in at_rate(after, rate):
            writer.write(block)
    return path
