"""`python -m pipeline IN -o OUT --preset NAME`."""

from runtime import blas_threads

blas_threads.one()  # before anything can import NumPy

from pipeline.cli.main import main  # noqa: E402

if __name__ == "__main__":
    raise SystemExit(main())
