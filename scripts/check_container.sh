#!/usr/bin/env bash
# Builds the Dockerfile without a Docker engine and uses the app in it as strictly as any host would run it: as user
# 1000, on a read-only tree, without HOME, without network, as process 1. Fails unless it becomes ready without
# compiling, enhances a file through the API, and stops when told to.
#   usage: check_container.sh [--allow-missing]     the flag makes missing tools a warning instead of a failure
#   KEEP=1 keeps the layers, so that the next build after a change of code takes seconds (some gigabytes)
set -euo pipefail
cd "$(dirname "$0")/.."
here=$PWD/scripts

missing=()
[[ $(id -u) == 0 ]] || missing+=("the rights of root")
for tool in buildah debootstrap unshare nsenter chroot; do
    command -v "$tool" >/dev/null || missing+=("$tool")
done
if ((${#missing[@]})); then
    echo "The container cannot be checked here; missing: ${missing[*]}. On Debian, as root:" \
        "apt install buildah debootstrap util-linux" >&2
    [[ ${1:-} == --allow-missing ]] && exit 0
    exit 2
fi

# The storage survives with the base image in it; the layers and containers of this run do not.
store=${CONTAINER_STORE:-${XDG_CACHE_HOME:-$HOME/.cache}/speech-enhancement/containers}
mkdir -p "$store"
work=$(mktemp -d "${TMPDIR:-/tmp}/check-container.XXXXXX")
printf '[storage]\ndriver = "vfs"\ngraphroot = "%s/graph"\nrunroot = "%s/run"\n' "$store" "$store" >"$work/storage.conf"
export CONTAINERS_STORAGE_CONF=$work/storage.conf BUILDAH_ISOLATION=chroot STORAGE_DRIVER=vfs
base=localhost/speech-enhancement-base
image=localhost/speech-enhancement-check
container='' app=''

cleanup() {
    if [[ -n $app ]]; then kill -KILL "$app" 2>/dev/null || true; fi
    if [[ -n $container ]]; then buildah rm "$container" >/dev/null || true; fi
    if [[ -z ${KEEP:-} ]]; then
        buildah rmi --force "$image" >/dev/null 2>&1 || true
        buildah rmi --prune >/dev/null 2>&1 || true
    fi
    rm -rf --one-file-system "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

"$here/make_base_image.sh" "$base"

# pip in the build sees what pip on this machine sees: its settings, its certificates, its local directories.
mounts=()
python3 "$here/pip_settings.py" "$work/pip.conf" >"$work/mounts"
while read -r path; do mounts+=(-v "$path:$path:ro"); done <"$work/mounts"
began=$SECONDS
layers=false
if [[ -n ${KEEP:-} ]]; then layers=true; fi
if ! buildah build --format docker --layers="$layers" --build-arg BASE_IMAGE="$base" -v "$work/pip.conf:/etc/pip.conf:ro" \
    ${mounts[@]+"${mounts[@]}"} -t "$image" . >"$work/build.log" 2>&1; then
    tail -n 60 "$work/build.log" >&2
    exit 1
fi
echo "image: built in $((SECONDS - began)) s"

container=$(buildah from --pull-never "$image")
root=$(buildah mount "$container")
echo "image: $(du -sm "$root" | cut -f 1) MB, of which packages $(du -sm "$root/opt/venv" | cut -f 1)" \
    "and compiled code $(du -sm "$root/opt/numba_cache" | cut -f 1)"
open=$(find "$root" -xdev -perm -0002 -not -type l -not -perm -1000)
if [[ -n $open ]]; then
    printf 'Anyone may write these files of the image:\n%s\n' "${open//$root/}" >&2
    exit 1
fi

# The image's own words for how it is run.
buildah inspect --format '{{range .Docker.Config.Env}}{{println .}}{{end}}' "$container" >"$work/env"
buildah inspect --format '{{range .Docker.Config.Cmd}}{{println .}}{{end}}' "$container" >"$work/cmd"
buildah inspect --format '{{println .Docker.Config.User}}{{println .Docker.Config.WorkingDir}}' "$container" >"$work/run"
unshare --mount --net --pid --fork --kill-child "$here/run_read_only.sh" "$root" "$work" >"$work/app.log" 2>&1 &
unshared=$!
for _ in $(seq 50); do
    app=$(pgrep -P "$unshared" || true)
    if [[ -n $app ]]; then break; fi
    sleep 0.1
done

fail() {
    echo "$1; the app said:" >&2
    cat "$work/app.log" >&2
    exit 1
}
[[ -n $app ]] || fail "The app did not start"
nsenter --net --target "$app" chroot --userspec=1000:1000 "$root" /opt/venv/bin/python - <"$here/container_client.py" ||
    fail "The app in the container failed the check"

# Process 1 gets no signal that it does not handle: without a handler the host would have to kill it.
kill -TERM "$app"
for _ in $(seq 80); do
    kill -0 "$app" 2>/dev/null || break
    sleep 0.1
done
if kill -0 "$app" 2>/dev/null; then fail "The app was still running 8 s after SIGTERM"; fi
app=
echo "container: well"
