"""What the decoders have in common: how they answer, and what they say of a file that has no sound for them."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from typing import NamedTuple

import numpy as np

from pipeline.audio import Samples
from pipeline.errors import AudioError

from .stored import Facts
from .tags.metadata import Metadata


class Block(NamedTuple):
    """A part of a recording.

    sample_rate : Hz
    samples : float32 (channels, n)
    claimed_s : how long the file says that all of it lasts, None if it does not say
    facts : of the file; the first block has them
    remarks : what is to be said of the recording. The last block may hold nothing else.
    about : its tags, cover and chapters, as the decoder knows them; the first block has them
    """

    sample_rate: int
    samples: Samples
    claimed_s: float | None = None
    facts: Facts | None = None
    remarks: tuple[str, ...] = ()
    about: Metadata | None = None


GATHERED = 1 << 16  # samples per channel

Blocks = Generator[Block, None, None]


def after(samples: int, blocks: Blocks) -> Blocks:
    """The blocks without their first `samples`, which another decoder has read."""
    with closing(blocks):
        for block in blocks:
            skipped = min(samples, block.samples.shape[1])
            samples -= skipped
            if skipped < block.samples.shape[1] or block.remarks:
                yield block._replace(samples=block.samples[:, skipped:])


def gathered(blocks: Blocks) -> Blocks:
    """Small blocks joined: an hour of AAC has 170,000. The first one comes at once, many ask for nothing else."""
    kept: list[Block] = []
    wanted = count = 0
    with closing(blocks):
        for block in blocks:
            if not (block.samples.size or block.remarks or block.facts):
                continue
            if kept and _form(block) != _form(kept[0]):
                yield _joined(kept)
                kept, count = [], 0
            kept.append(block)
            count += block.samples.shape[1]
            if count >= wanted:
                yield _joined(kept)
                kept, wanted, count = [], GATHERED, 0
    if kept:
        yield _joined(kept)


def _form(block: Block) -> tuple[int, int]:
    return block.sample_rate, len(block.samples)


def _joined(blocks: list[Block]) -> Block:
    if len(blocks) == 1:
        return blocks[0]
    samples = np.concatenate([block.samples for block in blocks], axis=1)
    return blocks[0]._replace(samples=samples, remarks=tuple(one for block in blocks for one in block.remarks))


def in_pieces(blocks: Blocks, values: int) -> Blocks:
    """The blocks, none of more than so many values."""
    with closing(blocks):
        for block in blocks:
            step = max(1, values // len(block.samples))
            yield block._replace(samples=block.samples[:, :step])
            for at in range(step, block.samples.shape[1], step):
                yield Block(block.sample_rate, block.samples[:, at : at + step], block.claimed_s)


def damaged(details: str) -> AudioError:
    """What is said of a file that no decoder gets sound from."""
    return AudioError(
        "The file is damaged or incomplete: no sound could be read from it.",
        details=details,
        suggestion="Export or record it again, or choose another file.",
    )
