"""`python -m pipeline IN -o OUT --preset NAME`."""

from .cli import main

if __name__ == "__main__":
    raise SystemExit(main())
