"""Who knows the password, and how often it may be guessed."""

from __future__ import annotations

import base64
import hmac
import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from service.config import Config
from service.health import health
from service.http import password as module
from service.http.password import Password, given
from service.http.refusals import RequestError, answer
from service.line.shares import TooManyError
from service.site import Site

SECRET = "correct horse: bättery"


def basic(secret: str, user: str = "") -> str:
    return "Basic " + base64.b64encode(f"{user}:{secret}".encode()).decode()


def refused(check: Callable[[], None]) -> int:
    with pytest.raises((RequestError, TooManyError)) as refusal:
        check()
    return int(refusal.value.status)


@pytest.mark.parametrize("user", ["", "jane", "jäne"])
def test_who_knows_it_is_let_in_whatever_their_name(user: str) -> None:
    password = Password(SECRET)
    password.check(basic(SECRET, user), "a")
    password.check(basic(SECRET, user).replace("Basic", "basic"), "a")


@pytest.mark.parametrize(
    "header",
    [
        None, "", "Basic", "Basic ", "Basic !", "Basic bm8=", "Basic \xff\xff", f"Bearer {SECRET}", SECRET, basic(""),
        basic(SECRET[:-1]), basic(SECRET + "x"), basic(SECRET.upper()), basic(SECRET).replace("Basic", "Digest"),
        "Basic " + base64.b64encode(SECRET.encode()).decode(), basic(SECRET) + basic(SECRET),
    ],
)  # fmt: skip
def test_everything_else_is_asked_for_it(header: str | None) -> None:
    with pytest.raises(RequestError) as refusal:
        Password(SECRET).check(header, "a")
    told = answer(refusal.value)
    assert told.status_code == 401
    assert told.headers["www-authenticate"] == 'Basic realm="AI Speech Enhancement", charset="UTF-8"'


def test_without_one_everybody_is_let_in_and_with_one_that_cannot_be_read_nobody() -> None:
    for header in (None, "", basic(""), basic("None")):
        Password(None).check(header, "a")
        assert refused(lambda header=header: Password("").check(header, "a")) == 503  # type: ignore[misc]


def test_it_is_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []

    def compare(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return True

    monkeypatch.setattr(module.hmac, "compare_digest", compare)
    Password(SECRET).check(basic("x"), "a")
    assert compared == [(b"x", SECRET.encode())]
    assert module.hmac is hmac


def test_who_guesses_has_to_wait_alone_and_who_has_not_asked_yet_does_not_guess(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now_s = 1000.0
    monkeypatch.setattr("service.line.shares.time.monotonic", lambda: now_s)
    password = Password(SECRET)
    for _ in range(100):
        assert refused(lambda: password.check(None, "a")) == 401
        password.check(basic(SECRET), "a")
    assert [refused(lambda: password.check(basic("guess"), "a")) for _ in range(21)] == [401] * 20 + [429]
    assert refused(lambda: password.check(basic(SECRET), "a")) == 429  # else a guess that is right would be told
    password.check(basic(SECRET), "b")
    now_s += 10
    password.check(basic(SECRET), "a")
    assert [refused(lambda: password.check(basic("guess"), "a")) for _ in range(2)] == [401, 429]


def test_a_password_with_a_colon_is_whole() -> None:
    assert given(basic("a:b:c", "user")) == b"a:b:c"


@pytest.mark.parametrize(
    ("content", "password"), [(b"s3cret\n", "s3cret"), (b" a b \r\n", " a b "), ("é".encode(), "é")]
)
def test_it_is_read_from_a_file_without_its_last_line_break(tmp_path: Path, content: bytes, password: str) -> None:
    path = tmp_path / "password"
    path.write_bytes(content)
    assert Config.from_environ({"PASSWORD_FILE": str(path), "PASSWORD": "another"}).password == password
    assert Config.from_environ({"PASSWORD": password}).password == password
    assert password not in repr(Config.from_environ({"PASSWORD": password}))


@pytest.mark.parametrize("content", [None, b"", b"\n", b"\xff\xfe"])
def test_a_file_that_cannot_be_read_opens_no_door(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, site: Site, content: bytes | None
) -> None:
    path = tmp_path / "password"
    if content is not None:
        path.write_bytes(content)
    with caplog.at_level(logging.ERROR):
        config = Config.from_environ({"PASSWORD_FILE": str(path)})
    assert config.password == ""
    assert "nobody is let in" in caplog.text
    assert health(Site(config, site.storage))["status"] == "degraded"


def test_pages_of_others_do_not_use_it_unless_it_is_said() -> None:
    """A browser sends a password along with whatever a page of another site asks of us."""
    assert Config.from_environ({}).allowed_origins is None
    assert Config.from_environ({"PASSWORD": ""}).password is None
    for space in ({}, {"SPACE_ID": "a/b"}):
        assert Config.from_environ({"PASSWORD": "x", **space}).allowed_origins == ()
    said = {"PASSWORD": "x", "ALLOWED_ORIGINS": "https://example.org"}
    assert Config.from_environ(said).allowed_origins == ("https://example.org",)
