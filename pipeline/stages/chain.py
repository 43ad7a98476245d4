"""The signal path: which stages work on the sound itself, and in which order. The one list of them.

Whoever needs to know the stages reads `SIGNAL_PATH`: the enhancement, the warm-up, the tests of what every stage must
keep, the docs. The leveler follows it, behind the mix with the original; the loudness comes on the way out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from pipeline.settings import Settings
from pipeline.stream.stage import IDENTITY, AnyStage

from . import declick, rumble, tone
from .declip import stage as declip
from .deess import stage as deess
from .dehum import stage as dehum
from .dehum.tracker import Hum
from .denoise.choice import Denoiser


class StageContext(NamedTuple):
    """What a stage is made for. denoiser : the one that was chosen for it, once; hums : as `dehum.stage` has them"""

    settings: Settings
    denoiser: Denoiser
    sample_rate: int
    channels: int
    hums: tuple[Hum | None, ...] | None = None


class Step(NamedTuple):
    """One place on the signal path.

    stages : its stages; IDENTITY, or none, where it is off
    apart : every channel is worked on for itself; elsewhere all channels get the same gain, and the image stays
    """

    name: str
    stages: Callable[[StageContext], tuple[AnyStage, ...]]
    apart: bool = False


CLEANING = (
    Step("declip", lambda c: (declip.stage(c.settings.declip, c.sample_rate, c.channels),), apart=True),
    Step("declick", lambda c: (declick.stage(c.settings.declick, c.sample_rate, c.channels),), apart=True),
    Step("dehum", lambda c: (dehum.stage(c.settings.dehum, c.sample_rate, c.channels, c.hums),)),
    Step("denoise", lambda c: c.denoiser.stages),  # noise and room: one transform serves both
)
TONE = (
    Step("rumble", lambda c: (rumble.stage(c.settings.tone, c.sample_rate, c.channels),), apart=True),
    Step("tone", lambda c: (tone.stage(c.settings.tone, c.sample_rate, c.channels),), apart=True),
    Step("deess", lambda c: (deess.stage(c.settings.deess, c.sample_rate, c.channels),)),
)


SIGNAL_PATH = (*CLEANING, *TONE)  # what the first part makes is kept for the next enhancement with another tone


def stages(steps: Iterable[Step], context: StageContext) -> list[AnyStage]:
    """Those that are on, in order."""
    return [stage for step in steps for stage in step.stages(context) if stage is not IDENTITY]
