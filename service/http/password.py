"""One password for the whole site, if whoever runs it wants one: HTTP Basic (RFC 7617), which browsers, curl and every
library know. The name of the user does not matter.

Each request brings the password, so nothing is remembered here but who guesses: after some wrong ones a visitor has to
wait, with the right one as well.
"""

from __future__ import annotations

import base64
import binascii
import hmac

from service.line.shares import Rate, TooManyError

from .refusals import RequestError

ASKED = {"WWW-Authenticate": 'Basic realm="AI Speech Enhancement", charset="UTF-8"'}


class Password:
    """secret : None = everybody is let in; "" = one was asked for and cannot be read, so nobody is"""

    def __init__(self, secret: str | None) -> None:
        self._secret = secret
        self._guesses = Rate(per_s=0.1, burst=20.0)  # that are wrong

    def check(self, authorization: str | None, visitor: str) -> None:
        """Raises RequestError and TooManyError. authorization : the request's header"""
        if self._secret is None:
            return
        if not self._secret:
            raise RequestError(
                503, "This server's password cannot be read.", suggestion="Whoever runs it: the log says more."
            )
        if authorization is None:
            raise _refused()
        if not self._guesses.has(visitor):
            raise TooManyError
        if not hmac.compare_digest(given(authorization), self._secret.encode("utf-8", "surrogateescape")):
            self._guesses.take(visitor)
            raise _refused()


def given(authorization: str) -> bytes:
    """The password of a header; nothing, which is never right, if there is none in it."""
    scheme, _, value = authorization.partition(" ")
    try:
        user_and_password = base64.b64decode(value.strip(), validate=True)
    except (binascii.Error, ValueError):  # no base64, no ASCII
        return b""
    return user_and_password.partition(b":")[2] if scheme.lower() == "basic" else b""


def _refused() -> RequestError:
    return RequestError(
        401, "This server asks for a password.", suggestion="Give it by HTTP Basic, with any user name.", headers=ASKED
    )
