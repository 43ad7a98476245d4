#!/usr/bin/env bash
# Uses the app of an image as strictly as any host would run it: as the image's own user, on a read-only tree, without
# HOME, without network, as process 1. Fails unless it becomes ready without compiling, enhances a file through the API,
# and stops when told to.
#   usage: try_image.sh CONTAINER         a buildah container; the environment says where its storage is; root
set -euo pipefail
container=$1
here=$(cd "$(dirname "$0")" && pwd)
root=$(buildah mount "$container")
work=$(mktemp -d "${TMPDIR:-/tmp}/try-image.XXXXXX")
app=''
cleanup() {
    if [[ -n $app ]]; then kill -KILL "$app" 2>/dev/null || true; fi
    rm -rf --one-file-system "$work"
}
trap cleanup EXIT

echo "image: $(du -sxm "$root" | cut -f 1) MB, of which packages $(du -sm "$root/opt/venv" | cut -f 1)" \
    "and compiled code $(du -sm "$root/opt/numba_cache" | cut -f 1)"
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

nsenter --net --target "$app" chroot --userspec=1000:1000 "$root" /opt/venv/bin/python - <"$here/client.py" ||
    fail "The app in the container failed the check"
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
