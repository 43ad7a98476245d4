"""The signal path: which stages work on the sound itself, and in which order. The one list of them.

Whoever needs to know the stages reads `SIGNAL_PATH`: the enhancement, the warm-up, the tests of what every stage must
keep, the docs. The leveler follows it, behind the mix with the original; the loudness comes on the way out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from pipeline.settings import Settings
from pipeline.stream.stage import IDENTITY, AnyStage

from . import declick, rumble, tone
from .declip import stage as declip
from .deess import stage as deess
from .dehum import stage as dehum
from .denoise.choice import Denoiser


class StageContext(NamedTuple):
    """What a stage is made for. denoiser : the one that was chosen for it, once."""

    settings: Settings
    denoiser: Denoiser
    sample_rate: int
    channels: int


class Step(NamedTuple):
    """One place on the signal path.

    stages : its stages; IDENTITY, or none, where it is off
    apart : every channel is worked on for itself; elsewhere all channels get the same gain, and the image stays
    """

    name: str
    stages: Callable[[StageContext], tuple[AnyStage, ...]]
    apart: bool = False


SIGNAL_PATH = (
    Step("declip", lambda o: (declip.stage(o.settings.declip, o.sample_rate, o.channels),), apart=True),
    Step("declick", lambda o: (declick.stage(o.settings.declick, o.sample_rate, o.channels),), apart=True),
    Step("dehum", lambda o: (dehum.stage(o.settings.dehum, o.sample_rate, o.channels),)),
    Step("denoise", lambda o: o.denoiser.stages),  # noise and room: one transform serves both
    Step("rumble", lambda o: (rumble.stage(o.settings.tone, o.sample_rate, o.channels),), apart=True),
    Step("tone", lambda o: (tone.stage(o.settings.tone, o.sample_rate, o.channels),), apart=True),
    Step("deess", lambda o: (deess.stage(o.settings.deess, o.sample_rate, o.channels),)),
)


def restoration(order: StageContext) -> list[AnyStage]:
    """The stages that are on, in order: repair, noise and room, tone."""
    return [stage for step in SIGNAL_PATH for stage in step.stages(order) if stage is not IDENTITY]
