"""One recording, cleaned with a preset of which one setting is changed; prints what was measured before and after.

python -m examples.enhance_a_file talk.m4a talk.clean.wav
"""

from __future__ import annotations

import sys

from pipeline import PRESETS, EnhancementError, Settings, enhance_file


def main() -> None:
    source, target = sys.argv[1:]
    settings = Settings.from_flat({"denoise_strength_db": 20.0}, base=PRESETS["podcast"])
    try:
        report = enhance_file(source, target, settings)
    except EnhancementError as error:
        raise SystemExit(f"{error.message} {error.suggestion}") from None
    print(report)


if __name__ == "__main__":
    main()
