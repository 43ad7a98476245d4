"""What a request does, in its thread: load, enhance or measure, save. Used by the page and by the API.

- order      what is wanted, and what comes of it
- serving    keep the upload, wait for a turn, work
- enhancing  the task of an enhancement
- measuring  the task of an analysis
"""

from .enhancing import enhance, serve_one
from .measuring import analyze
from .order import EXTRAS, Order, Outcome, as_told, preset, uploaded
from .serving import Weighed, cancelled, claimed_bytes, served

__all__ = [
    "EXTRAS",
    "Order",
    "Outcome",
    "Weighed",
    "analyze",
    "as_told",
    "cancelled",
    "claimed_bytes",
    "enhance",
    "preset",
    "serve_one",
    "served",
    "uploaded",
]
