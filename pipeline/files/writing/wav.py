"""WAV: PCM and float, with the channels' places and with chunks of others in front of the samples.

Beyond 4 GB it becomes RF64; where nobody knows beforehand, room for that is left in the header.

References
1. Microsoft, "Multiple Channel Audio Data and WAVE Files", 2007: WAVE_FORMAT_EXTENSIBLE.
2. EBU Tech 3306, "RF64: An extended file format for audio", 2009.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .quantized import Quantizer

BYTES = {"PCM_16": 2, "PCM_24": 3, "FLOAT": 4}
MOST_BYTES = 2**32 - 2**20  # a plain wav counts its bytes in 32 bits

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_SUBFORMAT = bytes.fromhex("000000001000800000aa00389b71")  # behind the two bytes of the format
_PLAIN_MASKS = {1: (0, 0x4), 2: (0, 0x3)}  # which loudspeakers one or two channels are taken for without being told
_DS64 = struct.Struct("<QQQI")

Chunk = tuple[bytes, bytes]  # name, content


class WavFile:
    """subtype : PCM_16, PCM_24 or FLOAT; mask : of the channels, 0 = not said; samples : per channel, 0 = not known;
    chunks : to stand in front of the samples."""

    def __init__(
        self, path: str, sample_rate: int, channels: int, subtype: str, *,
        mask: int = 0, samples: int = 0, chunks: Sequence[Chunk] = (),
    ) -> None:  # fmt: skip
        self._quantizer = None if subtype == "FLOAT" else Quantizer(subtype)
        self._frame = channels * BYTES[subtype]
        self._written = 0
        may_be_long = not samples or samples * self._frame >= MOST_BYTES - sum(len(data) for _, data in chunks)
        parts = [_chunk(b"JUNK", bytes(_DS64.size))] if may_be_long else []
        parts.append(_chunk(b"fmt ", _form(sample_rate, channels, subtype, mask)))
        self._fact = None
        if subtype == "FLOAT":
            self._fact = 12 + sum(map(len, parts)) + 8
            parts.append(_chunk(b"fact", bytes(4)))
        parts.extend(_chunk(name, data) for name, data in chunks)
        head = b"".join(parts)
        self._data_at = 12 + len(head) + 8
        self._file = Path(path).open("wb", buffering=1 << 20)  # noqa: SIM115 (closed by `close`)
        self._file.write(b"RIFF\0\0\0\0WAVE" + head + b"data\0\0\0\0")

    def write(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        """x (n, channels); answers what the file holds of it."""
        if self._quantizer is None:
            held, data = x, np.ascontiguousarray(x, "<f4").tobytes()
        else:
            steps = self._quantizer.steps(x)
            held = self._quantizer.held(steps)
            width = self._frame // x.shape[1]
            data = np.ascontiguousarray(steps, "<i4").view(np.uint8).reshape(-1, 4)[:, :width].tobytes()
        self._file.write(data)
        self._written += len(data)
        return held

    def close(self) -> None:
        if self._file.closed:
            return
        with self._file:
            self._file.write(bytes(self._written % 2))
            size = self._data_at - 8 + self._written + self._written % 2
            frames = self._written // self._frame
            self._file.flush()
            if size < 2**32:
                self._patch(4, struct.pack("<I", size))
                self._patch(self._data_at - 4, struct.pack("<I", self._written))
            else:
                self._patch(0, b"RF64\xff\xff\xff\xff")
                self._patch(12, b"ds64" + struct.pack("<I", _DS64.size))
                self._patch(20, _DS64.pack(size, self._written, frames, 0))
                self._patch(self._data_at - 4, b"\xff\xff\xff\xff")
            if self._fact is not None:
                self._patch(self._fact, struct.pack("<I", min(frames, 2**32 - 1)))

    def _patch(self, at: int, data: bytes) -> None:
        self._file.seek(at)
        self._file.write(data)


def _chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)


def _form(rate: int, channels: int, subtype: str, mask: int) -> bytes:
    """The content of `fmt `."""
    width = BYTES[subtype]
    frame = channels * width
    code = _FLOAT if subtype == "FLOAT" else _PCM
    plain = struct.pack("<HIIHH", channels, rate, rate * frame, frame, 8 * width)
    if channels <= 2 and mask in _PLAIN_MASKS[channels]:
        return struct.pack("<H", code) + plain + (b"\0\0" if code == _FLOAT else b"")
    more = struct.pack("<HHIH", 22, 8 * width, mask, code) + _SUBFORMAT
    return struct.pack("<H", _EXTENSIBLE) + plain + more
