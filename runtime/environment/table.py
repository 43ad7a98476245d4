"""The variables that can stop a library from being imported or used, and those of this app.

What is unknown in a family (GRADIO_…) is taken away unread in a process that is ours: what the next version of a
library reads cannot stop it. `tests/runtime/environment/test_variables.py` finds what the installed ones read.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from . import values
from .values import Check

# This app's own numbers: least and most.
NUMBERS: dict[str, tuple[float, float]] = {
    "PORT": (1, 65_535),
    "GRADIO_SERVER_PORT": (1, 65_535),
    "WORKERS": (1, 64),
    "THREADS": (1, 256),
    "QUEUE_SIZE": (1, 10_000),
    "FILE_LIFETIME_S": (10, 30 * 86_400),
    "MAX_STORAGE_MB": (1, 1e9),
    "CACHE_MB": (0, 1e9),
    "PROXY_HOPS": (0, 10),
    "DRAIN_S": (0, 3600),
    "MAX_UPLOAD_MB": (1, float("inf")),
    "MAX_DURATION_S": (1, float("inf")),
    "MAX_DECODED_MB": (1, float("inf")),
}
UNKNOWN = "this app has no such setting"
EMPTY_IS_A_VALUE = {"NUMBA_CPU_FEATURES"}


@dataclass(frozen=True)
class Row:
    """names : a regular expression, of whole names
    check : why a value cannot be used, or None
    instead : what the variable is set to then; None removes it
    ours_alone : only where the process is ours; a program that imports the pipeline keeps what it was given
    silent : nobody needs to hear of it
    """

    names: str
    check: Check
    instead: str | None = None
    ours_alone: bool = False
    silent: bool = False


def _address(text: str) -> str | None:
    return "a web address, not a directory" if "://" in text else None


def _several(text: str) -> str | None:
    return None if text.strip() in ("", "1") else "one process serves, and the line of those who wait lives in it"


def _other_than_agg(text: str) -> str | None:
    return None if text.lower() == "agg" else "pictures are drawn without a window"


# The first row that knows a name decides.
TABLE: tuple[Row, ...] = (
    # Whoever talks to the network: httpx reads these when a client is made, and Gradio makes one when it is imported.
    Row(r"(?i:https?_proxy|all_proxy)", values.proxy),
    Row(r"(?i:no_proxy)", values.no_proxy),
    Row("SSL_CERT_FILE|SSL_CERT_DIR|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE", values.certificates),
    Row("SSLKEYLOGFILE", values.appendable),
    # Where files are kept.
    Row("XDG_(CACHE|CONFIG|DATA|STATE)_HOME|XDG_RUNTIME_DIR", values.folder),
    Row("MPLCONFIGDIR|HF_HOME|HF_HUB_CACHE|HUGGINGFACE_HUB_CACHE|HF_XET_CACHE|LIBROSA_DATA_DIR", values.folder),
    Row("HF_ASSETS_CACHE|HUGGINGFACE_ASSETS_CACHE|JOBLIB_TEMP_FOLDER|FSSPEC_CONFIG_DIR", values.folder),
    Row("TMPDIR|TEMP|TMP|GRADIO_TEMP_DIR", values.existing_folder, ours_alone=True),
    # Gradio: launched by us, so that next to none of its settings means anything.
    Row("GRADIO_ANALYTICS_ENABLED", values.one_of("false"), "False", ours_alone=True, silent=True),
    Row("GRADIO_SERVER_NAME|HOST", values.host, ours_alone=True),
    Row("GRADIO_ROOT_PATH", values.root_path, ours_alone=True),
    Row("|".join(NUMBERS), values.number(-1, -1), ours_alone=True),  # each by its own limits: see `_check_of`
    Row("GRADIO_.*", values.never(UNKNOWN), ours_alone=True),
    Row("WEB_CONCURRENCY", _several, ours_alone=True),
    Row("REPLICA", values.matching(r"[A-Za-z0-9-]{1,32}", "not letters, digits and hyphens, 32 at most"), None, True),
    Row("SYSTEM", values.matching(r"[\w.-]*", "not a system's name"), ours_alone=True),
    Row(
        "UVICORN_.*|FASTAPI_.*|OTEL_.*|PANDAS_.*|TYPER_.*|PYTZ_.*|(?i:prometheus_).*|TERMINAL_WIDTH|UNICODE_VERSION",
        values.never(UNKNOWN),
        ours_alone=True,
    ),
    # Pictures are drawn by Agg, without pyplot; a notebook's own backend would be imported for nothing, or fail.
    Row("MPLBACKEND", _other_than_agg, "agg", ours_alone=True),
    Row("MATPLOTLIBRC|MPL_IGNORE_SYSTEM_FONTS", values.never(UNKNOWN), ours_alone=True),
    Row("LIBROSA_CACHE_DIR", values.never("it would keep copies of recordings"), ours_alone=True),
    Row("LIBROSA_CACHE_(LEVEL|VERBOSE|COMPRESS)", values.whole(0, 100)),
    # numba. Where compiled code is kept, and whether anything is compiled, is the ladder's business.
    Row("NUMBA_(CACHE_DIR|BAKED_CACHE_DIR)", _address),  # the ladder shows it where it is refused
    Row("NUMBA_CACHE_LOCATOR_CLASSES", lambda _: None),
    Row("NUMBA_CPU_NAME", values.matching(r"[\w.+-]+", "not a processor's name")),
    Row(
        "NUMBA_CPU_FEATURES", values.matching(r"([+-][\w.-]+(,[+-][\w.-]+)*)?", "not a list of features such as +avx2")
    ),
    Row("NUMBA_OPT", values.one_of("0", "1", "2", "3", "max")),
    Row("NUMBA_NUM_THREADS", values.whole(1, 1024)),
    Row("NUMBA_THREADING_LAYER", values.one_of("default", "safe", "threadsafe", "forksafe", "tbb", "omp", "workqueue")),
    Row(
        "NUMBA_THREADING_LAYER_PRIORITY",
        values.matching("(tbb|omp|workqueue)( (tbb|omp|workqueue)){2}", "not an order"),
    ),
    Row("NUMBA_(CUDA_.*|ENABLE_CUDASIM|FORCE_CUDA_CC)", values.never("no graphics card is used")),
    Row("NUMBA_(JIT_COVERAGE|ENABLE_SYS_MONITORING|CHROME_TRACE)", values.never("compiled code is not watched")),
    Row("NUMBA_COLOR_SCHEME", values.matching(r"\w+", "not a scheme's name")),
    Row("NUMBA_(GDB_BINARY|LLVM_REFPRUNE_FLAGS|DEBUG_PRINT_.*)", values.matching(r"[\w./,-]+", "not a name")),
    Row("NUMBA_.*", values.whole(0, math.inf)),
    Row("LLVMLITE_ENABLE_IR_LAYER_TYPED_POINTERS", values.one_of("", "0", "false", "1", "true")),
    # NumPy, SciPy, joblib, scikit-learn: read as numbers or words at import.
    Row("NPY_(EN|DIS)ABLE_CPU_FEATURES|NPY_PROMOTION_STATE", values.never("NumPy chooses by the processor")),
    Row("NUMPY_MADVISE_HUGEPAGE|JOBLIB_MULTIPROCESSING|LOKY_MAX_DEPTH", values.whole(0, 1000)),
    Row("SCIPY_ARRAY_API", values.one_of("", "0", "false", "1", "true")),
    Row("JOBLIB_START_METHOD", values.one_of("", "fork", "spawn", "forkserver", "loky")),
    Row("LOKY_MAX_CPU_COUNT", values.whole(1, 4096)),
    Row("LOKY_PICKLER", values.one_of("", "cloudpickle", "pickle")),
    Row("SKLEARN_ASSUME_FINITE|SKLEARN_WORKING_MEMORY|SKLEARN_PAIRWISE_DIST_CHUNK_SIZE", values.whole(0, math.inf)),
    Row("(OMP|OPENBLAS|MKL|GOTO|BLIS|VECLIB)_(NUM|MAXIMUM)_THREADS", values.number(1, 4096, whole=True)),
    Row("EAGER_IMPORT", values.never("the libraries are imported when they are needed")),
    # The Hub, and the bars that tell of downloads.
    Row("HF_ENDPOINT|HF_INFERENCE_ENDPOINT", values.web_address),
    Row("HF_HUB_(ETAG|DOWNLOAD)_TIMEOUT", values.whole(1, 86_400)),
    Row("HF_HUB_VERBOSITY", values.one_of("debug", "info", "warning", "error", "critical")),
    Row("TQDM_(MINITERS|NCOLS|NROWS|POSITION|INITIAL)", values.whole(0, math.inf)),
    Row("TQDM_((MIN|MAX)INTERVAL|SMOOTHING|DELAY)", values.number(0, 1e9)),
    Row("FSSPEC_.*", values.never(UNKNOWN), ours_alone=True),
    Row("COLUMNS|LINES", values.whole(1, 100_000), silent=True),
    Row("PYTHONWARNINGS", lambda text: "a warning is no fault" if "error" in text.lower() else None, None, True),
)
_NAMES = tuple(re.compile(row.names) for row in TABLE)


def row_of(name: str) -> Row | None:
    """The row that knows this name; None for one that is nobody's business."""
    return next((row for row, names in zip(TABLE, _NAMES, strict=True) if names.fullmatch(name)), None)


def why_not(name: str, value: str, row: Row) -> str | None:
    """Why this value cannot be used; None if it can."""
    if name in NUMBERS:
        return values.number(*NUMBERS[name])(value)
    return row.check(value)


def faults(environ: Mapping[str, str], *, ours: bool) -> dict[str, tuple[Row, str]]:
    """Every variable that cannot stay as it is, with its row and the reason. ours : the process is ours alone.

    An empty one is as good as none to us, and not to every library: it goes for no reason ("").
    """
    found = {}
    for name, value in environ.items():
        row = row_of(name)
        if row is None or (row.ours_alone and not ours):
            continue
        why = "" if not value and name not in EMPTY_IS_A_VALUE else why_not(name, value, row)
        if why is not None:
            found[name] = row, why
    return found
