#!/usr/bin/env bash
# What a stranger does first, done before a release: clone, `make test`, `make run`, and is it ready?
#   usage: fresh_clone.sh [REVISION]      needs a network to the package index; HEAD by default, changes not included
set -euo pipefail

repository=$(git -C "$(dirname "$0")" rev-parse --show-toplevel)
clone=$(mktemp -d "${TMPDIR:-/tmp}/fresh-clone.XXXXXX")
server=
cleanup() {
    if [[ -n $server ]]; then kill "$server" 2>/dev/null || true; fi
    rm -rf "$clone"
}
trap cleanup EXIT

git clone --quiet --no-hardlinks "$repository" "$clone"
cd "$clone"
git checkout --quiet --detach "${1:-$(git -C "$repository" rev-parse HEAD)}"

make test

port=$(.venv/bin/python -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
PORT=$port make run &
server=$!
for second in $(seq 120); do
    sleep 1
    health=$(.venv/bin/python - "$port" 2>/dev/null <<'PYTHON' || true
import sys, urllib.request
print(urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[1]}/health", timeout=5).read().decode())
PYTHON
)
    if [[ $health =~ \"ready\":\ *true ]]; then
        echo "fresh clone: ready after $second s: $health"
        exit 0
    fi
    kill -0 "$server" || break
done
echo "fresh clone: not ready; the last answer of /health was: ${health:-none}" >&2
exit 1
