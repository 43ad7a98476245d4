"""The tools `enhance`, `analyze` and `presets`: what they take, and what they answer. No protocol here."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import AudioError, SettingsError
from pipeline.files.formats import OUTPUT_NAMES, Encoding
from pipeline.parameter import Choice, Kind, Range, kinds, shown
from pipeline.presets import NAMED_PRESETS
from pipeline.settings import parameters
from service import jobs
from service.http.downloads import SHOWN, STORED
from service.http.jobs.orders import flag, order
from service.http.multipart import safe_name
from service.line.admission import Visit
from service.registry import extras
from service.registry.registry import Registry
from service.room import check_disk
from service.site import Site
from service.storage import HOW_TO_UPLOAD
from service.work import Progress
from web import api
from web.api_view import TOLD, meaning

DATA = re.compile(r"data:[\w.+-]{0,40}/?[\w.+-]{0,40}(?:;[\w.=+-]{0,60}){0,4};base64,", re.ASCII)
FILE = (
    "The recording. Either the path that an upload has answered (`curl -F files=@talk.wav URL/gradio_api/upload`), or, "
    "up to 700 KB, the file itself as a data URL: `data:audio/mpeg;base64,…`. Addresses are not fetched."
)
NAME = "What a file that is given as a data URL is called; the result is named after it."
EXTRAS = {
    "removed": "Whether what was removed is wanted, too.",
    "as_video": "Of a video: whether the same video with the enhanced sound is wanted instead of the sound.",
    "preview": "Whether the first ten seconds alone are wanted.",
}
ENHANCE = (
    "Clean a recording of speech: less noise, reverberation and hum, an even loudness. Answers where the enhanced file "
    "can be downloaded, and a report. What is left out, or null, is as in the preset."
)


@dataclass(frozen=True)
class Tool:
    """takes, answers : JSON schemas"""

    name: str
    title: str
    description: str
    takes: dict[str, Any]


def tools() -> list[Tool]:
    """All there are."""
    file = {"file": {"type": "string", "description": FILE}, "name": {"type": ["string", "null"], "description": NAME}}
    known = {**parameters(), **kinds(Encoding)}
    choices = {
        "preset": {"enum": [*NAMED_PRESETS, None], "description": TOLD["preset"][1], "default": api.PRESET},
        "output_format": {"enum": [*OUTPUT_NAMES, None], "description": TOLD["output_format"][1], "default": "wav"},
        "track": {"type": ["integer", "null"], "description": TOLD["track"][1], "default": 0},
    }
    settings = {name: _schema(kind) for name, kind in known.items()}
    wanted = {
        name: {"type": ["boolean", "null"], "description": text, "default": False} for name, text in EXTRAS.items()
    }
    return [
        Tool("enhance", "Enhance speech", ENHANCE, _object({**file, **choices, **settings, **wanted}, "file")),
        Tool("analyze", "Measure a recording", api.ANALYZE.partition("\n")[0], _object(file, "file")),
        Tool("presets", "Presets and settings", api.PRESETS, _object({})),
    ]


def _object(properties: dict[str, Any], *needed: str) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(needed), "additionalProperties": False}


def _schema(kind: Kind) -> dict[str, Any]:
    described = {"description": f"{kind.label}. {meaning(kind)}"}
    if isinstance(kind, Range):
        return {"type": ["number", "null"], "minimum": kind.minimum, "maximum": kind.maximum, **described}
    if isinstance(kind, Choice):
        return {"enum": [*kind.options, None], **described}
    return {"type": ["boolean", "null"], **described}


@dataclass(frozen=True)
class Tools:
    """What the tools do, for one site."""

    site: Site
    registry: Registry

    def called(
        self, name: str, given: Mapping[str, Any], visit: Visit, root: str
    ) -> Generator[Progress, None, dict[str, Any]]:
        """The answer of a tool. Raises EnhancementError. root : address of the page"""
        known = {tool.name: set(tool.takes["properties"]) for tool in tools()}
        if name not in known:
            raise SettingsError(f"There is no tool {shown(name)}.", suggestion=f"There are {', '.join(known)}.")
        told = {key: value for key, value in given.items() if value is not None}
        if unknown := sorted(set(told) - known[name]):
            raise SettingsError(f"{shown(unknown[0])} is not known.", suggestion=f"{name} lists what it takes.")
        if name == "presets":
            return api.presets()
        if "file" not in told:
            raise SettingsError("A recording is missing.", suggestion=HOW_TO_UPLOAD)
        told["file"] = self._source(told["file"], told.pop("name", "recording"), visit)
        if name == "analyze":
            source = jobs.uploaded(self.site, told["file"])
            return (yield from jobs.served(self.site, source, lambda h: jobs.analyze(h, self.site, source), visit))
        return (yield from self._enhance(told, visit, root))

    def _enhance(self, told: dict[str, Any], visit: Visit, root: str) -> Generator[Progress, None, dict[str, Any]]:
        wanted = {name: flag(name, told.pop(name, None)) for name in EXTRAS}
        settings = {name: told.pop(name) for name in parameters() if name in told}
        ordered = order(self.site, {**told, "settings": settings}, visit)
        job = self.registry.start(jobs.as_told(ordered, wanted))
        file, made = yield from extras.wanted(self.site, self.registry, job, visit)
        base = f"{root}/api/jobs/{job.token}"
        report = made.report.as_dict()
        return {
            "verdict": made.report.verdict,
            "file": _link(f"{base}/{'video' if wanted['as_video'] else 'download'}", file),
            **({"removed": _link(f"{base}/removed", made.removed)} if wanted["removed"] else {}),
            "kept_s": self.site.config.file_lifetime_s,
            "report": report,
        }

    def _source(self, file: object, name: object, visit: Visit) -> object:
        """A path that was uploaded is judged as everywhere; what comes as data is an upload."""
        head = DATA.match(file) if isinstance(file, str) else None
        if head is None or not isinstance(file, str):
            return file
        try:
            data = base64.b64decode(file[head.end() :], validate=True)
        except binascii.Error as fault:
            raise AudioError("The data URL is no base64.", details=str(fault)) from fault
        storage = self.site.storage
        storage.ledger.check_room(visit.visitor, len(data))
        check_disk(storage.root, len(data))
        path: Path = storage.new_folder("in") / safe_name(name if isinstance(name, str) else "recording")
        path.write_bytes(data)
        storage.give(path, visit.visitor)
        return str(path)


def _link(address: str, path: Path) -> dict[str, Any]:
    kind = SHOWN.get(path.suffix, STORED)
    return {"url": address, "name": path.name, "bytes": path.stat().st_size, "mime_type": kind}
