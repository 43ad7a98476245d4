"""`python -m pipeline IN -o OUT --preset NAME`."""

import runtime_setup

runtime_setup.own_process()  # before anything but the standard library

from pipeline.cli.main import main  # noqa: E402

if __name__ == "__main__":
    raise SystemExit(main())
