#!/usr/bin/env bash
# Runs a command, by default `make test`, where hardly anything is as usual: no home, a temporary directory with a space
# and other people's files in it, dead proxies, a missing locale, and a shell full of variables that mean something to
# us or to the libraries. The tests set up what they need themselves, so they pass here as anywhere.
#   usage: odd_environment.sh [COMMAND …]
set -euo pipefail
cd "$(dirname "$0")/.."

# What needs the package index comes first: nothing reaches it through a dead proxy.
scripts/setup_venv.sh dev
CHROMIUM=$(scripts/browser.sh)
export CHROMIUM

odd=$(mktemp -d "${TMPDIR:-/tmp}/odd.XXXXXX")
trap 'rm -rf "$odd"' EXIT
umask 077

# Somebody else was here before, and took the names that we use.
export TMPDIR="$odd/temporary files"
for name in ai-speech-enhancement-{numba,weights}-$(id -u) pytest-of-$(id -un); do
    mkdir -p "$TMPDIR/$name"
    chmod 777 "$TMPDIR/$name"
    if [[ $(id -u) == 0 ]]; then chown 12345:12345 "$TMPDIR/$name"; fi
done
chmod 711 "$odd"
chmod 1777 "$TMPDIR"

# Every interpreter imports this before anything of ours.
mkdir "$odd/site"
cat >"$odd/site/sitecustomize.py" <<'PYTHON'
import contextlib
import json

with contextlib.suppress(ImportError):
    import setuptools
with contextlib.suppress(ImportError):
    import numpy
PYTHON
export PYTHONPATH=$odd/site PYTHONSTARTUP=/nonexistent PYTHONWARNINGS=always

nobody_listens=127.0.0.1:9
export http_proxy=http://$nobody_listens https_proxy=http://$nobody_listens ALL_PROXY=socks5://$nobody_listens
export HTTP_PROXY=$http_proxy HTTPS_PROXY=$https_proxy
unset no_proxy NO_PROXY

export HOME=/nonexistent XDG_CACHE_HOME=/nonexistent XDG_CONFIG_HOME=/nonexistent HF_HOME=/nonexistent
export LC_ALL=tr_TR LANG=tr_TR LANGUAGE=tr TZ=Asia/Kolkata COLUMNS=40 LINES=5 FORCE_COLOR=1
export MPLBACKEND=missing MPLCONFIGDIR=/nonexistent HF_HUB_OFFLINE=1 HF_ENDPOINT=http://$nobody_listens
export OMP_NUM_THREADS=3 OPENBLAS_NUM_THREADS=3 PIP_USER=1 PIP_TARGET=/nonexistent
export NUMBA_CACHE_DIR=/proc/numba NUMBA_BAKED_CACHE_DIR=/nonexistent NUMBA_DISABLE_JIT=1 NUMBA_CPU_NAME=generic
export HOST=nowhere.invalid PORT=tcp://10.0.0.1:80 WORKERS=many QUEUE_SIZE=0 FILE_LIFETIME_S=1
export MAX_UPLOAD_MB=0.001 MAX_DURATION_S=1 MAX_DECODED_MB=0.001 DENOISER_REPO=some-body/gone@main SPACE_ID=some-body/app
export GRADIO_SERVER_NAME=nowhere.invalid GRADIO_SERVER_PORT=tcp://10.0.0.1:80 GRADIO_TEMP_DIR=/nonexistent
export GRADIO_ROOT_PATH=/elsewhere GRADIO_SSR_MODE=true GRADIO_NODE_PATH=/nonexistent GRADIO_SHARE=true

if (($# == 0)); then set -- make test; fi
"$@"
