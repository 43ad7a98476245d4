#!/usr/bin/env bash
# Makes .venv with the first suitable Python and installs the pinned requirements, each only when needed: the next run
# costs milliseconds and no network.
#   usage: setup_venv.sh [mcp|dev]        PYTHON=… chooses the interpreter, VENV=… the directory
set -euo pipefail
cd "$(dirname "$0")/.."

venv=${VENV:-.venv}
files=(requirements.lock)
case ${1:-} in
    mcp) files+=(requirements-mcp.lock) ;;
    dev) files+=(requirements-mcp.lock requirements-dask.lock requirements-dev.lock) ;;
esac

# A pyenv shim may be on the PATH for a version that is not active, and Debian splits off ensurepip: so each is asked.
suitable='import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'
find_python() {
    local candidate
    for candidate in ${PYTHON:-python3 python3.12 python3.13 python3.11 python}; do
        if "$candidate" -c "$suitable" >/dev/null 2>&1; then
            command -v "$candidate"
            return
        fi
    done
    echo "No Python 3.11, 3.12 or 3.13 with the venv module was found (on Debian: apt install python3-venv)." \
        "Install one, or name it: make PYTHON=/path/to/python3" >&2
    return 1
}

# Windows' environments keep their programs elsewhere.
bin=$venv/bin
if [[ -d $venv/Scripts ]]; then bin=$venv/Scripts; fi

# An environment whose interpreter is gone, or that was moved, is made anew.
if ! "$bin/python" -c "$suitable" >/dev/null 2>&1; then
    python=$(find_python)
    echo "Making $venv with $("$python" --version)"
    "$python" -m venv --clear "$venv"
    if [[ -d $venv/Scripts ]]; then bin=$venv/Scripts; fi
fi

# The stamp holds the content of what was installed, not its time: switching branches back and forth installs nothing.
stamp=$venv/.installed
want=$(cat "${files[@]}" | cksum)
if ! grep -qsxF "$want" "$stamp"; then
    echo "Installing ${files[*]} into $venv"
    rm -f "$stamp"
    "$bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes "${files[@]/#/--requirement=}"
    # What is installed with more serves those who want less.
    for count in $(seq ${#files[@]}); do cat "${files[@]:0:count}" | cksum; done >"$stamp"
fi
