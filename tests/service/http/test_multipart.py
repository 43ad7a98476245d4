"""A form that arrives in pieces of any size."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from service.http import multipart
from service.http.multipart import FilesOfForm, boundary_of, safe_name
from service.http.refusals import RequestError
from tests.asynchronous import finished

CONTENT = bytes(range(256)) * 40 + b"\r\n--x"  # like a boundary, but not at a line's begin with the rest of it
FORM = (
    b'--xyz\r\nContent-Disposition: form-data; name="note"\r\n\r\nnot a file\r\n'
    b'--xyz\r\nContent-Disposition: form-data; name="files"; filename="a \xc3\xa4.wav"\r\nContent-Type: x/y\r\n\r\n'
    + CONTENT
    + b'\r\n--xyz\r\nContent-Disposition: form-data; name="files"; filename="b.flac"\r\n\r\n\r\n--xyz--\r\n'
)


async def _pieces(data: bytes, size: int) -> AsyncIterator[bytes]:
    for at in range(0, len(data), size):
        yield data[at : at + size]


def _form(folder: Path, most_bytes: int = 10**6, arrived: list[tuple[str, int]] | None = None) -> FilesOfForm:
    made = iter(range(1000))

    def new_folder() -> Path:
        path = folder / str(next(made))
        path.mkdir(parents=True)
        return path

    def note(name: str, size: int) -> None:
        if arrived is not None:
            arrived.append((name, size))

    return FilesOfForm(b"xyz", most_bytes, new_folder, note)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100, 4096, 10**6])
def test_the_files_are_what_was_sent(tmp_path: Path, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multipart, "BUFFER_BYTES", 1000)
    arrived: list[tuple[str, int]] = []
    form = _form(tmp_path, arrived=arrived)
    finished(form.read(_pieces(FORM, size)))
    assert [path.name for path in form.files] == ["a ä.wav", "b.flac"]
    assert [path.read_bytes() for path in form.files] == [CONTENT, b""]
    assert sum(count for name, count in arrived if name == "a ä.wav") == len(CONTENT)


def _field(name: str, text: bytes) -> bytes:
    return f'--xyz\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + text + b"\r\n"


@pytest.mark.parametrize("size", [1, 7, 10**6])
def test_the_other_fields_are_what_was_sent(tmp_path: Path, size: int) -> None:
    form = _form(tmp_path)
    more = _field("größe", "größe\r\n 大".encode()) + _field("empty", b"") + _field("note", b"the last one counts")
    finished(form.read(_pieces(FORM.replace(b"--xyz--", more + b"--xyz--"), size)))
    assert form.fields == {"note": "the last one counts", "größe": "größe\r\n 大", "empty": ""}
    assert form.names == ["files", "files"]


@pytest.mark.parametrize(
    ("fields", "is_taken"),
    [
        ([("x", bytes(multipart.MOST_FIELD_BYTES))], True),
        ([("x", bytes(multipart.MOST_FIELD_BYTES + 1))], False),
        ([(f"x{number}", b"") for number in range(multipart.MOST_FIELDS - 1)], True),
        ([(f"x{number}", b"") for number in range(multipart.MOST_FIELDS)], False),  # the form has one itself
        ([("x", b"")] * multipart.MOST_FIELDS, False),
    ],
)
def test_other_fields_are_few_and_short(tmp_path: Path, fields: list[tuple[str, bytes]], is_taken: bool) -> None:
    data = b"".join(_field(*one) for one in fields) + FORM
    if is_taken:
        finished(_form(tmp_path).read(_pieces(data, 700)))
        return
    with pytest.raises(RequestError) as refusal:
        finished(_form(tmp_path).read(_pieces(data, 700)))
    assert refusal.value.status == 413


@pytest.mark.parametrize("most", [len(CONTENT) - 1, 0])
def test_a_file_that_is_too_large_is_refused(tmp_path: Path, most: int) -> None:
    with pytest.raises(RequestError) as refusal:
        finished(_form(tmp_path, most).read(_pieces(FORM, 512)))
    assert refusal.value.status == 413


def test_a_file_as_large_as_it_may_be_is_taken(tmp_path: Path) -> None:
    finished(_form(tmp_path, len(CONTENT)).read(_pieces(FORM, 512)))


@pytest.mark.parametrize("end", [*range(20, len(FORM) - 12, 997), len(FORM) - 90, len(FORM) - 11, len(FORM) - 4])
def test_a_form_that_breaks_off_is_refused(tmp_path: Path, end: int) -> None:
    with pytest.raises(RequestError) as refusal:
        finished(_form(tmp_path).read(_pieces(FORM[:end], 512)))
    assert refusal.value.status == 400


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("talk.wav", "talk.wav"),
        ("Größe 大.m4a", "Größe 大.m4a"),
        ("..", "recording"),
        ("../../x.wav", "x.wav"),
        ("a.w<av", "a"),
        ("x.verylongsuffix", "x"),
        (".wav", "wav"),
        ("a\0b.mp3", "a_b.mp3"),
        ("", "recording"),
    ],
)
def test_names(given: str, stored: str) -> None:
    assert safe_name(given) == stored


@pytest.mark.parametrize("kind", ["", "text/plain", "multipart/form-data", "multipart/mixed; boundary=x"])
def test_what_is_no_form(kind: str) -> None:
    with pytest.raises(RequestError) as refusal:
        boundary_of(kind)
    assert refusal.value.status == 415
