#!/usr/bin/env bash
# Installs what is missing of the programs that build the addon and run the demo; with the argument "guests", also those that build
# all guests and run the tests. It uses apt-get, as root or with sudo that asks nothing, and otherwise says in one line what to
# install. Only a missing compiler or Python is an error: tests that need something else skip, and name it.
set -u
export PATH=$PATH:/usr/local/go/bin

missing=() required=()
need() { # package, how to find it: a command that succeeds when it is there
  local package=$1
  shift
  "$@" >/dev/null 2>&1 || missing+=("$package")
}
static_busybox() { [[ -x /bin/busybox ]] && ! ldd /bin/busybox; }

need g++ command -v g++
need make command -v make
need python3 command -v python3
need python3-pip python3 -m pip --version
required=("${missing[@]}")
# Without these two the stock engine is used, which is half as fast.
need cmake command -v cmake
need patch command -v patch
need gdb command -v gdb
if [[ ${1:-} == guests ]]; then
  need musl-tools command -v musl-gcc
  need busybox-static static_busybox
  need golang-go command -v go
  need tmux command -v tmux
fi

((${#missing[@]} == 0)) && exit 0

as_root=()
if ((EUID != 0)); then as_root=(sudo -n); fi
if command -v apt-get >/dev/null && "${as_root[@]}" true 2>/dev/null; then
  echo "installing ${missing[*]}" >&2
  log=$(mktemp)
  trap 'rm -f "$log"' EXIT
  install() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${missing[@]}"
  }
  { install || { "${as_root[@]}" apt-get update -qq && install; }; } >"$log" 2>&1 </dev/null && exit 0
  tail -n 5 "$log" >&2
fi
echo "vkernel: please install what is missing: apt-get install ${missing[*]}" >&2
((${#required[@]} == 0))
