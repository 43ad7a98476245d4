"""The options of `python -m pipeline`; those of the settings are made from the parameters."""

from __future__ import annotations

import argparse
from typing import Any

import runtime_setup
from pipeline.files.formats import OUTPUT_NAMES, Encoding
from pipeline.parameter import Choice, Kind, Range, Switch, kinds
from pipeline.presets import NAMED_PRESETS
from pipeline.settings import Settings, parameters

SUBTYPES = {"auto": "auto", "16": "PCM_16", "24": "PCM_24", "float": "FLOAT"}

_DESCRIPTION = "Make speech in recordings clear: less noise, no rumble, the right loudness."
_EPILOG = """\
examples:
  python -m pipeline talk.m4a -o talk.clean.wav --preset podcast
  python -m pipeline recordings/ -o clean/ --jobs 4 --format flac --resume
  python -m pipeline recordings/ -o clean/ --dask tcp://scheduler:8786 --resume
  python -m pipeline recordings/ --analyze --json > measures.jsonl
  curl -s https://example.org/talk.mp3 | python -m pipeline - -o - --format mp3 > talk.clean.mp3
"""


def parser() -> argparse.ArgumentParser:
    """The parser. Defaults of settings are None: then the preset decides."""
    found = argparse.ArgumentParser(
        prog="python -m pipeline", description=_DESCRIPTION, epilog=_EPILOG, allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    found.add_argument("inputs", nargs="*", metavar="IN", help="recordings, or folders of them; - is standard input")
    found.add_argument(
        "-o", "--output", metavar="OUT", help="file or folder, - is standard output; default: IN.clean.wav"
    )
    found.add_argument("--preset", choices=NAMED_PRESETS, default="default", metavar="NAME", help="see --list-presets")
    found.add_argument("--format", choices=OUTPUT_NAMES, help="of the outputs, where OUT does not tell; default: wav")
    found.add_argument(
        "--depth", choices=SUBTYPES, default="auto", help="bits per sample of wav and flac; auto: as the recording has"
    )
    found.add_argument("--bitrate-kbps", default=None, **_option(kinds(Encoding)["bitrate_kbps"]))
    found.add_argument(
        "--track", type=_track, default=None, metavar="N", help="sound track, from 1; default: the file's own choice"
    )
    found.add_argument("--removed", metavar="FILE|DIR", help="write what was taken away, too")
    found.add_argument("--analyze", action="store_true", help="measure the recordings, and write nothing")
    found.add_argument("--report", choices=["table", "json", "none"], default="table", help="json: one line per file")
    found.add_argument("--json", dest="report", action="store_const", const="json", help="the same as --report json")
    found.add_argument("--jobs", type=_jobs, default=1, metavar="N", help="processes; 0 = one per CPU core")
    found.add_argument(
        "--dask",
        metavar="ADDRESS",
        help="on a Dask cluster: its scheduler's tcp://host:port, or local (docs/scaling.md)",
    )
    found.add_argument("--overwrite", action="store_true", help="replace outputs that exist")
    found.add_argument(
        "--resume", action="store_true", help="into a folder: skip what OUT/manifest.jsonl says is done, do the rest"
    )
    found.add_argument("--list-presets", action="store_true", help="show the presets and leave")
    found.add_argument("--version", action="version", version=f"%(prog)s {runtime_setup.VERSION}")
    found.add_argument("-v", "--verbose", action="store_true", help="details of errors, and what is skipped")
    _add_settings(found)
    return found


def settings_of(options: argparse.Namespace) -> Settings:
    """The preset, changed by the settings that were given. Raises SettingsError."""
    given = {name: getattr(options, name) for name in parameters()}
    base = NAMED_PRESETS[options.preset].settings
    return Settings.from_flat({name: value for name, value in given.items() if value is not None}, base)


def encoding_of(options: argparse.Namespace) -> Encoding:
    """Bit depth and bit rate. Raises SettingsError."""
    given = {} if options.bitrate_kbps is None else {"bitrate_kbps": options.bitrate_kbps}
    return Encoding(SUBTYPES[options.depth], **given)


def presets_table() -> str:
    """The presets, one per line."""
    return "\n".join(f"{name:<20}{preset.why}" for name, preset in NAMED_PRESETS.items())


def _add_settings(found: argparse.ArgumentParser) -> None:
    group = found.add_argument_group("settings", "each overrides the preset")
    for name, kind in parameters().items():
        group.add_argument("--" + name.replace("_", "-"), default=None, **_option(kind))


def _option(kind: Kind) -> dict[str, Any]:
    """What argparse is told of a parameter."""
    match kind:
        case Range():
            return {"type": float, "metavar": "X", "help": f"{kind.help} ({kind.allowed})".replace("%", "%%")}
        case Switch():
            return {"action": argparse.BooleanOptionalAction, "help": kind.help.replace("%", "%%")}
        case Choice():
            return {"choices": list(kind.options), "help": kind.help.replace("%", "%%")}


def _track(text: str) -> int:
    """0 is the file's own choice."""
    if not text.isdecimal() or len(text) > 4:
        raise argparse.ArgumentTypeError("must be a whole number, 0 or more")
    return int(text)


def _jobs(text: str) -> int:
    """0 becomes as many as this process has cores."""
    try:
        jobs = int(text)
    except ValueError:
        jobs = -1
    if jobs < 0:
        raise argparse.ArgumentTypeError("must be a whole number, 0 or more")
    return jobs or runtime_setup.cores()
