"""How close a recording is to its clean reference, and how it sounds without one.

Signals are mono, float32 (n,). All metrics work at 16 kHz but the full band's, which work at the reference's own rate.
PESQ, STOI and DNSMOS are other people's programs: `available` says which of them are installed.
"""

from .alignment import advanced, delay
from .score import MISSING, RATE, Scores, available, mean, of_pair, of_recording, pesq_wb, resampled

__all__ = [
    "MISSING",
    "RATE",
    "Scores",
    "advanced",
    "available",
    "delay",
    "mean",
    "of_pair",
    "of_recording",
    "pesq_wb",
    "resampled",
]
