"""What may stay in the environment and what may not, for each kind of value."""

from __future__ import annotations

import ssl
import sys
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest

from runtime.environment import mending, table, values


def stays(name: str, value: str) -> bool:
    """An empty one is looked at elsewhere."""
    return not value or not table.faults({name: value}, ours=True)


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("PORT", ["8080", " 1 ", ""], ["0", "65536", "tcp://10.0.0.1:80", "x", "nan"]),
        ("GRADIO_SERVER_PORT", ["7860"], ["tcp://10.0.0.1:7860"]),
        ("WORKERS", ["1", "64"], ["0", "65", "many"]),
        ("MAX_UPLOAD_MB", ["1", "1e6"], ["0.5", "inf", "-1"]),
        ("WEB_CONCURRENCY", ["", "1"], ["2", "abc"]),
        ("REPLICA", ["a", "speech-12", "A" * 32], ["a b", "a;b", "a=b", "a\r\nX: y", "\u00e9", "a_b", "a" * 33]),
        (
            "HOST",
            ["", "0.0.0.0", "::", "[::1]", "a-b.example", "x86_64-conda-linux-gnu"],
            ["a b", "http://x", "\x1b[1m"],
        ),
        ("GRADIO_ROOT_PATH", ["", "/speech", "https://a.example/x"], ["speech", "/a b", "/<script>", "javascript:x"]),
        ("GRADIO_SHARE", [], ["true", "", "x"]),
        ("GRADIO_OF_THE_NEXT_VERSION", [], ["1"]),
        ("GRADIO_ANALYTICS_ENABLED", ["False"], ["True", "x"]),
        ("MPLBACKEND", ["agg", "Agg"], ["module://matplotlib_inline.backend_inline", "QtAgg", ""]),
        ("NUMBA_NUM_THREADS", ["1", "8"], ["abc", "", "0", "-1"]),
        ("NUMBA_OPT", ["0", "max"], ["4", "fast"]),
        ("NUMBA_DEBUG", ["0", "1"], ["yes", ""]),
        ("NUMBA_OF_THE_NEXT_VERSION", ["1"], ["yes"]),
        ("NUMBA_CPU_NAME", ["generic", "x86-64-v3"], ["a b", ""]),
        ("NUMBA_CPU_FEATURES", ["", "+avx2,-avx512f"], ["avx2", "+a b"]),
        ("NUMBA_THREADING_LAYER", ["omp"], ["x"]),
        ("LIBROSA_CACHE_LEVEL", ["10"], ["x", ""]),
        ("LIBROSA_CACHE_DIR", [], ["/tmp"]),
        ("HF_HUB_ETAG_TIMEOUT", ["10"], ["x", "", "1.5"]),
        ("HF_ENDPOINT", ["https://hub.example"], ["", "::::", "ftp://x", "https://"]),
        ("OMP_NUM_THREADS", ["2", ""], ["x", "0"]),
        ("TQDM_NCOLS", ["80"], ["x", ""]),
        ("COLUMNS", ["80"], ["x"]),
        ("PYTHONWARNINGS", ["", "default"], ["error", "default,error::UserWarning"]),
        ("NUMBA_BAKED_CACHE_DIR", ["", "/a", "relative"], ["http://user:s3cret@host/a"]),
        ("SOMETHING_ELSE", ["whatever", ""], []),
    ],
)
def test_values(name: str, good: list[str], bad: list[str]) -> None:
    assert [value for value in good if not stays(name, value)] == []
    assert [value for value in bad if value and stays(name, value)] == []


@pytest.mark.parametrize("name", ["GRADIO_SERVER_PORT", "PORT", "HF_HOME", "NUMBA_OPT", "http_proxy", "MPLBACKEND"])
def test_an_empty_one_goes_without_a_word(name: str) -> None:
    """Gradio reads the number of the port from nothing, and the Hub a directory."""
    assert table.faults({name: ""}, ours=True)[name][1] == ""
    environ = {name: "", "HOME": "/"}
    before = mending.notes()
    mending.mend(environ)
    assert environ.get(name) == ("agg" if name == "MPLBACKEND" else None)
    assert mending.notes() == before


PROXIES = ["http://127.0.0.1:9", "127.0.0.1:9", "https://u:p%40@proxy.example", "HTTP://proxy:80", "proxy", ""]
NO_PROXIES = [
    "proxy://x",
    "http://",
    "http://[",
    "http://a:b",
    "socks4://a:1",
    "http://a b",
    "tcp://10.0.0.1:80",
    "\x7f",
]
LISTS = ["", "*", "localhost,127.0.0.1", ".a.example, b.example:80", "::1,fe80::1", "10.0.0.0/8", "*.a.example"]
NO_LISTS = ["fd00::/8", "[", "a b", "http://[", "a:99999", "[::1]:80x", "a,b:c"]


@pytest.mark.parametrize("name", ["http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"])
def test_the_addresses_of_proxies_that_stay_are_such_that_httpx_takes(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for value in PROXIES:
        assert stays(name, value), value
        monkeypatch.setenv(name, value)
        httpx.Client().close()
    assert [value for value in NO_PROXIES if stays(name, value)] == []


def test_a_socks_proxy_stays_where_its_package_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    for found, good in ((None, False), (SimpleNamespace(), True)):
        monkeypatch.setattr("importlib.util.find_spec", lambda _, found=found: found)
        assert stays("ALL_PROXY", "socks5://127.0.0.1:9") is good
    assert not stays("ALL_PROXY", "socks5://")


def test_lists_of_no_proxies_that_stay_are_such_that_httpx_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    for value in LISTS:
        assert stays("NO_PROXY", value), value
        monkeypatch.setenv("NO_PROXY", value)
        httpx.Client().close()
    assert [value for value in NO_LISTS if stays("no_proxy", value)] == []


def test_certificates_are_such_that_tls_takes(tmp_path: Path) -> None:
    (tmp_path / "none.pem").write_text("nothing")
    usual = ssl.get_default_verify_paths().cafile
    assert [v for v in ("", str(tmp_path), usual or "") if not stays("SSL_CERT_FILE", v)] == []
    assert [v for v in (str(tmp_path / "none.pem"), "/nonexistent") if stays("SSL_CERT_FILE", v)] == []


def test_directories(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "circle").symlink_to("circle")
    for value in ("", str(tmp_path), str(tmp_path / "a" / "b")):
        assert stays("XDG_CACHE_HOME", value), value
    bad = ["relative", str(tmp_path / "file"), str(tmp_path / "file" / "a"), str(tmp_path / "circle"), "/" + "x" * 5000]
    assert [value for value in bad if stays("MPLCONFIGDIR", value)] == []
    assert stays("TMPDIR", str(tmp_path))
    assert not stays("TMPDIR", str(tmp_path / "missing"))
    assert not stays("TMPDIR", ".")


def test_a_log_of_keys_must_be_writable(tmp_path: Path) -> None:
    good = {"": True, str(tmp_path / "keys"): True, str(tmp_path): False, "/nonexistent/keys": False, "keys": False}
    if sys.platform == "linux":
        good["/proc/version"] = False  # which root may write, as it seems
    assert {value: stays("SSLKEYLOGFILE", value) for value in good} == good


def test_no_reason_repeats_the_value() -> None:
    """It may be a password."""
    secret = "s3cret:pa@ss word\x1b"
    for name in (
        "http_proxy",
        "NO_PROXY",
        "HOST",
        "PORT",
        "MPLBACKEND",
        "HF_ENDPOINT",
        "XDG_CACHE_HOME",
        "NUMBA_DEBUG",
    ):
        _, why = table.faults({name: secret}, ours=True)[name]
        assert secret not in why


def test_in_somebody_elses_program_only_what_stops_its_libraries_is_bad() -> None:
    odd = {
        "MPLBACKEND": "QtAgg",
        "GRADIO_SHARE": "x",
        "PORT": "x",
        "WEB_CONCURRENCY": "9",
        "TMPDIR": "x",
        "HOST": "a b",
    }
    assert table.faults(odd, ours=False) == {}
    assert table.faults({"NUMBA_DEBUG": "x"}, ours=False)


def test_number_reads_what_float_reads() -> None:
    assert values.number(1, 2)("1.5") is None
    assert values.number(1, float("inf"))("inf") == "not a number of at least 1"
    assert values.whole(1, 2)("1.5") == "not a whole number from 1 to 2"
