#!/bin/bash
# Job control without a terminal: process groups, stopping, continuing, bg, fg, disown.
set -m
export LC_ALL=C
group() { ps -o pgid= -p "$1" | tr -d ' '; }

sleep 30 &
first=$!
[[ $(group $first) == "$first" ]] && echo 'a job is a process group of its own'
[[ $(group $first) != "$(group $$)" ]] && echo 'and not the shell'"'"'s'
jobs
kill -STOP %1; until [[ $(ps -o stat= -p $first) == T* ]]; do sleep 0.02; done
jobs
bg %1
until [[ $(ps -o stat= -p $first) == S* ]]; do sleep 0.02; done
jobs -r
kill %1; wait %1; echo "ended with $?"
jobs

echo '== a pipeline is one group'
sleep 20 | sleep 20 | sleep 20 &
members=$(ps -e -o pgid=,comm= | awk -v g="$(jobs -p)" '$1 == g' | wc -l)
echo "$members members"
kill -TERM -- -"$(jobs -p)"; wait; echo "pipeline $?"

echo '== a job that stops itself'
bash -c 'kill -STOP $$; echo continued; exit 4' &
stopper=$!
until [[ $(ps -o stat= -p $stopper) == T* ]]; do sleep 0.02; done
jobs %%
fg %% ; echo "fg gave $?"

echo '== fg of a stopped job, and its end by a signal'
bash -c 'kill -TSTP $$; kill -KILL $$'
echo "status $?"
fg 2>errors; echo "killed $?"; sed 's|: line .*[0-9] Killed|: Killed|' errors

echo '== disown and wait -n'
sleep 0.1 & disown; jobs
(exit 3) & wait -n; echo "wait -n $?"
wait -f; echo 'all done'
set +m
sleep 5 & pid=$!
[[ $(group $pid) == "$(group $$)" ]] && echo 'without job control: the same group'
kill $pid; wait $pid 2>/dev/null; echo "$?"
suspend 2>&1 | sed 's/^.*: line [0-9]*: //'
