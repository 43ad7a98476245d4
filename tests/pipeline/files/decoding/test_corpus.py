"""Recordings of every kind that the ffmpeg here can write, whole and damaged, against FFmpeg's own samples.

Each is the same as FFmpeg's (length within a frame, correlation 0.99), or a sentence says what is not, or it is refused
in words. `STRESS=1` tries all kinds; without it a sample is tried.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from pipeline import AudioError
from pipeline.audio import Samples
from pipeline.files.decode import Recording
from tests.fuzz import scale
from tests.pipeline.files.decoding import corpus
from tests.pipeline.files.decoding.corpus import Kind

pytestmark = pytest.mark.stress
LEAST_CORRELATION = 0.99
USUAL = [
    Kind("wav", "pcm_s16le", 44_100, 2), Kind("flac", "flac", 44_100, 2), Kind("mp3", "libmp3lame", 44_100, 2),
    Kind("opus", "libopus", 48_000, 1), Kind("ogg", "libvorbis", 44_100, 1), Kind("webm", "libopus", 48_000, 2),
    Kind("ipod", "aac", 44_100, 2), Kind("adts", "aac", 44_100, 1), Kind("mpegts", "aac", 48_000, 2),
    Kind("asf", "wmav2", 44_100, 2), Kind("aiff", "pcm_s16be", 44_100, 1), Kind("caf", "pcm_s24le", 48_000, 1),
    Kind("w64", "pcm_s16le", 48_000, 1), Kind("matroska", "flac", 48_000, 1), Kind("wv", "wavpack", 44_100, 2),
    Kind("tta", "tta", 44_100, 1), Kind("ac3", "ac3", 48_000, 2), Kind("flv", "libmp3lame", 44_100, 2),
    Kind("mov", "alac", 44_100, 1), Kind("avi", "libmp3lame", 44_100, 1), Kind("au", "pcm_s16be", 16_000, 1),
    Kind("voc", "pcm_u8", 16_000, 1),
]  # fmt: skip


def judged(path: Path, what: str, whole: Samples | None = None) -> str:
    """ "same", "said" or "refused"; raises AssertionError for what is neither. whole : what it was before the damage"""
    rate, channels, frame = corpus.form(path)
    expected = corpus.decoded(path, max(1, channels))
    try:
        recording = Recording(path)
        y = np.concatenate(list(recording.blocks()), axis=1)
    except AudioError as error:
        assert error.message.endswith(".") and error.suggestion, what
        return "refused" if expected.shape[1] else "neither reads it"
    assert all(remark.endswith(".") for remark in recording.remarks), what
    in_fragments = expected.shape[1] < rate / 2  # of a second: so FFmpeg reads Vorbis in WAV
    if recording.remarks and (whole is not None or in_fragments):
        return "said"
    if not expected.shape[1]:
        return "read by us alone"
    assert (recording.sample_rate, recording.channels) == (rate, channels), what
    if whole is not None and (y.shape[1] > expected.shape[1] + frame or is_nearer(whole, y, expected)):
        return "read further than FFmpeg's command does"
    assert abs(y.shape[1] - expected.shape[1]) <= max(1, frame), (what, y.shape[1], expected.shape[1])
    assert corpus.correlation(expected, y) >= LEAST_CORRELATION, what
    return "same"


def is_nearer(whole: Samples, y: Samples, expected: Samples) -> bool:
    """Where FFmpeg's command drops a frame and says so, all that follows is early; here it is in its place."""
    if y.shape != whole.shape or expected.shape == whole.shape:
        return False
    return corpus.correlation(whole, y) > max(0.8, corpus.correlation(whole, expected))


def kinds(folder: Path) -> Iterator[Kind]:
    """Each pair of container and codec once; and for each codec, in its first container, all rates and channels.

    Of these a sample without STRESS.
    """
    seen = set()
    pairs = corpus.pairs()
    for muxer, codec in pairs if scale.STRESS else pairs[::80]:
        usual = [Kind(muxer, codec, *form) for form in ((48_000, 2), (44_100, 2), (16_000, 1), (8_000, 1))]
        written = next((kind for kind in usual if corpus.write(folder / "x", kind, folder, 1.0)), None)
        if written is None:
            continue
        yield written
        if scale.STRESS and codec not in seen:
            seen.add(codec)
            yield from (Kind(muxer, codec, rate, n) for rate in corpus.RATES for n in corpus.CHANNELS)


def test_every_kind_is_read_as_ffmpeg_reads_it(tmp_path: Path) -> None:
    wrong = []
    for kind in kinds(tmp_path):
        if corpus.write(tmp_path / "x", kind, tmp_path, 1.0):
            try:
                scale.tried[f"corpus: kinds, {judged(tmp_path / 'x', str(kind))}"] += 1
            except AssertionError as error:
                wrong.append(str(error).splitlines()[0])
    assert wrong == []


def damaged(whole: bytes, seed: int) -> Iterator[tuple[str, bytes]]:
    """Cut in 20 places, bytes flipped, zeroed and missing, junk in front and behind, joined, begun anywhere."""
    rng = random.Random(seed)
    n = len(whole)
    cases = [(f"cut at {k}/21", whole[: n * k // 21]) for k in range(1, 21)]
    for count in (1, 10, 100):
        data = bytearray(whole)
        for at in rng.sample(range(min(n // 10, 2_000), n), min(count, n // 20)):
            data[at] ^= rng.randrange(1, 256)
        cases.append((f"{count} flipped", bytes(data)))
    at, size = rng.randrange(n // 3, n // 2), n // 40
    cases += [
        ("zeroed", whole[:at] + bytes(size) + whole[at + size :]), ("missing", whole[:at] + whole[at + size :]),
        ("zeros in front", bytes(3_000) + whole), ("junk in front", rng.randbytes(3_000) + whole),
        ("zeros behind", whole + bytes(3_000)), ("junk behind", whole + rng.randbytes(3_000)),
        ("joined", whole + whole), ("begins anywhere", whole[at:]),
        ("head flipped", bytes([whole[0] ^ 64]) + whole[1:]),
    ]  # fmt: skip
    for k in range(8):
        data = bytearray(whole)
        place = rng.randrange(4, min(n, 60))
        data[place] = rng.randrange(256)
        cases.append((f"header lies {k}", bytes(data)))
    rng.shuffle(cases)
    return iter(cases)


@pytest.mark.parametrize("kind", USUAL if scale.STRESS else USUAL[2:12:3], ids=str)
def test_what_is_damaged_is_read_or_told(tmp_path: Path, kind: Kind) -> None:
    """Where FFmpeg reads less than there is, we may read more; where the codec has no checksums, both read noise."""
    assert corpus.write(tmp_path / "whole", kind, tmp_path, 4.0), f"ffmpeg does not write {kind}"
    whole, wrong = (tmp_path / "whole").read_bytes(), []
    sound = corpus.decoded(tmp_path / "whole", kind.channels)
    for what, data in islice(damaged(whole, scale.SEED if scale.STRESS else 1), scale.count(3, 1_000)):
        (tmp_path / "x").write_bytes(data)
        try:
            scale.tried[f"corpus: damaged, {judged(tmp_path / 'x', what, sound)}"] += 1
        except AssertionError as error:
            wrong.append(str(error).splitlines()[0])
    assert wrong == []
