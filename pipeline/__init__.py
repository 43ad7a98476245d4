"""Speech enhancement: the signal processing behind the page, the API and the command line.

    audio = load("talk.m4a")
    result = enhance(audio, PRESETS["podcast"])
    save("talk.clean.wav", result.audio)

Names resolve on first use, so that importing this package costs milliseconds: the page is laid out, and `/health`
answers, before NumPy, numba and librosa are imported. The numba runtime is made safe here, before any of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import runtime_setup

from .errors import AudioError, Cancelled, EnhancementError, LimitError, SettingsError
from .presets import PRESETS
from .settings import Settings

if TYPE_CHECKING:
    from pipeline.files.decode import load
    from pipeline.files.encode import save
    from pipeline.measures.analysis import Analysis, analyze
    from pipeline.measures.report import Report

    from .audio import Audio
    from .enhancement import Result, enhance, enhance_file

runtime_setup.configure()

_LAZY = {
    "Analysis": "measures.analysis",
    "Audio": "audio",
    "Report": "measures.report",
    "Result": "enhancement",
    "analyze": "measures.analysis",
    "enhance": "enhancement",
    "enhance_file": "enhancement",
    "load": "files.decode",
    "save": "files.encode",
}

__all__ = [
    "PRESETS",
    "Analysis",
    "Audio",
    "AudioError",
    "Cancelled",
    "EnhancementError",
    "LimitError",
    "Report",
    "Result",
    "Settings",
    "SettingsError",
    "analyze",
    "enhance",
    "enhance_file",
    "load",
    "save",
]


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_LAZY[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
