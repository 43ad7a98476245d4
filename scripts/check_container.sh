#!/usr/bin/env bash
# Builds the Dockerfile without a Docker engine, looks through the image, and uses the app in it (see container/try_image.sh).
#   usage: check_container.sh [--allow-missing]     the flag makes missing tools a warning instead of a failure
#   KEEP=1 keeps the layers, so that the next build after a change of code takes seconds (some gigabytes)
set -euo pipefail
cd "$(dirname "$0")/.."

missing=()
[[ $(id -u) == 0 ]] || missing+=("the rights of root")
for tool in buildah debootstrap unshare nsenter chroot flock pgrep; do
    command -v "$tool" >/dev/null || missing+=("$tool")
done
if ((${#missing[@]})); then
    echo "The container cannot be checked here; missing: ${missing[*]}. On Debian, as root:" \
        "apt install buildah debootstrap util-linux procps" >&2
    if [[ ${1:-} == --allow-missing ]]; then exit 0; fi
    exit 2
fi

# The storage is ours alone and survives with the base image in it; the layers and containers of this run do not.
store=${CONTAINER_STORE:-${XDG_CACHE_HOME:-$HOME/.cache}/speech-enhancement/containers}
work=$(mktemp -d "${TMPDIR:-/tmp}/check-container.XXXXXX")
mkdir -p "$store"
exec 9>"$store/lock"
flock 9

# Overlays where the file system can carry them; plain copies, slow and large, where it cannot (in most containers).
mkdir "$work"/{lower,upper,scratch,merged}
driver=vfs
if mount -t overlay overlay -o "lowerdir=$work/lower,upperdir=$work/upper,workdir=$work/scratch" "$work/merged" 2>/dev/null
then
    umount "$work/merged"
    driver=overlay
fi
export BUILDAH_ISOLATION=chroot STORAGE_DRIVER=${STORAGE_DRIVER:-$driver} CONTAINERS_STORAGE_CONF=$work/storage.conf
printf '[storage]\ndriver = "%s"\ngraphroot = "%s/graph-%s"\nrunroot = "%s/run"\n' \
    "$STORAGE_DRIVER" "$store" "$STORAGE_DRIVER" "$store" >"$CONTAINERS_STORAGE_CONF"
base=localhost/speech-enhancement-base-slim
image=localhost/speech-enhancement-check

cleanup() {
    buildah rm --all >/dev/null 2>&1 || true
    if [[ -z ${KEEP:-} ]]; then
        buildah rmi --force "$image" >/dev/null 2>&1 || true
        buildah rmi --prune --force >/dev/null 2>&1 || true
    fi
    rm -rf --one-file-system "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

scripts/container/make_base_image.sh "$base"

# pip in the build sees what pip on this machine sees: its settings, its certificates, its local directories.
python3 -m scripts.container.pip_settings "$work/pip.conf" >"$work/mounts"
mounts=(-v "$work/pip.conf:/etc/pip.conf:ro")
while read -r path; do mounts+=(-v "$path:$path:ro"); done <"$work/mounts"

layers=false
if [[ -n ${KEEP:-} ]]; then layers=true; fi
began=$SECONDS
if ! buildah build --format docker --layers="$layers" --build-arg BASE_IMAGE="$base" "${mounts[@]}" -t "$image" . \
    >"$work/build.log" 2>&1; then
    tail -n 60 "$work/build.log" >&2
    exit 1
fi
echo "image: built in $((SECONDS - began)) s ($STORAGE_DRIVER)"

container=$(buildah from --pull-never "$image")
scripts/container/try_image.sh "$container"
echo "container: well"
