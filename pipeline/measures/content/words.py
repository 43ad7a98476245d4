"""What was heard beside speech, in sentences."""

from __future__ import annotations

from .meter import Content
from .stretches import Stretch

WHERE = {
    "music": "Music {0}.", "singing": "Singing {0}.", "laughter": "Laughter {0}.", "applause": "Applause {0}.",
}  # fmt: skip
SHORT_S = 5.0  # has a moment rather than an extent
MOST = 6  # places that are named


def sentences(content: Content, silent: bool) -> tuple[str, ...]:
    """A sentence for each kind, and one where no speech was found. silent : the recording holds no sound at all."""
    if silent:
        return ("The recording is silent.",)
    said = [_of_one(kind, [s for s in content.stretches if s.kind == kind]) for kind in WHERE]
    if content.speech is False:
        said.append("No speech was found: what is here was not made for it, listen to the result.")
    return tuple(sentence for sentence in said if sentence)


def offer(content: Content, keep_music: bool) -> tuple[str, ...]:
    """That what was found can be kept, or that it was."""
    if not content.stretches:
        return ()
    names = [kind for kind in WHERE if any(s.kind == kind for s in content.stretches)]
    what = " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
    if keep_music:
        return (f"Kept as recorded: {what}.",)
    return (f"Noise reduction takes {what} for noise: with “Keep music” they stay as recorded.",)


def _of_one(kind: str, found: list[Stretch]) -> str:
    if not found:
        return ""
    named = [_where(stretch) for stretch in found[:MOST]]
    if len(found) > MOST:
        named.append(f"and {len(found) - MOST} more")
    return WHERE[kind].format(", ".join(named))


def _where(stretch: Stretch) -> str:
    if stretch.end_s - stretch.start_s < SHORT_S:
        return f"at {_clock(stretch.start_s)}"
    return f"from {_clock(stretch.start_s)} to {_clock(stretch.end_s)}"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
