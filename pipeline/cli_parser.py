"""The options of `python -m pipeline`; those of the settings are made from their ranges."""

from __future__ import annotations

import argparse

from runtime.report import VERSION

from .formats import SUFFIXES
from .settings import NAMED_PRESETS, Settings, parameter_ranges

FORMATS = [suffix.removeprefix(".") for suffix in SUFFIXES]
SUBTYPES = {"16": "PCM_16", "24": "PCM_24", "float": "FLOAT"}

_DESCRIPTION = "Make speech in recordings clear: less noise, no rumble, the right loudness."
_EPILOG = """\
examples:
  python -m pipeline talk.m4a -o talk.clean.wav --preset podcast
  python -m pipeline recordings/ -o clean/ --jobs 4 --format flac
"""


def parser() -> argparse.ArgumentParser:
    """The parser. Defaults of settings are None: then the preset decides."""
    found = argparse.ArgumentParser(
        prog="python -m pipeline", description=_DESCRIPTION, epilog=_EPILOG, allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    found.add_argument("inputs", nargs="*", metavar="IN", help="recordings, or folders of them")
    found.add_argument("-o", "--output", metavar="OUT", help="file or folder; default: IN.clean.wav, beside the input")
    found.add_argument("--preset", choices=NAMED_PRESETS, default="default", metavar="NAME", help="see --list-presets")
    found.add_argument("--format", choices=FORMATS, help="of the outputs, where OUT does not tell; default: wav")
    found.add_argument("--depth", choices=SUBTYPES, default="24", help="bits per sample of wav and flac; default: 24")
    found.add_argument("--report", choices=["table", "json", "none"], default="table", help="json: one line per file")
    found.add_argument("--jobs", type=_jobs, default=1, metavar="N", help="processes; 0 = one per CPU core")
    found.add_argument("--overwrite", action="store_true", help="replace outputs that exist")
    found.add_argument("--list-presets", action="store_true", help="show the presets and leave")
    found.add_argument("--version", action="version", version=f"%(prog)s {VERSION}")
    found.add_argument("-v", "--verbose", action="store_true", help="details of errors, and what is skipped")
    _add_settings(found)
    return found


def settings_of(options: argparse.Namespace) -> Settings:
    """The preset, changed by the settings that were given. Raises SettingsError."""
    given = {name: getattr(options, name) for name in parameter_ranges()}
    base = NAMED_PRESETS[options.preset].settings
    return Settings.from_flat({name: value for name, value in given.items() if value is not None}, base)


def presets_table() -> str:
    """The presets, one per line."""
    return "\n".join(f"{name:<14}{preset.why}" for name, preset in NAMED_PRESETS.items())


def _add_settings(found: argparse.ArgumentParser) -> None:
    group = found.add_argument_group("settings", "each overrides the preset")
    defaults = Settings().flat()
    for name, limits in parameter_ranges().items():
        option, words = "--" + name.replace("_", "-"), limits.help.replace("%", "%%")
        if isinstance(defaults[name], bool):
            group.add_argument(option, action=argparse.BooleanOptionalAction, default=None, help=words)
            continue
        span = f"{limits.minimum:g} to {limits.maximum:g} {limits.unit}".rstrip().replace("%", "%%")
        group.add_argument(option, type=float, metavar="X", help=f"{words} ({span})")


def _jobs(text: str) -> int:
    """0 becomes joblib's -1, all cores."""
    try:
        jobs = int(text)
    except ValueError:
        jobs = -1
    if jobs < 0:
        raise argparse.ArgumentTypeError("must be a whole number, 0 or more")
    return jobs or -1
