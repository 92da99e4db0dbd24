#!/bin/bash
# A pipeline with shell functions in it, frozen on its way.
# freezes: 4
words() { for i in {1..400}; do echo "word$((i * 7919 % 97)) $i"; done; }
words | sort | while read -r word n; do
  [[ $word != "$last" ]] && echo "$word"
  last=$word
done | grep -v 5 | sed 's/word/number /' | tee >(wc -l >count) | tail -n 12
while [[ ! -s count ]]; do sleep 0.02; done
cat count
coproc UPPER { while read -r line; do echo "${line^^}"; done; }
total=0
for i in {1..40}; do
  echo "line $i" >&"${UPPER[1]}"
  read -r answer <&"${UPPER[0]}"
  ((total += ${#answer}))
done
eval "exec ${UPPER[1]}>&-"
wait
echo "$answer $total"
trap 'echo interrupted' USR1
(sleep 0.05; kill -USR1 $$) & wait
cat <(seq 1 2000 | awk '{ s += $1 } END { print s }') - <<<'from a here string'
