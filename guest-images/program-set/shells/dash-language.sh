#!/bin/dash
# What a POSIX shell has, in dash.
set -u
value=path/to/file.txt
echo "${value##*/} ${value%/*} ${#value} ${none:-default}"
i=0
while [ $i -lt 3 ]; do i=$((i + 1)); printf '%d ' "$i"; done; echo
until [ $i -eq 0 ]; do i=$((i - 1)); [ $i -eq 1 ] && continue; printf '%d ' "$i"; done; echo
for word in a "b c" d; do printf '<%s>' "$word"; done; echo
case $value in *.md) echo md ;; *.txt | *.text) echo text ;; esac
square() { echo $(($1 * $1)); return 3; }
square 12; echo "returned $?"
cat <<END | tr a-z A-Z
from $value $(echo here)
END
cat <<-'END'
	quoted $value
	END
set -- x y z; shift; echo "$# $*"
(cd /usr && pwd); pwd
eval 'var=evaluated'; echo "$var"
echo one two three | { read -r a b; echo "$b/$a"; }
trap 'echo "TERM caught"' TERM; kill -TERM $$; trap - TERM
trap 'echo "exit trap $?"' EXIT
echo err >&2
{ echo 1; echo 2 >&2; } 2>&1 | sort -r
seq 5 | while read -r n; do [ "$n" -gt 3 ] && echo "$n"; done
sleep 5 & kill $!; wait $!; echo "wait $?"
(exit 9) & wait $!; echo "wait $?"
sh -c 'kill -SEGV $$'; echo "segv $?"
exec 4>out; echo to four >&4; exec 4>&-; cat out
test -d /usr -a ! -f /usr && [ abc = abc ] && echo tests
printf '%s %5d|%-5s|%x %c\n' str 42 left 255 char
command -v ls; type cd; umask 027; umask; umask -S
ulimit -n 64; ulimit -n
alias greet='echo hello'; alias greet
getopts ab: opt -b val; echo "$opt $OPTARG"
times >/dev/null; : "${undefined_variable?not set}"
