"""What can go wrong, as one small tree.

    EnhancementError            every error this package raises on purpose
    ├── AudioError              the recording cannot be used: not audio, empty, damaged
    │   └── LimitError          it is audio, but larger than this program takes
    ├── SettingsError           a parameter is out of its range or unknown
    ├── FullError               a disk is full
    └── Cancelled               the caller asked to stop

Each carries three texts made for the person who reads them: what happened (the message), the detail behind it,
and what to do about it. They hold no path of the machine and no traceback.
"""

from __future__ import annotations

import errno


class EnhancementError(Exception):
    """Base of all errors raised on purpose.

    message : one sentence, names the fault or the limit
    details : the technical cause, may be empty
    suggestion : what the user can do, may be empty
    status : HTTP status an API answers with
    """

    status = 500

    def __init__(self, message: str, *, details: str = "", suggestion: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.details = details
        self.suggestion = suggestion

    def as_dict(self) -> dict[str, str]:
        """The error as API users get it."""
        return {"error": self.message, "details": self.details, "suggestion": self.suggestion}


class AudioError(EnhancementError):
    """The recording cannot be used."""

    status = 422


class LimitError(AudioError):
    """The recording is larger (or shorter) than the limits allow."""

    status = 413


class SettingsError(EnhancementError, ValueError):
    """A parameter is out of its range, of the wrong type, or unknown."""

    status = 400


class FullError(EnhancementError):
    """A disk is full, or somebody's share of it."""

    status = 507


def is_full(fault: BaseException) -> bool:
    """Whether it is the system's way to say so."""
    return isinstance(fault, OSError) and fault.errno in (errno.ENOSPC, errno.EDQUOT)


class Cancelled(EnhancementError):  # noqa: N818  (a request carried out, not a fault)
    """The caller's `cancelled` callback answered True."""

    status = 499
