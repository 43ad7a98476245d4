"""A recording sent to a running app (`make run`) and fetched again, from any machine that has gradio_client.

python examples/api_client.py http://127.0.0.1:7860 talk.m4a talk.clean.wav
"""

from __future__ import annotations

import shutil
import sys

from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError


def main() -> None:
    url, source, target = sys.argv[1:]
    client = Client(url, verbose=False)
    try:
        path, report = client.predict(
            handle_file(source), preset="podcast", denoise_strength_db=20, output_format="wav", api_name="/enhance"
        )
    except AppError as error:  # its text is JSON: error, details, suggestion, status
        raise SystemExit(str(error)) from None
    shutil.move(path, target)
    before, after = report["before"], report["after"]
    print(f"Noise floor: {before['noise_floor_dbfs']} dBFS before, {after['noise_floor_dbfs']} dBFS after.")


if __name__ == "__main__":
    main()
