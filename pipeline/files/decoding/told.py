"""What is to be said of a recording once it was read: what could not be, what was mended, what its header got wrong."""

from __future__ import annotations

NEAR_S = 0.5  # damage that lies nearer together is one place
MOST_PLACES = 3  # that are named one by one
SHORTEST_S = 0.005  # told

Place = tuple[float, float]  # from, how long, in s


class Told:
    """Gathers sentences while a recording is read. at_s : where in the recording that is."""

    def __init__(self) -> None:
        self.at_s = 0.0
        self._said: list[str] = []
        self._lost: list[Place] = []
        self._gaps: list[Place] = []
        self._jumps: list[Place] = []

    def say(self, sentence: str) -> None:
        """Each sentence once."""
        if sentence and sentence not in self._said:
            self._said.append(sentence)

    def lost(self, seconds: float) -> None:
        """Here so many seconds could not be read."""
        _add(self._lost, self.at_s, seconds)

    def gap(self, seconds: float) -> None:
        """Here the file holds no sound for so many seconds."""
        _add(self._gaps, self.at_s, seconds)

    def jump(self, seconds: float) -> None:
        """Here so many seconds are missing, and nothing was put there."""
        _add(self._jumps, self.at_s, seconds)

    def sentences(self) -> tuple[str, ...]:
        return (
            *self._said,
            *_places(self._lost, "{0} at {1} could not be read.", "{0} in {1} could not be read."),
            *_places(
                self._gaps,
                "The file leaves out {0} at {1}: silence was put there.",
                "The file leaves out {0} in {1}: silence was put there.",
            ),
            *_places(
                self._jumps,
                "The file leaves out {0} at {1}: what follows comes so much earlier.",
                "The file leaves out {0} in {1}: what follows comes so much earlier.",
            ),
        )


def clock(seconds: float) -> str:
    """A place in a recording: 0:12, 1:02:03."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def length(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 0.1 else f"{max(seconds, 0.01):.2f} s"


def _add(places: list[Place], at_s: float, seconds: float) -> None:
    if places and at_s - sum(places[-1]) < NEAR_S:
        places[-1] = places[-1][0], places[-1][1] + seconds
    else:
        places.append((at_s, seconds))


def _places(places: list[Place], sentence: str, of_many: str) -> tuple[str, ...]:
    """sentence, of_many : take how long, and where"""
    told = [place for place in places if place[1] >= SHORTEST_S]
    if len(told) > MOST_PLACES:
        total, where = sum(seconds for _, seconds in told), f"{len(told)} places, from {clock(told[0][0])} on"
        return (of_many.format(length(total), where),)
    return tuple(sentence.format(length(seconds), clock(at_s)) for at_s, seconds in told)
