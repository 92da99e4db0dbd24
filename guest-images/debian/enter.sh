#!/usr/bin/env bash
# enter.sh ROOT WORK TMP COMMAND [ARGS...]: runs a command of a root on this machine's own kernel, as `vkernel run --root` does on the
# virtual one. ROOT is read-only unless ROOT is written as ROOT:rw; the directories WORK and TMP are its /work, where the command
# starts, and its /tmp. The command and all that it leaves behind end with this script: they live in namespaces of their own, so
# nothing of this machine changes. Takes root's rights, or user namespaces.
set -euo pipefail

root=${1%:rw} mode=ro work=$2 tmp=$3
[[ $1 == *:rw ]] && mode=rw
shift 3

namespaces=(--mount --pid --fork --kill-child --propagation private)
if ((EUID != 0)); then namespaces+=(--map-root-user); fi
unshare "${namespaces[@]}" true 2>/dev/null || {
  echo "enter.sh: this machine permits no namespaces (unshare ${namespaces[*]}), so nothing can run in the Debian root natively" >&2
  exit 125
}
inside='
  root=$1 mode=$2 work=$3 tmp=$4; shift 4
  mount --rbind "$root" "$root"
  [[ $mode == rw ]] || mount -o remount,bind,ro "$root"
  mount --bind "$work" "$root/work"
  mount --bind "$tmp" "$root/tmp"
  mount --rbind /dev "$root/dev"
  mount -t proc proc "$root/proc" 2>/dev/null || mount --rbind /proc "$root/proc"
  ulimit -c 0
  env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=xterm LANG=C.UTF-8 \
    chroot "$root" /bin/sh -c "cd /work && \"\$@\"" sh "$@" && exit 0 || exit $?
'
exec unshare "${namespaces[@]}" bash -euc "$inside" enter "$root" "$mode" "$work" "$tmp" "$@"
