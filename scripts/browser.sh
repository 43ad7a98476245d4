#!/usr/bin/env bash
# Prints the path of a Chromium for the browser tests: the system's, else Playwright's, downloaded when it is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

for name in "${CHROMIUM:-chromium}" chromium-browser google-chrome google-chrome-stable; do
    if command -v "$name"; then exit 0; fi
done

python=${VENV:-.venv}/bin/python
"$python" -m playwright install chromium >&2 || {
    echo "No Chromium was found and none could be downloaded. Install one (on Debian: apt install chromium)," \
        "or name it: make test CHROMIUM=/path/to/chromium" >&2
    exit 1
}
"$python" -c "
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    print(playwright.chromium.executable_path)
"
