"""How large a recording may be: one frozen value, read by the decoder, the page and the command line."""

from __future__ import annotations

import logging
import math
import os
from dataclasses import dataclass, replace
from functools import cache

from pipeline.errors import LimitError, SettingsError

log = logging.getLogger(__name__)

MIB = 2**20

# environment variable → field, bytes (or seconds) per unit
_VARIABLES = {
    "MAX_UPLOAD_MB": ("max_file_bytes", MIB),
    "MAX_DURATION_S": ("max_duration_s", 1),
    "MAX_DECODED_MB": ("max_decoded_bytes", MIB),
}


@dataclass(frozen=True)
class Limits:
    """What `load` takes. The defaults suit a server that strangers send files to.

    max_file_bytes : size of the file as it is stored
    max_duration_s : length of the recording
    max_decoded_bytes : what the samples fill as float32, all channels together. The stored size says little about
        it (an hour of silence fits in kilobytes), and it is what a visitor really costs: from file to file an
        enhancement needs so much room on the disk for temporary files, in memory about three times as much there.
        2700 MiB are 2 hours of stereo at 48 kHz.
    min_duration_s : below it there is nothing to learn the noise from
    isolated : decode in a process of its own, with little memory and time (`pipeline.files.isolated`): for files of
        strangers

    Raises SettingsError for a limit that is not a positive number.
    """

    max_file_bytes: float = 300 * MIB
    max_duration_s: float = 2 * 3600.0
    max_decoded_bytes: float = 2700 * MIB
    min_duration_s: float = 0.1
    isolated: bool = False

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if name != "isolated" and (isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0):
                raise SettingsError(f"{name} must be a positive number, not {value!r:.40}.")

    @classmethod
    def from_environment(cls, base: Limits | None = None) -> Limits:
        """`base` (default: the defaults), changed by MAX_UPLOAD_MB, MAX_DURATION_S and MAX_DECODED_MB if set.

        A value that is not a positive number is ignored with one warning: a slip must not close the service.
        """
        found = {name: _positive(name, os.environ.get(name, "")) for name in _VARIABLES}
        changed = {_VARIABLES[name][0]: v * _VARIABLES[name][1] for name, v in found.items() if v is not None}
        return replace(base or cls(), **changed)  # type: ignore[arg-type]

    def check_file(self, size: int) -> None:
        """Raises LimitError if a file of `size` bytes is too large."""
        if size > self.max_file_bytes:
            raise LimitError(
                f"The file has {size / MIB:.0f} MB; more than {self.max_file_bytes / MIB:.0f} MB are not taken.",
                suggestion="Cut it into parts, or store it as FLAC or M4A, and try again.",
            )

    def longest_s(self, sample_rate: int, channels: int) -> float:
        """How long a recording of this form may be."""
        return min(self.max_duration_s, self.max_decoded_bytes / (4 * channels * sample_rate))

    def check_longest(self, samples: float, sample_rate: int, channels: int) -> None:
        """Raises LimitError if `samples` per channel are too many."""
        longest_s = self.longest_s(sample_rate, channels)
        if samples > longest_s * sample_rate:
            form = "mono" if channels == 1 else f"{channels} channels"
            raise LimitError(
                f"The recording is longer than {_clock(longest_s)}, the most taken at {sample_rate} Hz, {form}.",
                suggestion="Cut it into shorter parts and try again.",
            )

    def check_shortest(self, samples: int, sample_rate: int) -> None:
        """Raises LimitError if `samples` per channel are too few."""
        if samples < self.min_duration_s * sample_rate:
            raise LimitError(
                f"The recording lasts {1000 * samples / sample_rate:.0f} ms, less than the "
                f"{1000 * self.min_duration_s:.0f} ms needed.",
                suggestion="Record or choose a longer one.",
            )


# One's own machine, one's own files: twelve hours, and as much as they take in 48 kHz stereo.
LOCAL = Limits(max_file_bytes=16384 * MIB, max_duration_s=12 * 3600.0, max_decoded_bytes=16384 * MIB)


# A service, and files that anybody may send it.
STRANGERS = Limits(isolated=True)

# A file that this program has written, whatever it has become: a result of two hours has more bytes than an upload may.
OURS = Limits(math.inf, math.inf, math.inf, min_duration_s=1e-9)


@cache  # so that a bad value is reported once, not with every file
def _positive(name: str, text: str) -> float | None:
    if not text.strip():
        return None
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not (math.isfinite(value) and value >= 1):
        log.warning("%s is ignored: it must be a number of at least 1", name)  # its text may be a password
        return None
    return value


def _clock(seconds: float) -> str:
    minutes = seconds / 60
    return f"{seconds:.0f} s" if minutes < 3 else f"{minutes:.0f} minutes"
