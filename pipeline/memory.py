"""Memory is asked for before it is taken: whoever passes a container's limit is killed without a word.

An enhancement works on blocks and keeps what its stages must remember, so that what it takes does not grow with the
length of the recording, but with its rate and its channels.
"""

from __future__ import annotations

import runtime_setup

from .errors import EnhancementError

MIB = 2**20
# For each channel, per Hz of the sample rate. Measured from 8 kHz mono to 192 kHz with eight channels: 460 to 550 by
# default, 550 to 630 with every stage on (`python -m benchmarks.length` has the whole for a stereo recording).
BYTES_PER_HZ = 640
SPARE_BYTES = 24 * MIB


class NoMemoryError(EnhancementError):
    """Less memory is free than the work takes."""

    status = 507


def working_bytes(sample_rate: int, channels: int) -> float:
    """What an enhancement of such a recording takes beside its samples."""
    return BYTES_PER_HZ * sample_rate * channels


def check_free(needed_bytes: float) -> None:
    """Raises NoMemoryError if this process, with its control groups, may not take so much more."""
    free = runtime_setup.free_memory_bytes()
    if needed_bytes + SPARE_BYTES > free:
        raise NoMemoryError(
            f"This takes about {needed_bytes / MIB:.0f} MB of memory, and {free / MIB:.0f} MB are free.",
            suggestion="Give it more memory, work from file to file, or use a lower sample rate or fewer channels.",
        )
