"""What a decoder says beside the samples: facts and remarks, which somebody else may have written."""

from __future__ import annotations

import io
import json
import socket
from dataclasses import asdict

import numpy as np
import pytest

from pipeline.files.decoded import Block
from pipeline.files.isolated import wire
from pipeline.files.stored import Facts, Stored, Track
from pipeline.files.tags.metadata import MOST_CHAPTERS, MOST_COVER_BYTES, MOST_TAG_BYTES, Chapter, Cover, Metadata

STORED = Stored("wav", "pcm_s16le", 16, False, False, "stereo", 3)
FACTS = Facts(STORED, (Track(1, "ger", "Kommentar", "pcm_s16le", 2, is_default=True),), 1, has_video=True)


def received(*sent: bytes) -> Block | None:
    rest = io.BytesIO(b"".join(sent))

    def fill(buffer: memoryview) -> None:
        if rest.readinto(buffer) != len(buffer):
            raise EOFError

    return wire.receive(fill)


def sent(block: Block) -> bytes:
    here, there = socket.socketpair()
    with here, there:
        wire.send_block(there, block)
        there.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: here.recv(1 << 16), b""))


def told(text: object) -> bytes:
    data = json.dumps(text).encode() if not isinstance(text, bytes) else text
    return wire._HEAD.pack(b"T", len(data), 0, 0, 0.0) + data


SOUND = sent(Block(16_000, np.zeros((2, 5), np.float32)))


def test_facts_and_remarks_come_with_the_block() -> None:
    block = Block(16_000, np.ones((2, 5), np.float32), 3.0, FACTS, ("1.7 s at 0:12 could not be read.",))
    found = received(sent(block))
    assert found is not None
    assert (found.sample_rate, *found[2:]) == (16_000, *block[2:])
    np.testing.assert_array_equal(found.samples, block.samples)
    last = received(sent(Block(16_000, np.zeros((2, 0), np.float32), None, None, ("The file ends early.",))))
    assert last is not None and (last.samples.shape, last.remarks) == ((2, 0), ("The file ends early.",))


def test_texts_of_strangers_are_short_and_printable() -> None:
    found = received(told({"facts": None, "remarks": ["a\x1b[31m\nb" + "x" * 900] * 99}), SOUND)
    assert found is not None
    assert len(found.remarks) == wire.MOST_REMARKS
    assert found.remarks[0].startswith("a [31m b") and len(found.remarks[0]) == wire.MOST_REMARK


@pytest.mark.parametrize(
    "text",
    [
        b"\xff", b"[", 1, [], {}, {"facts": None}, {"facts": 1, "remarks": []}, {"facts": {}, "remarks": []},
        {"facts": None, "remarks": 3}, b"[" * 90_000,
        {"facts": asdict(FACTS) | {"stored": asdict(STORED) | {"bits": "many"}}, "remarks": []},
        {"facts": asdict(FACTS) | {"track": "x"}, "remarks": []},
        {"facts": asdict(FACTS) | {"tracks": [7]}, "remarks": []},
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_a_value_error(text: object) -> None:
    with pytest.raises(ValueError):
        received(told(text), SOUND)


ABOUT = Metadata(
    (("TITLE", "Wörter\x01"), ("ARTIST", "Bo")),
    Cover("image/png", b"\x89PNG\r\n\x1a\n" + bytes(5000)),
    (Chapter(0.0, 1.5, "Anfang"), Chapter(2.0, None, "Schluß")),
)


def said(text: object, picture: bytes = b"") -> bytes:
    data = json.dumps(text).encode() if not isinstance(text, bytes) else text
    return wire._HEAD.pack(b"A", len(data), len(picture), 0, 0.0) + data + picture


@pytest.mark.parametrize("about", [ABOUT, Metadata(ABOUT.tags), Metadata((), ABOUT.cover)])
def test_tags_cover_and_chapters_come_with_the_block(about: Metadata) -> None:
    block = Block(16_000, np.ones((2, 5), np.float32), 3.0, FACTS, (), about)
    found = received(sent(block))
    assert found is not None
    assert (found.sample_rate, *found[2:]) == (16_000, *block[2:])


def test_what_a_decoder_says_of_tags_is_held_to_the_limits() -> None:
    tags = [["A", "x" * MOST_TAG_BYTES], ["B", "y"], ["C", "z" * MOST_TAG_BYTES]]
    chapters = [[1e300, None, "x"], [-1, None, "x"], [float("nan"), None, "x"], [1, float("inf"), "a\nb\ud800"]]
    found = received(said({"tags": tags[1:], "chapters": chapters}, b"<svg/>"), SOUND)
    assert found is not None
    assert found.about == Metadata((("B", "y"),), None, (Chapter(1.0, None, "ab?"),))
    found = received(said({"tags": tags, "chapters": [[k, k, "x"] for k in range(3000)]}), SOUND)
    assert found is not None and found.about is not None
    assert found.about.tags == () and len(found.about.chapters) == MOST_CHAPTERS
    with pytest.raises((ValueError, EOFError)):
        received(wire._HEAD.pack(b"A", wire.MOST_ABOUT + 1, 0, 0, 0.0))
    with pytest.raises((ValueError, EOFError)):
        received(wire._HEAD.pack(b"A", 2, MOST_COVER_BYTES + 1, 0, 0.0))


@pytest.mark.parametrize(
    "text",
    [
        b"\xff", b"[", 1, [], {}, {"tags": []}, {"tags": 1, "chapters": []}, {"tags": [["A"]], "chapters": []},
        {"tags": [], "chapters": [[0, 1]]}, {"tags": [], "chapters": [["x", None, ""]]}, b"[" * 90_000,
        {"tags": [], "chapters": [[10**400, None, ""]]},
    ],
)  # fmt: skip
def test_tags_that_make_no_sense_are_a_value_error(text: object) -> None:
    with pytest.raises(ValueError):
        received(said(text), SOUND)


def test_an_empty_block_that_says_nothing_makes_no_sense() -> None:
    with pytest.raises(ValueError):
        received(wire._HEAD.pack(b"B", 16_000, 2, 0, 0.0))
    with pytest.raises((ValueError, EOFError)):
        received(wire._HEAD.pack(b"T", wire.MOST_TOLD + 1, 0, 0, 0.0))
