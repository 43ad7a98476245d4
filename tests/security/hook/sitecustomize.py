"""Imported by every interpreter that has this folder on its PYTHONPATH: notes each address that it would reach.

Lines of JSON, [event, address], in the file that OUTGOING names.
"""

import json
import os
import sys

ADDRESS = {
    "socket.connect": 1, "socket.sendto": 1, "socket.sendmsg": 1, "socket.getaddrinfo": 0, "socket.gethostbyname": 0,
    "socket.gethostbyaddr": 0, "socket.getnameinfo": 0,
}  # fmt: skip
"""Audit event → which of its arguments is the address."""

_file = os.open(os.environ["OUTGOING"], os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)


def note(event: str, arguments: tuple[object, ...]) -> None:
    if (at := ADDRESS.get(event)) is not None:
        address = arguments[at]
        shown = list(address) if isinstance(address, tuple) else address
        os.write(_file, (json.dumps([event, shown], default=repr) + "\n").encode())


sys.addaudithook(note)
