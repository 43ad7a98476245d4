"""Names that others rely on: what may be added to, but not changed, without a new version."""

from __future__ import annotations

import re

from pipeline.cli import parser
from pipeline.parameter import kinds
from pipeline.settings import parameters
from tests.delivery.files import ROOT

VARIABLES = {
    "PORT", "HOST", "WORKERS", "QUEUE_SIZE", "FILE_LIFETIME_S", "MAX_UPLOAD_MB", "MAX_DURATION_S", "MAX_DECODED_MB",
    "DENOISER_REPO", "NUMBA_CACHE_DIR", "NUMBA_BAKED_CACHE_DIR", "NUMBA_DISABLE_JIT", "GRADIO_TEMP_DIR",
    "GRADIO_ROOT_PATH", "DRAIN_S", "METRICS", "PASSWORD", "PASSWORD_FILE", "CACHE_MB",
}  # fmt: skip
PARAMETERS = [
    "auto_strengths", "declip_strength_percent", "declick_sensitivity_percent", "dehum_strength_db",
    "denoise_strength_db", "denoise_method", "dereverb_strength_db", "tone_rumble_hz", "tone_warmth_db",
    "tone_presence_db", "deess_strength_db", "mix_wet_percent", "level_range_db", "loudness_normalize",
    "loudness_target_lufs", "loudness_ceiling_dbtp",
]  # fmt: skip
OPTIONS = {
    "--output", "--preset", "--format", "--depth", "--bitrate-kbps", "--report", "--jobs", "--overwrite",
    "--list-presets", "--version", "--verbose", "--resume", "--analyze", "--removed", "--json", "--dask",
}  # fmt: skip


def test_environment_variables() -> None:
    page = (ROOT / "docs" / "deploying.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `([A-Z_]+)` \|", page, re.MULTILINE)) >= VARIABLES
    code = "".join(
        path.read_text(encoding="utf-8")
        for room in ("pipeline", "runtime", "service", "web")
        for path in (ROOT / room).rglob("*.py")
    )
    never_read = {name for name in VARIABLES if f'"{name}"' not in code}
    assert never_read <= {"GRADIO_ROOT_PATH"}  # which Gradio reads itself


def test_parameters_keep_their_names_and_their_order() -> None:
    """By position, too: programs call the API so."""
    assert [name for name in parameters() if name in PARAMETERS] == PARAMETERS


def test_options_of_the_command_line() -> None:
    shown = set(re.findall(r"--[a-z-]+", parser.parser().format_help()))
    assert shown >= OPTIONS | {f"--{name.replace('_', '-')}" for name in PARAMETERS}


def test_the_encoding() -> None:
    from pipeline.files.formats import OUTPUT_NAMES, Encoding

    assert list(kinds(Encoding)) == ["subtype", "bitrate_kbps"]
    assert OUTPUT_NAMES[:6] == ("wav", "flac", "mp3", "ogg", "opus", "m4a")
