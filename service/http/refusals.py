"""A request that is refused before it becomes work: what it is told."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pipeline.errors import EnhancementError
from service.faults import as_answer


class RequestError(EnhancementError):
    """status, headers : of the HTTP answer."""

    def __init__(
        self, status: int, message: str, *, suggestion: str = "", headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(message, suggestion=suggestion)
        self.status, self.headers = status, headers or {}


def too_large(most_bytes: float) -> RequestError:
    """For a body or a file of more than `most_bytes`."""
    size = f"{most_bytes / 2**20:.0f} MB" if most_bytes >= 2**20 else f"{most_bytes / 2**10:.0f} KB"
    return RequestError(413, f"The request has more than {size}, the most taken.", suggestion="Send less.")


def answer(fault: BaseException, headers: dict[str, str] | None = None) -> Response:
    """The fault as JSON: error, details, suggestion, status."""
    found = as_answer(fault)
    own = fault.headers if isinstance(fault, RequestError) else {}
    return JSONResponse(found, int(found["status"]), {**own, **(headers or {})})


async def answer_fault(_: Request, fault: Exception) -> Response:
    """`answer`, for an application's table of exception handlers."""
    return answer(fault)
