"""An upload as its request comes: with or without a length, with or without room, and what stays of it."""

from __future__ import annotations

import errno
import io
import json
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.types import Message

from service.http import uploads
from service.http.refusals import answer
from service.http.uploads import Progress, upload, upload_progress
from service.ledger import RoomError
from service.site import Site
from tests.asynchronous import finished

SOUND = bytes(range(256)) * 400
FORM = (
    b'--xyz\r\nContent-Disposition: form-data; name="files"; filename="talk.wav"\r\n\r\n' + SOUND + b"\r\n--xyz--\r\n"
)


def _sent(site: Site, length: str | None, progress: Progress | None = None, query: bytes = b"") -> list[str]:
    """The names of the files. length : that the request announces, None = it comes in chunks."""
    headers = [(b"content-type", b"multipart/form-data; boundary=xyz")]
    if length is not None:
        headers.append((b"content-length", length.encode("latin-1")))

    async def receive() -> Message:
        return {"type": "http.request", "body": FORM, "more_body": False}

    scope = {"type": "http", "method": "POST", "headers": headers, "query_string": query, "visitor": "a"}
    answer = finished(upload(site, progress or Progress(), Request(scope, receive)))
    found: list[str] = json.loads(bytes(answer.body))
    return found


def _kept(site: Site) -> list[Path]:
    return list(site.storage.root.glob("in-*"))


@pytest.mark.parametrize("length", [None, str(len(FORM)), "0", "²", "many"])
def test_what_is_sent_is_kept_whatever_length_is_announced(site: Site, length: str | None) -> None:
    (path,) = _sent(site, length)
    assert Path(path).read_bytes() == SOUND
    assert Path(path).name == "talk.wav"
    assert site.may_open(path)


def test_what_announces_more_than_there_is_room_for_is_not_read(site: Site) -> None:
    site.storage.ledger.bound(40 * 2**20, 0)
    with pytest.raises(RoomError):
        _sent(site, str(11 * 2**20))
    assert not _kept(site)


def test_nothing_stays_of_what_turns_out_to_have_no_room(site: Site) -> None:
    site.storage.ledger.bound(2 * len(SOUND), 0)
    with pytest.raises(RoomError):
        _sent(site, None)
    assert not _kept(site)


def test_how_far_it_is_can_be_asked_for_by_its_name(site: Site) -> None:
    progress = Progress()
    _sent(site, None, progress, b"upload_id=u1")
    assert (progress.knows("u1"), progress.runs("u1")) == (True, False)
    assert not progress.knows("u2")
    _sent(site, None, progress, b"upload_id=u%2F2")  # no name: the upload goes on without one
    assert not progress.knows("u/2")


def test_who_asks_after_an_upload_gets_its_events_and_after_none_a_404(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "WAIT_S", 2 * uploads.STEP_S)
    progress = Progress()
    progress.begin("u1")
    progress.end("u1")
    found = []
    for query in (b"upload_id=u1", b"upload_id=u2"):
        request = Request({"type": "http", "method": "GET", "headers": [], "query_string": query})
        answer = finished(upload_progress(progress, request))
        found.append((answer.status_code, answer.media_type))
    assert found == [(200, "text/event-stream"), (404, "application/json")]


class Full(io.FileIO):
    """A file on a disk with room for `room` bytes more: a write takes what fits, the next one nothing."""

    room = 0

    def write(self, data: Any, /) -> int:
        if not self.room:
            raise OSError(errno.ENOSPC, "No space left on device")
        count = super().write(bytes(data[: self.room]))
        self.room -= count
        return count


@pytest.mark.parametrize("room", [0, 1, len(SOUND) // 2, len(SOUND) - 1])
def test_a_disk_that_fills_up_on_the_way_is_a_507_and_nothing_stays(
    site: Site, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    """What fitted is no recording: it must not pass for one."""

    def opened(path: Path, *_: object, **__: object) -> Full:
        file = Full(path, "x")
        file.room = room
        return file

    monkeypatch.setattr(Path, "open", opened)
    with pytest.raises(OSError, match="No space") as fault:
        _sent(site, None)
    assert answer(fault.value).status_code == 507
    assert not _kept(site)


def test_what_is_written_in_pieces_is_whole(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow(io.FileIO):
        def write(self, data: Any, /) -> int:
            return super().write(bytes(data[:777]))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", lambda path, *_, **__: Slow(path, "x"))
        (path,) = _sent(site, None)
    assert Path(path).read_bytes() == SOUND
