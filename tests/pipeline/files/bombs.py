"""Files that are cheap to send and dear to read: made in code, sparse on the disk where they are large."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile

from tests.pipeline.files.media import write_av, write_wav
from tests.pipeline.signals import noise

RATE = 48_000
MANY = 100_000
BIG = 200 * 2**20
Bomb = Callable[[Path], Path]

_ORDINARY = {
    "m4a": "aac",
    "mp3": "libmp3lame",
    "mkv": "flac",
    "webm": "libopus",
    "wma": "pcm_s16le",
    "avi": "pcm_s16le",
}
_ORDINARY |= {"opus": "libopus", "aac": "aac"}


def ordinary(folder: Path, suffix: str) -> Path:
    """Two seconds of noise."""
    path = folder / f"ordinary.{suffix}"
    if path.exists():
        return path
    if suffix in _ORDINARY:
        return write_av(path, noise(1, 2 * RATE), RATE, _ORDINARY[suffix], "asf" if suffix == "wma" else None)
    return write_wav(path, noise(1, 2 * RATE), kind={"aiff": "AIFF"}.get(suffix, suffix.upper()))


def _sparse(path: Path, *parts: bytes | int) -> Path:
    """Bytes, and holes of so many bytes."""
    with path.open("wb") as out:
        for part in parts:
            if isinstance(part, int):
                out.seek(part, 1)
            else:
                out.write(part)
        out.truncate(out.tell())
    return path


def atom(name: bytes, body: bytes = b"", size: int | None = None) -> bytes:
    return struct.pack(">I", (8 + len(body)) if size is None else size) + name + body


def ebml(name: str, body: bytes = b"", size: int | None = None) -> bytes:
    return bytes.fromhex(name) + struct.pack(">Q", (1 << 56) | (len(body) if size is None else size)) + body


def chunk(name: bytes, body: bytes = b"", order: str = "<", size: int | None = None) -> bytes:
    return name + struct.pack(f"{order}I", len(body) if size is None else size) + body


def _png(side: int) -> bytes:
    packer = zlib.compressobj(9)
    row = bytes(1 + 3 * side)
    data = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()

    def part(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + part(b"IDAT", data) + part(b"IEND", b"")


# MP4: atoms at the end of moov, which FFmpeg's muxer puts last, move nothing.


def _in_moov(folder: Path, extra: bytes, more: int = 0, tail: bytes = b"") -> tuple[bytes, int, bytes]:
    """The ordinary file with `extra` in its moov, said to be longer by `more`."""
    data = ordinary(folder, "m4a").read_bytes()
    at = data.index(b"moov") - 4
    moov = struct.pack(">I", len(data) - at + len(extra) + more + len(tail)) + data[at + 4 :]
    return data[:at] + moov + extra, more, tail


_META = bytes(4) + atom(b"hdlr", bytes(8) + b"mdirappl" + bytes(9))


def _with_table(folder: Path, name: bytes, table: bytes, of: bytes = b"") -> bytes:
    """The ordinary file with a table of its track exchanged; the other one becomes `free`."""
    data = of or ordinary(folder, "m4a").read_bytes()
    at = data.index(name) - 4
    size = struct.unpack(">I", data[at : at + 4])[0]
    path = [b"moov", b"trak"] if name in (b"elst", b"edts") else [b"moov", b"trak", b"mdia", b"minf", b"stbl"]
    changed = bytearray(data[:at] + table + data[at + size :])
    for parent in path:
        where = changed.index(parent) - 4
        changed[where : where + 4] = struct.pack(
            ">I", struct.unpack(">I", changed[where : where + 4])[0] + len(table) - size
        )
    return bytes(changed)


def mp4_cover(folder: Path) -> Path:
    data = atom(b"data", struct.pack(">II", 14, 0) + _png(9_000))
    tags = atom(
        b"meta", bytes(4) + atom(b"hdlr", bytes(8) + b"mdirappl" + bytes(9)) + atom(b"ilst", atom(b"covr", data))
    )
    return _sparse(folder / "cover.m4a", *_in_moov(folder, atom(b"udta", tags)))


def mp4_large_cover(folder: Path) -> Path:
    """A picture of 200 MB."""
    inside = struct.pack(">I", BIG + 16) + b"data" + struct.pack(">II", 13, 0)
    for name in (b"covr", b"ilst"):
        inside = struct.pack(">I", len(inside) + BIG + 8) + name + inside
    head = bytes(4) + atom(b"hdlr", bytes(8) + b"mdirappl" + bytes(9)) + inside
    meta = struct.pack(">I", len(head) + BIG + 8) + b"meta" + head
    return _sparse(
        folder / "large.m4a", *_in_moov(folder, struct.pack(">I", len(meta) + BIG + 8) + b"udta" + meta, BIG)
    )


def mp4_edits(folder: Path, lasts_ms: int = 1) -> Path:
    """Edits that go to and fro between samples."""
    entries = b"".join(struct.pack(">IiI", lasts_ms, 1024 * (i % 90), 0x10000) for i in range(2 * MANY))
    edits = atom(b"edts", atom(b"elst", struct.pack(">II", 0, 2 * MANY) + entries))
    return _sparse(folder / "edits.m4a", _with_table(folder, b"edts", edits))


def mp4_long_edits(folder: Path) -> Path:
    """Each of them is the whole recording: opening it does not end."""
    return mp4_edits(folder, 2_000)


def mp4_same_bytes(folder: Path) -> Path:
    """A million samples, all of them the same bytes."""
    sizes = atom(b"stsz", struct.pack(">III", 0, 300, 10 * MANY))
    data = bytearray(_with_table(folder, b"stsz", sizes))
    at = data.index(b"stsc") + 8
    entries = struct.unpack(">I", data[at : at + 4])[0]
    data[at + 4 : at + 4 + 12 * entries] = entries * struct.pack(">III", 1, 1, 1)
    times = atom(b"stts", struct.pack(">IIII", 0, 1, 10 * MANY, 1024))
    data = bytearray(_with_table(folder, b"stts", times, bytes(data)))
    data = bytearray(_with_table(folder, b"edts", atom(b"free"), bytes(data)))
    places = atom(b"stco", struct.pack(">II", 0, 10 * MANY) + 10 * MANY * struct.pack(">I", 2_000))
    return _sparse(folder / "same.m4a", _with_table(folder, b"stco", places, bytes(data)))


def mp4_sizes(folder: Path) -> Path:
    """2³¹ samples of one size."""
    return _sparse(
        folder / "sizes.m4a", _with_table(folder, b"stsz", atom(b"stsz", struct.pack(">III", 0, 1, 2**31 - 1)))
    )


def mp4_times(folder: Path) -> Path:
    """2³¹ samples, of an hour each."""
    table = atom(b"stts", struct.pack(">IIII", 0, 1, 2**31 - 1, 3_600 * RATE))
    return _sparse(folder / "times.m4a", _with_table(folder, b"stts", table))


def mp4_run(folder: Path) -> Path:
    """Fragments that say, in 8 bytes, that they hold 2³¹ samples without a size."""
    tfhd = atom(b"tfhd", struct.pack(">IIII", 0x18, 1, 1024, 4))
    moof = atom(b"moof", atom(b"traf", tfhd + 40 * atom(b"trun", struct.pack(">II", 0, 2**31 - 1))))
    trex = atom(b"mvex", atom(b"trex", struct.pack(">IIIIII", 0, 1, 1, 1024, 4, 0)))
    data, _, _ = _in_moov(folder, trex)
    return _sparse(folder / "run.mp4", data, moof, atom(b"mdat", bytes(4_000)))


def mp4_index(folder: Path) -> Path:
    """Segment indices, one after the other."""
    entry = struct.pack(">III", 100, 1024, 0x90000000)
    one = atom(b"sidx", struct.pack(">IIIIIHH", 0, 1, RATE, 0, 0, 0, 60_000) + 60_000 * entry)
    return _sparse(folder / "index.mp4", _in_moov(folder, b"")[0], 20 * one)


def mp4_tracks(folder: Path) -> Path:
    data = ordinary(folder, "m4a").read_bytes()
    at = data.index(b"trak") - 4
    trak = data[at : at + struct.unpack(">I", data[at : at + 4])[0]]
    return _sparse(folder / "tracks.m4a", *_in_moov(folder, 5_000 * trak))


def mp4_nesting(folder: Path) -> Path:
    depth = MANY
    nest = b"".join(struct.pack(">I", 8 * (depth - i)) + b"udta" for i in range(depth))
    return _sparse(folder / "nesting.m4a", *_in_moov(folder, nest))


def mp4_samples(folder: Path) -> Path:
    """An index of as many samples as fit: each counts for 24 bytes in memory and 4 in the file."""
    return _sparse(
        folder / "samples.m4a",
        _with_table(folder, b"stsz", atom(b"stsz", struct.pack(">III", 0, 0, 5_000_000) + 5_000_000 * b"\0\0\0\1")),
    )


# RIFF, AIFF, CAF, W64


def _wav(folder: Path) -> bytes:
    return ordinary(folder, "wav").read_bytes()


def wav_chunks(folder: Path) -> Path:
    data = _wav(folder)
    return _sparse(folder / "chunks.wav", data[:12], 20 * MANY * chunk(b"junk"), data[12:])


def wav_chunks_of_many_names(folder: Path) -> Path:
    data = _wav(folder)
    names = b"".join(chunk(b"%04x" % (i & 0xFFFF), b"ab") for i in range(5 * MANY))
    return _sparse(folder / "names.wav", data[:12], names, data[12:])


def wav_texts(folder: Path) -> Path:
    """200 MB of remarks."""
    data = _wav(folder)
    info = struct.pack("<4sI4s4sI", b"LIST", BIG + 12, b"INFO", b"ICMT", BIG)
    return _sparse(folder / "texts.wav", data[:12], info, BIG, data[12:])


def wav_cues(folder: Path) -> Path:
    data = _wav(folder)
    cues = chunk(b"cue ", struct.pack("<I", 2**27) + 24 * 1_000 * b"\1\0\0\0")
    return _sparse(folder / "cues.wav", data[:12], 50 * cues, data[12:])


def wav_channels(folder: Path) -> Path:
    form = struct.pack("<HHIIHH", 1, 1024, 8_000, 2_048 * 8_000, 2_048, 16)
    body = chunk(b"fmt ", form) + chunk(b"data", size=BIG)
    return _sparse(folder / "channels.wav", b"RIFF" + struct.pack("<I", BIG + 36) + b"WAVE" + body, BIG)


def aiff_chunks(folder: Path) -> Path:
    data = ordinary(folder, "aiff").read_bytes()
    return _sparse(folder / "chunks.aiff", data[:12], 5 * MANY * chunk(b"junk", order=">"), data[12:])


def caf_chunks(folder: Path) -> Path:
    data = ordinary(folder, "caf").read_bytes()
    at = data.index(b"data")
    return _sparse(folder / "chunks.caf", data[:at], 5 * MANY * (b"free" + struct.pack(">q", 0)), data[at:])


def caf_packets(folder: Path) -> Path:
    """A table of 2⁶⁰ packets."""
    data = ordinary(folder, "caf").read_bytes()
    at = data.index(b"data")
    table = struct.pack(">qqii", 2**60, 2**60, 0, 0) + b"\x81\x01" * 5_000_000
    changed = data[:at].replace(b"lpcm", b"alac")
    return _sparse(folder / "packets.caf", changed, b"pakt" + struct.pack(">q", len(table)) + table, data[at:])


def w64_chunks(folder: Path) -> Path:
    data = ordinary(folder, "w64").read_bytes()
    junk = b"junk" + bytes.fromhex("f3acd3118cd100c04f8edb8a") + struct.pack("<q", 24)
    at = data.index(b"data")
    return _sparse(folder / "chunks.w64", data[:at], 3 * MANY * junk, data[at:])


# Tags of MP3, FLAC and Ogg


def _id3(size: int) -> bytes:
    return b"ID3\x04\0\0" + bytes((size >> shift) & 0x7F for shift in (21, 14, 7, 0))


def mp3_cover(folder: Path) -> Path:
    picture = b"\0image/png\0\3\0" + _png(9_000)
    size = len(picture)
    frame = b"APIC" + bytes((size >> shift) & 0x7F for shift in (21, 14, 7, 0)) + b"\0\0" + picture
    return _sparse(folder / "cover.mp3", _id3(len(frame)) + frame, ordinary(folder, "mp3").read_bytes())


def mp3_large_tag(folder: Path, said: int = BIG) -> Path:
    size = BIG - 10
    frame = b"APIC" + bytes((size >> shift) & 0x7F for shift in (21, 14, 7, 0)) + b"\0\0\0image/png\0\3\0"
    sound = ordinary(folder, "mp3").read_bytes()
    return _sparse(folder / "large.mp3", _id3(said), frame, BIG - len(frame), sound)


def mp3_lying_tag(folder: Path) -> Path:
    """The tag says that it is longer than the file."""
    return mp3_large_tag(folder, BIG + 2**20)


def mp3_tags(folder: Path) -> Path:
    return _sparse(folder / "tags.mp3", 5 * MANY * _id3(0), ordinary(folder, "mp3").read_bytes())


def mp3_junk(folder: Path) -> Path:
    """Looks like the beginning of a frame, everywhere."""
    return _sparse(
        folder / "junk.mp3", ordinary(folder, "mp3").read_bytes(), 10 * MANY * b"\xff\xfb\x90\x64\0\0\xff\xfb"
    )


def flac_tags(folder: Path) -> Path:
    data = ordinary(folder, "flac").read_bytes()
    size = 2**24 - 1
    blocks: list[bytes | int] = []
    for _ in range(12):
        blocks += [b"\4" + struct.pack(">I", size)[1:] + struct.pack("<II", 4, 0), size - 8]
    return _sparse(folder / "tags.flac", data[:42], *blocks, data[42:])


def flac_blocks(folder: Path) -> Path:
    data = ordinary(folder, "flac").read_bytes()
    return _sparse(folder / "blocks.flac", data[:42], 10 * MANY * b"\1\0\0\0", data[42:])


def flac_silence(folder: Path) -> Path:
    """Thirty hours in a megabyte and a half."""
    path = folder / "silence.flac"
    with soundfile.SoundFile(path, "w", 8_000, 1, "PCM_16", format="FLAC") as out:
        for _ in range(30 * 28_800_000 // 2**20 // 8):
            out.write(np.zeros(2**20, np.int16))
    return path


def _page(serial: int, body: bytes, flags: int = 2, number: int = 0) -> bytes:
    lacing = bytes([255] * (len(body) // 255) + [len(body) % 255])
    head = b"OggS\0" + bytes([flags]) + struct.pack("<qIII", 0, serial, number, 0) + bytes([len(lacing)]) + lacing
    crc = 0
    for byte in head + body:
        crc = ((crc << 8) & 0xFFFFFFFF) ^ _CRC[(crc >> 24) ^ byte]
    return head[:22] + struct.pack("<I", crc) + head[26:] + body


def _crc_table() -> list[int]:
    table = []
    for i in range(256):
        value = i << 24
        for _ in range(8):
            value = ((value << 1) ^ (0x04C11DB7 if value & 0x80000000 else 0)) & 0xFFFFFFFF
        table.append(value)
    return table


_CRC = _crc_table()


def ogg_streams(folder: Path) -> Path:
    head = b"OpusHead\1\1\0\0\x80\xbb\0\0\0\0\0"
    return _sparse(folder / "streams.opus", b"".join(_page(i, head) for i in range(MANY // 5)))


def ogg_tags(folder: Path) -> Path:
    """A comment that goes on over ten thousand pages."""
    first = _page(7, b"OpusHead\1\1\0\0\x80\xbb\0\0\0\0\0")
    text = bytearray(_page(7, b"x" * 65_024, 0)[:-1])
    text[26] = 255
    text[27:] = b"\xff" * 255 + b"x" * 65_025
    return _sparse(folder / "tags.opus", first, 300 * bytes(text), ordinary(folder, "opus").read_bytes())


# Matroska


def _mkv(folder: Path, extra: bytes, more: int = 0) -> Path:
    """The ordinary file with elements behind its tracks' end: at its very end, after the sound."""
    data = ordinary(folder, "mkv").read_bytes()
    at = data.index(bytes.fromhex("18538067"))
    body = at + 12
    return _sparse(folder / "x.mkv", data[: at + 4], b"\1" + b"\xff" * 7, extra, more, data[body:])


def mkv_attachment(folder: Path) -> Path:
    file = ebml("466e", b"cover.png") + ebml("4660", b"image/png") + ebml("465c", _png(9_000)) + ebml("46ae", b"\1")
    return _mkv(folder, ebml("1941a469", ebml("61a7", file)))


def mkv_large_attachment(folder: Path) -> Path:
    file = ebml("466e", b"a.ttf") + ebml("4660", b"font/ttf") + ebml("46ae", b"\1") + ebml("465c", size=BIG)
    inside = ebml("61a7", file, len(file) + BIG)
    return _mkv(folder, ebml("1941a469", inside, len(inside) + BIG), BIG)


def mkv_chapters(folder: Path) -> Path:
    one = ebml("b6", b"\x73\xc4\x81\1" + b"\x91\x81\1" + b"\x80\x86\x85\x84abcd")
    return _mkv(folder, ebml("1043a770", ebml("45b9", 5 * MANY * one)))


def mkv_nesting(folder: Path) -> Path:
    simple = b""
    for _ in range(2_000):
        simple = ebml("67c8", simple)
    return _mkv(folder, ebml("1254c367", ebml("7373", simple)))


def mkv_tags(folder: Path) -> Path:
    one = ebml("67c8", ebml("45a3", b"N") + ebml("4487", b"v"))
    return _mkv(folder, ebml("1254c367", ebml("7373", 3 * MANY * one)))


def mkv_tracks(folder: Path) -> Path:
    data = ordinary(folder, "mkv").read_bytes()
    at = data.index(bytes.fromhex("1654ae6b"))
    track = ebml("ae", b"\xd7\x81\2\x73\xc5\x81\2\x83\x81\2\x86\x86A_OPUS")
    return _sparse(
        folder / "tracks.mkv", data[: data.index(bytes.fromhex("18538067")) + 4], b"\1" + b"\xff" * 7,
        ebml("1654ae6b", MANY * track), data[at:],
    )  # fmt: skip


def _pcm_track(folder: Path) -> tuple[bytes, bytes]:
    head = ordinary(folder, "mkv").read_bytes()
    start = head[: head.index(bytes.fromhex("18538067")) + 4] + b"\1" + b"\xff" * 7
    sound = ebml("e1", b"\xb5\x84\x47\x3b\x80\0\x9f\x81\1\x62\x64\x81\x10")
    track = ebml("ae", b"\xd7\x81\1\x73\xc5\x81\1\x83\x81\2" + ebml("86", b"A_PCM/INT/LIT") + sound)
    return start, ebml("1549a966", ebml("2ad7b1", b"\x0f\x42\x40")) + ebml("1654ae6b", track)


def mkv_pauses(folder: Path) -> Path:
    """Blocks that lie nine minutes apart."""
    start, tracks = _pcm_track(folder)
    body = (noise(1, 4_800)[0] * 8_000).astype("<i2").tobytes()
    clusters = b"".join(
        ebml("1f43b675", ebml("e7", struct.pack(">I", i * 540_000)) + ebml("a3", b"\x81\0\0\x80" + body))
        for i in range(2_000)
    )
    return _sparse(folder / "pauses.mkv", start, tracks, clusters)


def mkv_one_block(folder: Path) -> Path:
    """A single block of 100 MB of samples."""
    start, tracks = _pcm_track(folder)
    size = BIG // 2
    block = ebml("a3", b"\x81\0\0\x80", size + 4)
    cluster = ebml("1f43b675", ebml("e7", b"\0") + block, size + len(block) + 10)
    return _sparse(folder / "block.mkv", start, tracks, cluster, size)


# ASF, AVI


def asf_objects(folder: Path) -> Path:
    data = ordinary(folder, "wma").read_bytes()
    size = struct.unpack("<Q", data[16:24])[0]
    junk = bytes(range(16)) + struct.pack("<Q", 24)
    extra = 3 * MANY * junk
    head = data[:16] + struct.pack("<Q", size + len(extra)) + data[24:30]
    return _sparse(folder / "objects.wma", head, extra, data[30:])


def avi_streams(folder: Path) -> Path:
    data = ordinary(folder, "avi").read_bytes()
    at = data.index(b"strl") - 8
    size = struct.unpack("<I", data[at + 4 : at + 8])[0] + 8
    strl = data[at : at + size]
    hdrl = data.index(b"hdrl") - 8
    old = struct.unpack("<I", data[hdrl + 4 : hdrl + 8])[0]
    grown = data[:hdrl] + b"LIST" + struct.pack("<I", old + 9_000 * size) + data[hdrl + 8 : at + size]
    return _sparse(folder / "streams.avi", grown, 9_000 * strl, data[at + size :])


BOMBS: dict[str, list[Bomb]] = {
    "m4a": [
        mp4_cover, mp4_large_cover, mp4_edits, mp4_long_edits, mp4_same_bytes, mp4_sizes, mp4_times, mp4_run,
        mp4_index, mp4_tracks, mp4_nesting, mp4_samples,
    ],
    "wav": [wav_chunks, wav_chunks_of_many_names, wav_texts, wav_cues, wav_channels],
    "aiff": [aiff_chunks], "caf": [caf_chunks, caf_packets], "w64": [w64_chunks],
    "mp3": [mp3_cover, mp3_large_tag, mp3_lying_tag, mp3_tags, mp3_junk],
    "flac": [flac_tags, flac_blocks, flac_silence],
    "opus": [ogg_streams, ogg_tags],
    "mkv": [
        mkv_attachment, mkv_large_attachment, mkv_chapters, mkv_nesting, mkv_tags, mkv_tracks, mkv_pauses,
        mkv_one_block,
    ],
    "wma": [asf_objects], "avi": [avi_streams],
}  # fmt: skip
