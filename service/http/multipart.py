"""A form with files (RFC 7578), read while it arrives. Each file goes to its place; other fields are short texts."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, BinaryIO

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool

from service.names import safe_stem

from .refusals import RequestError, too_large

MOST_FILES = 20  # in one request
MOST_FIELDS, MOST_FIELD_BYTES = 100, 1024  # that are no files
BUFFER_BYTES = 256 * 1024  # written at a time
SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,8}")


def boundary_of(content_type: str) -> bytes:
    """What divides the form's parts. Raises RequestError if this is no form."""
    kind, options = parse_options_header(content_type)
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise RequestError(415, "A file is sent as multipart/form-data.", suggestion="curl -F files=@talk.wav …")
    return bytes(options[b"boundary"])


def safe_name(name: str) -> str:
    """A file's name as it is stored; see `safe_stem`."""
    last = re.split(r"[/\\]", name)[-1]
    suffix = Path(last).suffix
    return safe_stem(last) + (suffix if SUFFIX.fullmatch(suffix) else "")


def _write(file: BinaryIO, data: bytes) -> None:
    """All of it: where a disk is nearly full, a write takes what there is room for, and says no more than that."""
    rest = memoryview(data)
    while rest.nbytes:
        rest = rest[file.write(rest) :]


class FilesOfForm:
    """The files of a form, and its other fields.

    files, names : where each file is, and the name of its field; fields : name → text; the last one of a name counts

    most_bytes : of one file
    new_folder : () → an empty directory for one of them
    arrived : told a file's name and how many bytes more of it are there
    """

    def __init__(
        self, boundary: bytes, most_bytes: int, new_folder: Callable[[], Path], arrived: Callable[[str, int], None]
    ) -> None:
        self.files: list[Path] = []
        self.names: list[str] = []
        self.fields: dict[str, str] = {}
        self._most_bytes, self._left = most_bytes, 0
        self._new_folder, self._arrived = new_folder, arrived
        self._events: list[tuple[str, bytes]] = []
        self._header: list[bytes] = [b"", b""]
        self._headers: dict[bytes, bytes] = {}
        self._file: BinaryIO | None = None
        self._field: str | None = None  # its name, while it arrives
        self._field_count = 0
        self._buffer = bytearray()
        self._ended = False
        try:
            self._parser = MultipartParser(boundary, self._callbacks(), max_header_count=8, max_header_size=4096)
        except FormParserError as fault:
            raise RequestError(400, "The form cannot be read.") from fault

    async def read(self, body: AsyncIterator[bytes]) -> None:
        """Read the whole form. Raises RequestError; what was stored until then is in `files`."""
        try:
            async for chunk in body:
                self._parser.write(chunk)
                await self._handle()
        except FormParserError as fault:
            raise RequestError(400, "The form cannot be read.") from fault
        else:
            if not self._ended:
                raise RequestError(400, "The form breaks off.")
        finally:
            if self._file is not None:
                self._file.close()
        if not self.files:
            raise RequestError(400, "The form holds no file.", suggestion="curl -F files=@talk.wav …")

    def _callbacks(self) -> Any:
        def field(which: int) -> Callable[[bytes, int, int], None]:
            def more(data: bytes, start: int, end: int) -> None:
                self._header[which] += data[start:end]

            return more

        return {
            "on_part_begin": self._headers.clear,
            "on_header_field": field(0),
            "on_header_value": field(1),
            "on_header_end": self._end_header,
            "on_headers_finished": self._end_headers,
            "on_part_data": lambda data, start, end: self._events.append(("data", data[start:end])),
            "on_part_end": lambda: self._events.append(("end", b"")),
            "on_end": self._end_form,
        }  # fmt: skip

    def _end_form(self) -> None:
        self._ended = True

    def _end_header(self) -> None:
        name, value = self._header
        self._headers[name.lower()] = value
        self._header = [b"", b""]

    def _end_headers(self) -> None:
        self._events.append(("begin", self._headers.get(b"content-disposition", b"")))

    async def _handle(self) -> None:
        events, self._events = self._events, []
        for event, data in events:
            if event == "begin":
                self._begin(data)
            elif self._file is None:
                self._add(event, data)
            elif event == "data":
                self._buffer += data
                if len(self._buffer) >= BUFFER_BYTES:
                    await self._flush()
            else:
                await self._flush()
                self._file.close()
                self._file = None

    def _begin(self, disposition: bytes) -> None:
        _, options = parse_options_header(disposition)
        name = options.get(b"name", b"").decode("utf-8", "replace")
        if b"filename" not in options:
            self._field, self._field_count = name, self._field_count + 1
            return
        if len(self.files) >= MOST_FILES:
            raise RequestError(413, f"More than {MOST_FILES} files in one request are not taken.")
        path = self._new_folder() / safe_name(options[b"filename"].decode("utf-8", "replace"))
        self.files.append(path)
        self.names.append(name)
        self._left = self._most_bytes
        self._file = path.open("xb", buffering=0)

    def _add(self, event: str, data: bytes) -> None:
        """More of a field that is no file, or its end."""
        if self._field is None:
            return
        self._buffer += data
        if len(self._buffer) > MOST_FIELD_BYTES or self._field_count > MOST_FIELDS:
            raise RequestError(413, f"A form may have {MOST_FIELDS} fields of {MOST_FIELD_BYTES} bytes each.")
        if event == "end":
            self.fields[self._field] = bytes(self._buffer).decode("utf-8", "replace")
            self._field, self._buffer = None, bytearray()

    async def _flush(self) -> None:
        assert self._file is not None
        data, self._buffer = bytes(self._buffer), bytearray()
        self._left -= len(data)
        if self._left < 0:
            raise too_large(self._most_bytes)
        await run_in_threadpool(_write, self._file, data)
        self._arrived(self.files[-1].name, len(data))
