"""Environments in which nothing may keep the program from starting."""

from __future__ import annotations

from collections.abc import Mapping

from runtime.environment.table import NUMBERS
from tests.runtime.environment import readers

# What a variable says, by kind; None takes it away.
KINDS: dict[str, str | None] = {
    "unset": None,
    "empty": "",
    "nonsense": "tcp//:x?",
    "an address": "http://user:s3cret@127.0.0.1:9/path",
    "hostile letters": "\x1b[31m\n'\"`$(id)%s{}\\\udcff",
    "a file": "/proc/version",  # which not even root can write
}
SECRET = "s3cret"
# Without these the interpreter itself does not come so far, or the test would not find the program.
NEEDED = {"PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "PORT", "NUMBA_CACHE_DIR", "TMPDIR"}
OURS = {
    *NUMBERS, "HOST", "GRADIO_SERVER_NAME", "GRADIO_TEMP_DIR", "ALLOWED_HOSTS", "ALLOWED_ORIGINS", "DENOISER_REPO",
    "NUMBA_CACHE_DIR", "NUMBA_BAKED_CACHE_DIR", "SPACE_ID", "SYSTEM", "REPLICA",
}  # fmt: skip
SYSTEMS = {
    "HOME", "http_proxy", "https_proxy", "ALL_PROXY", "NO_PROXY", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR",
    "TEMP", "TMP", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NPY_DISABLE_CPU_FEATURES", "PYTHONWARNINGS",
    "PYTHONBREAKPOINT", "SHELL", "USER", "LOGNAME", "DISPLAY", "PYTHONSTARTUP", "OPENSSL_CONF",
    "LANGUAGE", "LOCPATH",
}  # fmt: skip

# Those that really met people, alone: each × each kind is a start of its own.
WORST = (
    "HOME", "http_proxy", "https_proxy", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSLKEYLOGFILE", "HOST", "PORT",
    "GRADIO_SERVER_PORT", "GRADIO_SERVER_NAME", "GRADIO_ROOT_PATH", "GRADIO_TEMP_DIR", "GRADIO_NUM_PORTS",
    "MPLBACKEND", "MPLCONFIGDIR", "XDG_CACHE_HOME", "WEB_CONCURRENCY", "LC_ALL", "TMPDIR", "NUMBA_CACHE_DIR",
    "NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "PYTHONWARNINGS", "SPACE_ID",
)  # fmt: skip
# Pairs that stand together in the reports.
PAIRS: dict[str, dict[str, str | None]] = {
    "no home behind a dead proxy": {"HOME": None, "http_proxy": "127.0.0.1:9", "ALL_PROXY": "socks5://127.0.0.1:9"},
    "Kubernetes' service links": {"GRADIO_SERVER_PORT": "tcp://10.0.0.1:7860", "PORT_8080_TCP": "tcp://10.0.0.1:8080"},
    "conda": {"HOST": "x86_64-conda-linux-gnu", "SSL_CERT_FILE": "/opt/conda/gone.pem", "MPLBACKEND": "QtAgg"},
    "Jupyter's child": {"MPLBACKEND": "module://matplotlib_inline.backend_inline", "FORCE_COLOR": "1", "COLUMNS": ""},
    "a locale without letters": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "HOME": ""},
    "nowhere to keep anything": {"HOME": None, "XDG_CACHE_HOME": "/proc/version", "MPLCONFIGDIR": "/dev/null"},
    "strict": {"PYTHONWARNINGS": "error", "PYTHONOPTIMIZE": "2", "PYTHONSAFEPATH": "1"},
    "two workers": {"WEB_CONCURRENCY": "2", "UVICORN_WORKERS": "2", "GRADIO_NUM_WORKERS": "2"},
}  # fmt: skip


def every_variable() -> set[str]:
    """All that our own code, the libraries and the system read, but for what is needed."""
    return (OURS | SYSTEMS | set(readers.read_by_libraries())) - NEEDED


def changed(environ: Mapping[str, str], changes: Mapping[str, str | None]) -> dict[str, str]:
    """An environment with some variables set and others taken away."""
    found = {name: value for name, value in environ.items() if name not in changes}
    return found | {name: value for name, value in changes.items() if value is not None}
