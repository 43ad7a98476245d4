"""The environment, well and badly filled in."""

from __future__ import annotations

import logging
from contextlib import ExitStack
from pathlib import Path

import pytest

from pipeline.files.limits import Limits
from service.config import Config
from service.line.admission import BusyError
from service.site import Site
from service.storage import Storage


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


@pytest.mark.parametrize(("cores", "workers"), [(1, 1), (2, 1), (3, 2), (5, 4), (64, 4)])
def test_one_core_is_left_for_the_server_and_four_workers_are_the_most(
    monkeypatch: pytest.MonkeyPatch, cores: int, workers: int
) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(cores)), raising=False)
    assert Config.from_environ({}).workers == workers


@pytest.mark.parametrize(("limit_mib", "workers"), [(256, 1), (512, 1), (599, 1), (600, 2), (900, 4), (5_000, 4)])
def test_every_worker_has_memory_for_a_recording(monkeypatch: pytest.MonkeyPatch, limit_mib: int, workers: int) -> None:
    monkeypatch.setattr("runtime_setup.cores", lambda: 8)
    monkeypatch.setattr("runtime_setup.memory_limit_bytes", lambda: limit_mib * 2.0**20)
    assert Config.from_environ({}).workers == workers


def test_twenty_may_wait_and_files_live_two_hours() -> None:
    config = Config.from_environ({})
    assert (config.queue_size, config.file_lifetime_s) == (20, 2 * 3600)


@pytest.mark.parametrize(
    ("name", "field", "least", "most"),
    [
        ("PORT", "port", 1, 65_535),
        ("WORKERS", "workers", 1, 64),
        ("QUEUE_SIZE", "queue_size", 1, 10_000),
        ("FILE_LIFETIME_S", "file_lifetime_s", 10, 30 * 86_400),
        ("DRAIN_S", "drain_s", 0, 3600),
    ],
)
def test_each_number_is_taken_within_its_limits(name: str, field: str, least: int, most: int) -> None:
    default = getattr(Config.from_environ({}), field)
    for text, value in ((f"{least}", least), (f" {most} ", most), (f"{least - 1}", default), (f"{most + 1}", default)):
        assert getattr(Config.from_environ({name: text}), field) == value


def test_what_the_environment_says_is_what_the_site_does(tmp_path: Path) -> None:
    """Two at a time and one in the line: the fourth is told to come back."""
    config = Config.from_environ({"WORKERS": "2", "QUEUE_SIZE": "1"})
    site = Site(config, Storage.choose({"GRADIO_TEMP_DIR": str(tmp_path)}))
    with ExitStack() as visitors:
        tickets = [visitors.enter_context(site.queue.ticket()) for _ in range(3)]
        assert [ticket.before() for ticket in tickets] == [0, 0, 1]
        with pytest.raises(BusyError, match="Too many"):
            visitors.enter_context(site.queue.ticket())


@pytest.mark.parametrize(
    ("env", "hops", "names"),
    [
        ({}, 0, None),
        ({"PORT": "8080"}, 1, None),
        ({"SYSTEM": "spaces"}, 1, None),
        ({"SPACE_ID": "a/b"}, 1, ("*",)),
        ({"PORT": "8080", "PROXY_HOPS": "0"}, 0, None),
        ({"PROXY_HOPS": "2"}, 2, None),
    ],
)
def test_where_it_is_hosted_one_proxy_stands_in_front_and_a_space_has_any_name(
    env: dict[str, str], hops: int, names: tuple[str, ...] | None
) -> None:
    """Else all visitors would be one, with one visitor's share; or each as many as they like to say."""
    config = Config.from_environ(env)
    assert (config.proxy_hops, config.allowed_hosts, config.allowed_origins) == (hops, names, names)


def test_20_000_mb_are_kept_unless_somebody_says_so() -> None:
    assert Config.from_environ({}).max_storage_bytes == 20_000 * 2**20
    assert Config.from_environ({"MAX_STORAGE_MB": "5"}).max_storage_bytes == 5 * 2**20


def test_a_replica_has_the_name_that_it_is_given_and_one_alone_has_none() -> None:
    assert Config.from_environ({"REPLICA": "a"}).replica == "a"
    assert Config.from_environ({}).replica is Config.from_environ({"REPLICA": ""}).replica is None
