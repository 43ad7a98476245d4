"""What is said between the program and its decoder: blocks of samples, one fault, or the end; nothing to be run.

The decoder is not trusted: something in its file may have taken it over.
"""

from __future__ import annotations

import json
import math
import socket
import struct
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import numpy as np

from pipeline.errors import AudioError, LimitError

from ..decoded import Block
from ..stored import Facts, printable
from ..tags.metadata import MOST_COVER_BYTES, MOST_TAG_BYTES, Chapter, Metadata, cover, in_order, kept

REQUEST = struct.Struct("<dI")  # after_s, track (0 for the usual one)
STATUS = struct.Struct("<i")  # how the decoder's process ended, as `waitpid` says it
NOT_STARTED = -1
READY = b"R"

MOST_VALUES = 1 << 18  # in one block: a MiB
MOST_TEXT = 4096  # bytes of a fault
MOST_TOLD = 1 << 17  # bytes of facts and remarks
MOST_REMARKS, MOST_REMARK = 32, 400
MOST_ABOUT = 12 * MOST_TAG_BYTES  # JSON takes six letters for one; and the chapters

# kind; rate, channels, samples; claimed_s. Of a text: kind, bytes; of tags the cover's, too
_HEAD = struct.Struct("<cIIId")
_BLOCK, _TOLD, _ABOUT, _FAULT, _END = b"B", b"T", b"A", b"F", b"E"
_FAULTS = {kind.__name__: kind for kind in (AudioError, LimitError)}


def send_block(to: socket.socket, block: Block) -> None:
    """What is told beside the samples goes before them."""
    if block.facts or block.remarks:
        told = {"facts": asdict(block.facts) if block.facts else None, "remarks": block.remarks}
        text = json.dumps(told).encode()
        to.sendall(_HEAD.pack(_TOLD, len(text), 0, 0, 0.0) + text)
    if block.about:
        picture = block.about.cover.data if block.about.cover else b""
        text = json.dumps({"tags": block.about.tags, "chapters": block.about.chapters}).encode()
        to.sendall(_HEAD.pack(_ABOUT, len(text), len(picture), 0, 0.0) + text)
        to.sendall(picture)
    claimed_s = math.nan if block.claimed_s is None else block.claimed_s
    to.sendall(_HEAD.pack(_BLOCK, block.sample_rate, *block.samples.shape, claimed_s))
    if block.samples.size:  # an empty one has remarks alone
        to.sendall(np.ascontiguousarray(block.samples, np.float32).data.cast("B"))


def send_fault(to: socket.socket, fault: AudioError) -> None:
    text = json.dumps([type(fault).__name__, fault.message, fault.details, fault.suggestion]).encode()[:MOST_TEXT]
    to.sendall(_HEAD.pack(_FAULT, len(text), 0, 0, 0.0) + text)


def send_end(to: socket.socket) -> None:
    to.sendall(_HEAD.pack(_END, 0, 0, 0, 0.0))


def receive(fill: Callable[[memoryview], None]) -> Block | None:
    """The next block, None at the end.

    fill : fills a buffer with the next bytes

    Raises the fault that was sent, and ValueError for what makes no sense.
    """
    kind, rate, channels, samples, claimed_s = _head(fill)
    facts: Facts | None = None
    remarks: tuple[str, ...] = ()
    if kind == _TOLD and rate <= MOST_TOLD:
        facts, remarks = _told(_text(rate, fill))
        kind, rate, channels, samples, claimed_s = _head(fill)
    about: Metadata | None = None
    if kind == _ABOUT and rate <= MOST_ABOUT and channels <= MOST_COVER_BYTES:
        about = _about(_text(rate, fill), bytes(_text(channels, fill)))
        kind, rate, channels, samples, claimed_s = _head(fill)
    if kind == _END:
        return None
    if kind == _FAULT and rate <= MOST_TEXT:
        raise _fault(_text(rate, fill))
    if kind != _BLOCK or not 0 < channels <= MOST_VALUES or not (remarks or samples):
        raise ValueError
    if channels * samples > MOST_VALUES:
        raise ValueError
    x = np.empty((channels, samples), np.float32)
    if samples:
        fill(x.data.cast("B"))
    return Block(rate, x, claimed_s if math.isfinite(claimed_s) else None, facts, remarks, about)


def _head(fill: Callable[[memoryview], None]) -> tuple[bytes, int, int, int, float]:
    head = bytearray(_HEAD.size)
    fill(memoryview(head))
    kind, rate, channels, samples, claimed_s = _HEAD.unpack(head)
    return kind, rate, channels, samples, claimed_s


def _text(length: int, fill: Callable[[memoryview], None]) -> bytearray:
    text = bytearray(length)
    fill(memoryview(text))
    return text


def _told(text: bytearray) -> tuple[Facts | None, tuple[str, ...]]:
    """Raises ValueError for what makes no sense."""
    try:
        told: dict[str, Any] = json.loads(text)
        facts = None if told["facts"] is None else Facts.from_dict(told["facts"])
        return facts, tuple(printable(str(remark), MOST_REMARK) for remark in told["remarks"][:MOST_REMARKS])
    except (TypeError, KeyError, AttributeError, RecursionError):
        raise ValueError from None


def _about(text: bytearray, picture: bytes) -> Metadata:
    """Within the same limits as what is read here. Raises ValueError for what makes no sense."""
    try:
        said: dict[str, Any] = json.loads(text)
        tags = [(str(name), _sayable(value)) for name, value in said["tags"]]
        chapters = [
            Chapter(float(start_s), None if end_s is None else float(end_s), _sayable(title))
            for start_s, end_s, title in said["chapters"]
        ]
    except (TypeError, KeyError, AttributeError, RecursionError, OverflowError):
        raise ValueError from None
    return Metadata(kept(tags), cover(picture), in_order(chapters))


def _sayable(text: object) -> str:
    """Without halves of characters, which JSON can hold and no file."""
    return str(text).encode("utf-8", "replace").decode("utf-8")


def _fault(text: bytearray) -> AudioError:
    name, message, details, suggestion = map(str, json.loads(text))
    return _FAULTS[name](message, details=details, suggestion=suggestion)
