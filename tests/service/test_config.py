"""The environment, well and badly filled in."""

from __future__ import annotations

import logging

import pytest

from pipeline.files.limits import Limits
from service.config import Config


def test_a_laptop_shows_the_page_to_itself_alone() -> None:
    config = Config.from_environ({})
    assert (config.host, config.port, config.file_lifetime_s) == ("127.0.0.1", 7860, 7200)
    assert config.max_upload_bytes == Limits().max_file_bytes


@pytest.mark.parametrize("env", [{"PORT": "8080"}, {"SPACE_ID": "a/b"}, {"SYSTEM": "spaces"}])
def test_a_host_is_let_in(env: dict[str, str]) -> None:
    config = Config.from_environ(env)
    assert config.host == "0.0.0.0"
    assert config.port == int(env.get("PORT", 7860))


def test_host_and_port_can_be_said_in_gradios_words() -> None:
    config = Config.from_environ({"GRADIO_SERVER_NAME": "10.0.0.1", "GRADIO_SERVER_PORT": "1234"})
    assert (config.host, config.port) == ("10.0.0.1", 1234)
    assert Config.from_environ({"HOST": "::1", "GRADIO_SERVER_NAME": "x"}).host == "::1"


@pytest.mark.parametrize("text", ["", "  "])
def test_empty_is_unset(text: str) -> None:
    assert Config.from_environ({"WORKERS": text, "PORT": text}).port == 7860


@pytest.mark.parametrize("text", ["http", "-1", "99999", "nan", "1e99"])
def test_a_slip_is_reported_and_does_not_close_the_service(text: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert Config.from_environ({"PORT": text}).port == 7860
    assert "PORT" in caplog.text
