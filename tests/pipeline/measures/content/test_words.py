"""The sentences of the report, word by word."""

from __future__ import annotations

from pipeline.measures.content.meter import NOTHING, Content
from pipeline.measures.content.stretches import Stretch
from pipeline.measures.content.words import MOST, SHORT_S, offer, sentences


def content(*ends: tuple[str, float, float], speech: bool = True) -> Content:
    return Content(tuple(Stretch(*end) for end in ends), speech)


def test_what_lasts_has_its_ends_and_what_is_short_its_moment() -> None:
    heard = content(("music", 12.4, 45.0), ("applause", 62.0, 62.0 + SHORT_S - 0.1))
    assert sentences(heard, silent=False) == ("Music from 0:12 to 0:45.", "Applause at 1:02.")


def test_places_of_one_kind_share_a_sentence() -> None:
    heard = content(("laughter", 3.0, 4.0), ("singing", 5.0, 20.0), ("laughter", 3725.0, 3726.0))
    assert sentences(heard, silent=False) == ("Singing from 0:05 to 0:20.", "Laughter at 0:03, at 1:02:05.")


def test_many_places_are_counted() -> None:
    heard = content(*(("laughter", 10.0 * k, 10.0 * k + 1) for k in range(MOST + 3)))
    (said,) = sentences(heard, silent=False)
    assert said.endswith("at 0:50, and 3 more.")


def test_silence_is_said_and_nothing_else() -> None:
    assert sentences(content(speech=False), silent=True) == ("The recording is silent.",)


def test_that_nobody_speaks_is_said_only_where_somebody_listened() -> None:
    (said,) = sentences(content(speech=False), silent=False)
    assert said.startswith("No speech was found")
    assert sentences(content(), silent=False) == ()
    assert sentences(NOTHING, silent=False) == ()


def test_that_it_can_be_kept_is_offered_and_that_it_was_is_told() -> None:
    heard = content(("laughter", 3.0, 4.0), ("music", 5.0, 20.0), ("singing", 5.0, 20.0))
    (offered,) = offer(heard, keep_music=False)
    assert "music, singing and laughter" in offered
    assert "Keep music" in offered
    assert offer(heard, keep_music=True) == ("Kept as recorded: music, singing and laughter.",)
    assert offer(content(("music", 5.0, 20.0)), keep_music=True) == ("Kept as recorded: music.",)
    assert offer(content(), keep_music=False) == offer(content(), keep_music=True) == ()
