#!/usr/bin/env bash
# `make demo`: runs a threaded program, freezes it while it works, ends the process, and goes on from the file in a new one.
# The lines that both processes printed together must be what the program prints natively.
set -euo pipefail
cd "$(dirname "$0")/.."

program=guest-images/build/glibc/programs/threads
core=demo.core
name=demo-$$
rounds_before_freeze=6
patience_seconds=60

work=$(mktemp -d)
runner=
cleanup() {
  if [[ -n $runner ]] && kill -0 "$runner" 2>/dev/null; then kill -9 "$runner"; fi
  rm -rf "$work"
}
trap cleanup EXIT

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
show() { printf '\033[2m$ %s\033[0m\n' "$*"; }
fail() {
  printf 'demo: %s\n' "$*" >&2
  exit 1
}
vkernel() { node dist/bundle/vkernel/cli/main.js "$@"; }
lines() { wc -l <"$1"; }

make -s -C guest-images build/glibc/programs/threads

say "1. A static Linux program with eight threads, in Node, on an emulated CPU"
show "vkernel run --name $name $program"
node dist/bundle/vkernel/cli/main.js run "--name=$name" "$program" >"$work/before" 2>"$work/errors" </dev/null &
runner=$!
deadline=$((SECONDS + patience_seconds))
while (($(lines "$work/before") < rounds_before_freeze)); do
  kill -0 "$runner" 2>/dev/null || { cat "$work/errors" >&2; fail 'the program ended too early'; }
  ((SECONDS < deadline)) || fail "the program printed too little in $patience_seconds seconds"
  sleep 0.02
done

say "2. Frozen while it runs, into one file; then the process ends"
show "vkernel ps"
vkernel ps
show "vkernel snapshot $name -o $core --stop"
vkernel snapshot "$name" -o "$core" --stop
wait "$runner" || true # its exit code says that it was stopped
runner=
cat "$work/before"
ls -l "$core"

if command -v gdb >/dev/null; then
  say "3. The file is an ELF core: gdb shows every thread, where it was and what its thread-local variables held"
  show "gdb $program $core"
  gdb -nx -batch -ex 'info threads' -ex 'thread 3' -ex 'print my_name' -ex 'print my_signals' "$program" "$core" 2>/dev/null |
    grep -vE '^(\[|Using host|Core was|Program terminated|#0 |warning)' || true
else
  say "3. (gdb would open the file and show every thread: apt-get install gdb)"
fi

say "4. A new process goes on from the file"
show "vkernel resume $core"
status=0
vkernel resume "$core" </dev/null | tee "$work/after" || status=$?
((status == 0)) || fail "the resumed program ended with exit code $status"

cat "$work/before" "$work/after" >"$work/both"
[[ $(tail -n 1 "$work/both") == EXIT-SUCCESS ]] || fail 'the program did not say EXIT-SUCCESS'
"$program" >"$work/native"
if ! diff "$work/native" "$work/both" >&2; then fail 'the two halves are not what the program prints natively'; fi

say "Nothing lost: $(lines "$work/before") lines before, $(lines "$work/after") after; together they are what a native run prints."
