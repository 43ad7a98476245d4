#!/usr/bin/env bash
# Writes the pinned requirements from requirements.in and its extras: requirements-dev.in, requirements-mcp.in and
# requirements-dask.in. One version of a package for all Python versions and systems, so that what is tested is what is
# installed.
#   usage: lock.sh [--upgrade]        without it, versions stay as they are where they can
set -euo pipefail
cd "$(dirname "$0")/.."

# uv resolves for all systems at once, which pip cannot; it is needed here only, so it lives outside the environment.
tools=build/uv
if [[ ! -x $tools/bin/uv ]]; then
    "${PYTHON:-python3}" -m venv "$tools"
    "$tools/bin/python" -m pip install --quiet uv
fi

# UV_NO_CONFIG and the absence of --emit-* keep this machine's mirrors out of the result.
compile() {
    UV_NO_CONFIG=1 "$tools/bin/uv" pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest \
        --custom-compile-command "make lock" "$@"
}

# Not one file because a Gradio Space installs requirements.txt in one command together with packages of its own, and pip
# refuses packages without a hash as soon as one has a hash.
compile --no-annotate requirements.in -o requirements.txt "${@}"
compile --generate-hashes -c requirements.txt requirements.in -o requirements.lock "${@}"
compile --generate-hashes requirements-dev.in -o requirements-dev.lock "${@}"
compile --generate-hashes -c requirements-dev.lock requirements-mcp.in -o requirements-mcp.lock "${@}"
compile --generate-hashes -c requirements-dev.lock -c requirements-mcp.lock requirements-dask.in -o requirements-dask.lock "${@}"
