"""An upload as its request comes: with or without a length, with or without room, and what stays of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.types import Message

from service.http import uploads
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
