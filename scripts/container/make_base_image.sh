#!/usr/bin/env bash
# Makes a small Debian image with Python, for building the Dockerfile where no registry can be reached: a check in CI
# then needs nothing but a Debian mirror. It lacks what the official python:…-slim lacks, so that the size means something.
# Does nothing when the image is there already.
#   usage: make_base_image.sh NAME        needs root, buildah, debootstrap
set -euo pipefail

name=${1:?usage: make_base_image.sh NAME}
suite=${DEBIAN_SUITE:-bookworm}
export BUILDAH_ISOLATION=chroot STORAGE_DRIVER=${STORAGE_DRIVER:-vfs}

if buildah inspect --type image "$name" >/dev/null 2>&1; then
    echo "base image $name: already built"
    exit 0
fi

# The mirror this machine installs from, in either of apt's formats; the official one otherwise.
mirror=$(sed -nE 's/^(URIs:|deb( \[[^]]*\])?) +(https?:[^ ]*debian)\/?( .*)?$/\3/p' \
    /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | grep -v security | head -n 1 || true)
mirror=${DEBIAN_MIRROR:-${mirror:-http://deb.debian.org/debian}}

root=$(mktemp -d "${TMPDIR:-/tmp}/base-image.XXXXXX")
container=
cleanup() {
    if [[ -n $container ]]; then buildah rm "$container" >/dev/null; fi
    rm -rf --one-file-system "$root"
}
trap cleanup EXIT

# 0755: mktemp's private mode would become the mode of the image's root directory, and no other user could enter it.
chmod 0755 "$root"
if ! debootstrap --variant=minbase --include=python3,python3-venv,python3-pip,ca-certificates \
    "$suite" "$root" "$mirror" >"$root.log" 2>&1; then
    tail -n 20 "$root.log" "$root/debootstrap/debootstrap.log" >&2 || true
    echo "debootstrap failed; the whole log: $root.log" >&2
    exit 1
fi
rm -rf "$root.log" "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
ln -sf python3 "$root/usr/bin/python"
# As in Debian's slim images: no manuals, no translations; of the documentation, the licences.
find "$root/usr/share/doc" \( -type f -o -type l \) ! -name copyright -delete
find "$root/usr/share/doc" -type d -empty -delete
rm -rf "$root"/usr/share/{man,info,locale,lintian} "$root"/var/cache/debconf/*-old
# As in the official image: pip, but not what builds packages, and no byte code.
rm -rf "$root"/usr/lib/python3/dist-packages/{setuptools,pkg_resources,_distutils_hack,distutils-precedence,wheel}* \
    "$root/usr/share/python-wheels"
find "$root"/usr/lib/python3* -name __pycache__ -prune -exec rm -rf {} +

container=$(buildah from scratch)
buildah add --quiet "$container" "$root" / >/dev/null
buildah config --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin --cmd /bin/bash "$container"
buildah commit --quiet "$container" "$name" >/dev/null
echo "base image $name: built from Debian $suite"
