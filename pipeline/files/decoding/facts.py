"""What FFmpeg knows of a file that it has opened, as facts of ours."""

from __future__ import annotations

import re
from typing import Any

from ..stored import MOST_TRACKS, Facts, Stored, Track, printable

# Codecs that give back the samples they were given. PCM is told by its name, and so is DSD.
_LOSSLESS = {
    "alac", "ape", "bonk", "dst", "flac", "mlp", "mp4als", "osq", "ralf", "rka", "s302m", "shorten", "sonicls", "tak",
    "truehd", "tta", "wavarc", "wavpack", "wmalossless",
}  # fmt: skip
_LOSSY_PCM = {"pcm_alaw", "pcm_mulaw", "pcm_vidc"}
# Positions that dwChannelMask has bits for, in its order (Microsoft's mmreg.h).
_POSITIONS = (
    "FL", "FR", "FC", "LFE", "BL", "BR", "FLC", "FRC", "BC", "SL", "SR", "TC", "TFL", "TFC", "TFR", "TBL", "TBC", "TBR",
)  # fmt: skip
_BITS = {"u8": 8, "s16": 16, "s32": 32, "s64": 64, "flt": 32, "dbl": 64}
_USUAL = {"1 channels": "mono", "2 channels": "stereo"}
_DEFAULT, _ATTACHED_PICTURE, _STILL = 1, 0x400, 0x100000  # AV_DISPOSITION_…


def facts(source: Any, stream: Any) -> Facts:
    """Of an open container and the stream that is read."""
    streams = source.streams.audio[:MOST_TRACKS]
    tracks = tuple(_track(number, one) for number, one in enumerate(streams, 1))
    number = next((number for number, one in enumerate(streams, 1) if one.index == stream.index), 1)
    return Facts(_stored(source, stream), tracks, number, any(map(_moves, source.streams.video)))


def _moves(stream: Any) -> bool:
    """Whether it is more than a cover."""
    return not int(stream.disposition) & (_ATTACHED_PICTURE | _STILL) and stream.frames != 1


def _track(number: int, stream: Any) -> Track:
    context = stream.codec_context
    language = stream.metadata.get("language", "")
    return Track(
        number, printable("" if language == "und" else language), printable(stream.metadata.get("title", "")),
        context.name if context else "unknown", context.layout.nb_channels if context else 0,
        bool(int(stream.disposition) & _DEFAULT),
    )  # fmt: skip


def _stored(source: Any, stream: Any) -> Stored:
    context = stream.codec_context
    codec, form = context.name, context.format.name.removesuffix("p") if context.format else ""
    pcm = codec.startswith("pcm_")
    lossy = codec in _LOSSY_PCM or not (pcm or codec in _LOSSLESS or codec.startswith("dsd_"))
    return Stored(
        container=source.format.name.split(",")[0],
        codec=codec,
        bits=None if lossy else _bits(codec, form, context.extradata or b""),
        is_float=not lossy and form in ("flt", "dbl"),
        is_lossy=lossy,
        layout=_USUAL.get(context.layout.name, context.layout.name),
        mask=_mask(context.layout),
    )


def _bits(codec: str, form: str, extradata: bytes) -> int:
    """Of a sample. FFmpeg decodes 24 bit to 32; PyAV does not show how many of them there were."""
    if named := re.fullmatch(r"pcm_[usf](\d+).*", codec):
        return int(named[1])
    if codec == "flac" and len(extradata) >= 18:  # STREAMINFO: after rate and channels 5 bits, less one (RFC 9639 §8.2)
        return ((extradata[12] & 1) << 4 | extradata[13] >> 4) + 1
    if codec == "alac" and len(extradata) >= 24:  # behind the atom's head: ALACSpecificConfig.bitDepth
        return extradata[17]
    return 24 if form == "s32" else _BITS.get(form, 16)


def _mask(layout: Any) -> int:
    """0 where the file says only how many channels there are, or names a place that the mask has no bit for."""
    names = [channel.name for channel in layout.channels]
    if not set(names) <= set(_POSITIONS):
        return 0
    return sum(1 << _POSITIONS.index(name) for name in names)
