#!/usr/bin/env bash
# Becomes the program of an image: its user, its environment and nothing else, a tree that nobody can write. Runs as
# process 1 of new mount, network and process namespaces (see check_container.sh).
#   usage: run_read_only.sh ROOT WORK        WORK holds the files env, cmd and run (user, directory)
set -euo pipefail
root=$1 work=$2

mapfile -t env < <(grep . "$work/env")
mapfile -t cmd < <(grep . "$work/cmd")
mapfile -t run <"$work/run"

mount --make-rprivate /
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
printf '127.0.0.1 localhost\n' >"$work/hosts" # every container engine puts this file in place
touch "$root/etc/hosts"
mount --bind "$work/hosts" "$root/etc/hosts"
mount -t tmpfs -o mode=0755 tmpfs "$root/dev"
for device in null zero full random urandom; do
    touch "$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
done
# The one place that container engines leave writable even with a read-only root.
mkdir "$root/dev/shm"
mount -t tmpfs -o mode=1777,size=64m tmpfs "$root/dev/shm"
mount -o remount,bind,ro "$root/dev"
mount -o remount,bind,ro "$root"

# A new network namespace has its loopback down, and a minimal image has no tool to raise it.
chroot "$root" python3 -c '
import fcntl, socket, struct
fcntl.ioctl(socket.socket(), 0x8914, struct.pack("16sh14x", b"lo", 0x1 | 0x40))  # SIOCSIFFLAGS: up, running
'

# chroot gives up root by --userspec and keeps no group of ours; env -i leaves HOME out.
cd "$root"
exec chroot --userspec="${run[0]}" --groups= "$root" /usr/bin/env -i -C "${run[1]:-/}" "${env[@]}" "${cmd[@]}"
