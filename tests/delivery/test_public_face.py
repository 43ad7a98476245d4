"""What users of the package see, and what its import costs."""

from __future__ import annotations

import subprocess
import sys

import pytest

import pipeline

NAMES = [
    "PRESETS", "Analysis", "Audio", "AudioError", "Cancelled", "EnhancementError", "LimitError", "Report", "Result",
    "Settings", "SettingsError", "analyze", "enhance", "enhance_file", "load", "save",
]  # fmt: skip


def test_exported_names() -> None:
    assert sorted(pipeline.__all__) == sorted(NAMES)
    assert dir(pipeline) == sorted(NAMES)
    for name in NAMES:
        assert getattr(pipeline, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        pipeline.nothing  # noqa: B018


@pytest.mark.parametrize(
    ("code", "absent"),
    [
        (
            "import pipeline; pipeline.Settings()",
            "numba librosa scipy matplotlib soundfile av gradio joblib tqdm",
        ),
        ("from pipeline import Audio, load, save", "numba librosa scipy matplotlib gradio joblib tqdm"),
        ("import pipeline.cli.main", "numba librosa scipy matplotlib gradio joblib"),
    ],
)
def test_imports_stay_light(code: str, absent: str) -> None:
    before = "import sys; before = set(sys.modules)"  # what the interpreter's site imports is not ours
    check = f"{before}\n{code}\nprint(sorted({set(absent.split())!r} & set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
