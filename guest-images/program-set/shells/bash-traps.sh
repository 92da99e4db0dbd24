#!/bin/bash
# Traps, signals to itself and to children, and what they leave in the exit status.
trap 'echo "got USR1"' USR1
trap 'echo "error in line $LINENO"' ERR
trap 'echo "leaving with $?"' EXIT
kill -USR1 $$
false
trap - ERR

echo '== a trap interrupts wait'
(sleep 0.2; kill -USR1 $$) &
sleep 1 & sleeper=$!
wait $sleeper; echo "wait gave $?"
kill $sleeper; wait $sleeper; echo "then $?"

echo '== ignored and default signals are inherited, handlers are not'
trap '' INT
trap 'echo handler' USR2
bash -c 'kill -INT $$; echo "INT ignored"; kill -USR2 $$; echo "not reached"'; echo "child $?"
trap - INT USR2

echo '== how children end'
for signal in HUP INT QUIT ABRT KILL SEGV PIPE ALRM TERM USR1; do
  bash -c "trap - $signal; kill -$signal \$\$; exit 1" 2>/dev/null
  echo "$signal $?"
done 2>/dev/null

echo '== RETURN and DEBUG'
function_with_trap() { trap 'echo returned' RETURN; echo body; trap - DEBUG; }
function_with_trap
trap - RETURN
trap 'echo "about to: $BASH_COMMAND"' DEBUG
echo debugged
trap - DEBUG

echo '== SIGPIPE and pipefail'
set -o pipefail
yes | head -n 1; echo "yes $?"
(trap '' PIPE; yes 2>/dev/null | head -n 1); echo "with EPIPE $?"
set +o pipefail

echo '== CHLD'
set +m
count=0
trap 'count=$((count + 1))' CHLD
for i in 1 2 3; do /bin/true; done
echo "children counted: $((count >= 3))"
trap - CHLD

echo '== subshell EXIT traps'
(trap 'echo subshell exit' EXIT; exit 5); echo "sub $?"
out=$(trap 'echo in substitution' EXIT; echo text); echo "$out"
timeout 4 bash -c 'trap "echo terminated; exit 3" TERM; while :; do sleep 0.01; done' 2>/dev/null; echo "timeout $?"
bash -c 'timeout -s KILL 0.2 sleep 5; exit $?' 2>/dev/null; echo "timeout -s KILL $?"
timeout --preserve-status 4 bash -c 'trap "exit 12" TERM; while :; do sleep 0.01; done' 2>/dev/null; echo "preserved $?"
nohup bash -c 'kill -HUP $$; echo survived' 2>/dev/null
exit 17
