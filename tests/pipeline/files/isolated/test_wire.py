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

STORED = Stored("wav", "pcm_s16le", 16, False, False, "stereo", 3)
FACTS = Facts(STORED, (Track(1, "ger", "Kommentar", "pcm_s16le", 2, is_default=True),), 1)


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


def test_an_empty_block_that_says_nothing_makes_no_sense() -> None:
    with pytest.raises(ValueError):
        received(wire._HEAD.pack(b"B", 16_000, 2, 0, 0.0))
    with pytest.raises((ValueError, EOFError)):
        received(wire._HEAD.pack(b"T", wire.MOST_TOLD + 1, 0, 0, 0.0))
