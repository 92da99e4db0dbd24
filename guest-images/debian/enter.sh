#!/usr/bin/env bash
# enter.sh ROOT WORK TMP COMMAND [ARGS...]: runs a command of a root on this machine's own kernel, as `vkernel run --root` does on the
# virtual one. ROOT is read-only unless ROOT is written as ROOT:rw; the directories WORK and TMP are its /work, where the command
# starts, and its /tmp. The command and all that it leaves behind end with this script: they live in namespaces of their own, without
# the rights to change anything of the machine (its clock, its mounts, its devices). Takes root's rights, or user namespaces.
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
capabilities=-all
for name in chown dac_override fowner fsetid kill setgid setuid setpcap setfcap sys_chroot sys_nice sys_resource; do
  capabilities+=,+$name
done
inside='
  root=$1 mode=$2 work=$3 tmp=$4 capabilities=$5; shift 5
  mount --rbind "$root" "$root"
  [[ $mode == rw ]] || mount -o remount,bind,ro "$root"
  mount --bind "$work" "$root/work"
  mount --bind "$tmp" "$root/tmp"
  mount --rbind /dev "$root/dev"
  mount -t proc proc "$root/proc" 2>/dev/null || mount --rbind /proc "$root/proc"
  umask 022
  ulimit -c 0
  env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=xterm-256color LANG=C.UTF-8 \
    setpriv --bounding-set="$capabilities" --inh-caps=-all chroot "$root" /bin/sh -c "cd /work && exec env -u PWD -u OLDPWD \"\$@\"" sh "$@" && exit 0 || exit $?
'
exec unshare "${namespaces[@]}" bash -euc "$inside" enter "$root" "$mode" "$work" "$tmp" "$capabilities" "$@"
