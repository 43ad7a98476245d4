#!/usr/bin/env bash
# Uses the app of an image as strictly as any host would run it: as the image's own user, on a read-only tree, without
# HOME, without network, as process 1. Fails unless it is small enough, becomes ready without compiling, enhances a file
# through the API, does all else that it can (features.py), and stops when told to.
#   usage: try_image.sh CONTAINER         a buildah container; the environment says where its storage is; root
set -euo pipefail
container=$1
most_mb=700
here=$(cd "$(dirname "$0")" && pwd)
root=$(buildah mount "$container")
work=$(mktemp -d "${TMPDIR:-/tmp}/try-image.XXXXXX")
app=''
cleanup() {
    if [[ -n $app ]]; then kill -KILL "$app" 2>/dev/null || true; fi
    rm -rf --one-file-system "$work"
}
trap cleanup EXIT

# Uncompressed, as it lies on the disk of whoever runs it.
size_mb=$(du -sxm "$root" | cut -f 1)
echo "image: $size_mb MB, of which packages $(du -sm "$root/opt/venv" | cut -f 1)" \
    "and compiled code $(du -sm "$root/opt/numba_cache" | cut -f 1)"
if ((size_mb > most_mb)); then
    echo "The image may have $most_mb MB. What it holds, in MB:" >&2
    du -xm --max-depth=6 "$root" | sort -rn | sed -n "s|$root||; 1,60p" >&2
    exit 1
fi
open=$(find "$root" -xdev \( -type f -o -type d \) -perm -0002 -not -perm -1000)
if [[ -n $open ]]; then
    printf 'Anyone may write these files of the image:\n%s\n' "${open//$root/}" >&2
    exit 1
fi

# The image's own words for how it is run.
look() { buildah inspect --format "$1" "$container"; }
look '{{range .Docker.Config.Env}}{{println .}}{{end}}' >"$work/env"
look '{{range .Docker.Config.Cmd}}{{println .}}{{end}}' >"$work/cmd"
look '{{println .Docker.Config.User}}{{println .Docker.Config.WorkingDir}}' >"$work/run"

# What talks to the app comes from here, into this container alone.
mkdir "$root/tmp/check"
(cd "$here/../.." && cp --parents scripts/__init__.py scripts/container/{__init__,client,features}.py "$root/tmp/check")
chmod -R go=rX "$root/tmp/check"

unshare --mount --net --pid --fork --kill-child "$here/run_read_only.sh" "$root" "$work" >"$work/log" 2>&1 &
unshared=$!
fail() {
    echo "$1; the app said:" >&2
    cat "$work/log" >&2
    exit 1
}
for _ in $(seq 50); do
    app=$(pgrep -P "$unshared" || true)
    if [[ -n $app ]]; then break; fi
    sleep 0.1
done
[[ -n $app ]] || fail "The app did not start"

# As `docker exec` would: beside the app, in its tree, with its environment.
mapfile -t env < <(grep . "$work/env")
beside() {
    nsenter --mount --net --pid --target "$app" chroot --userspec=1000:1000 --groups= "$root" \
        /usr/bin/env -i "${env[@]}" PYTHONPATH=/tmp/check /opt/venv/bin/python -m "$@"
}
beside scripts.container.client || fail "The app in the container failed the check"
beside scripts.container.features /app || fail "The image lacks something"
grep -h Starting "$work/log" || fail "The app has not announced itself"

# Process 1 gets no signal that it does not handle: without a handler the host would have to kill it.
began=$SECONDS
kill -TERM "$app"
while kill -0 "$app" 2>/dev/null; do
    ((SECONDS - began < 15)) || fail "The app was still running 14 s after SIGTERM" # 5 s for results to be fetched
    sleep 0.1
done
app=''
wait "$unshared" || fail "The app stopped with status $?"
