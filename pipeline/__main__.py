"""`python -m pipeline IN -o OUT --preset NAME`."""

import runtime_setup

runtime_setup.one_core_per_recording()  # before anything can import NumPy

from pipeline.cli.main import main  # noqa: E402

if __name__ == "__main__":
    raise SystemExit(main())
