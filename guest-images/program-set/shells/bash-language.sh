#!/bin/bash
# Expansions, arrays, arithmetic, patterns, functions, here-documents, process substitution, coprocesses.
shopt -s extglob globstar nullglob

section() { printf '== %s\n' "$1"; }

section parameters
value=hello.tar.gz
echo "${value%.*} ${value%%.*} ${value#*.} ${value##*.} ${value/l/L} ${value//l/L} ${value^} ${value^^} ${value:2:3} ${value: -2}"
echo "${unset-default} ${unset:=assigned} $unset ${#value} ${unset+set}"
(: "${missing:?is missing}") 2>&1
set -- one 'two words' three
echo "$# $* ${*:2} $@ ${@: -1}"
printf '<%s>' "$@"; echo
shift 2; echo "$1"
declare -n reference=value; echo "$reference ${!reference}"
printf '%q %s %05d %x %e %b\n' 'a b$c' text 42 255 1.5 'tab\there'
echo "${value@Q} ${value@U} ${value@a}"

section arrays
list=(zero one two); list+=(three); list[7]=seven
echo "${list[@]} ${#list[@]} ${!list[*]} ${list[-1]} ${list[@]:1:2}"
unset 'list[1]'; echo "${!list[@]}"
declare -A map=([red]=1 [green]=2 [blue]=3)
for key in "${!map[@]}"; do echo "$key=${map[$key]}"; done | sort
mapfile -t lines < <(printf '%s\n' c a b); echo "${lines[*]}"
read -r -a words <<<'these are words'; echo "${#words[@]} ${words[2]}"

section arithmetic
echo $((7 / 2)) $((-7 % 3)) $((2 ** 40)) $((16#ff)) $((1 << 20 | 5)) $((5 > 3 ? 10 : 20))
((i = 5, i++)); echo $i
let 'j = i * 2'; echo $j
for ((n = 0; n < 3; n++)); do printf '%d ' "$n"; done; echo

section patterns
touch aa ab ba .hidden; mkdir -p d/e; touch d/e/f.txt d/g.txt
echo a* ?a !(a*|*.sh) **/*.txt {x,y}{1..3} {a..e..2}
[[ foobar =~ ^(foo)(b.*)$ ]] && echo "${BASH_REMATCH[1]}-${BASH_REMATCH[2]}"
[[ file.txt == *.@(txt|md) ]] && echo matches
case abc in a?c) echo first ;;& *b*) echo second ;& x) echo through ;; *) echo never ;; esac

section functions
outer() { local x=1; inner; echo "outer $x"; }
inner() { echo "inner sees $x"; x=2; }
outer
factorial() { (($1 < 2)) && echo 1 || echo $(($1 * $(factorial $(($1 - 1))))); }
factorial 10
status() { return 42; }; status; echo "status $?"
false | true | (exit 3); echo "${PIPESTATUS[*]}"
set -o pipefail; false | true; echo $?; set +o pipefail
(set -e; false; echo 'not reached'); echo "errexit $?"

section 'here-documents'
name=world
cat <<END
hello $name $((1 + 1)) $(echo nested)
END
cat <<'END'
hello $name
END
cat <<-END
	indented
	END
cat <<<"here string $name"
for i in 1 2; do cat <<A; cat <<B; done
first $i
A
second $i
B

section 'process substitution'
diff <(printf '%s\n' 1 2 3) <(printf '%s\n' 1 3 4)
echo "diff said $?"
tee >(tr a-z A-Z >upper) >(rev >reversed) <<<'letters' >/dev/null; sleep 0.1; wait
while [[ ! -s upper || ! -s reversed ]]; do sleep 0.05; done
cat upper reversed
paste -d+ <(seq 3) <(seq 4 6)

section coprocess
coproc DOUBLE { while read -r n; do echo $((n * 2)); done; }
for n in 1 21 300; do echo $n >&"${DOUBLE[1]}"; read -r answer <&"${DOUBLE[0]}"; echo "$n -> $answer"; done
eval "exec ${DOUBLE[1]}>&-"; wait "$DOUBLE_PID"; echo "ended $?"

section redirections
{ echo out; echo err >&2; } 2>&1 | sort
exec 5>file5; echo five >&5; exec 5>&-; cat file5
exec 6<file5; read -r line <&6; echo "$line"; exec 6<&-
echo swapped 3>&1 1>&2 2>&3 3>&- 2>/dev/null
echo appended >>file5; wc -l <file5
ls /nonexistent 2>/dev/null; echo "ls $?"
set -o noclobber; echo x >file5; echo "noclobber $?"; set +o noclobber
: <>readwrite; [[ -e readwrite ]] && echo created
read -r -d '' -n 4 four <<<abcdefg; echo "$four"
IFS=: read -r user _ uid _ </etc/passwd; echo "$user $uid"

section 'subshells and jobs'
x=1; (x=2; echo "in $x"); echo "out $x"
for i in 3 1 2; do (sleep "0.$i"; echo "job $i") & done; wait
sleep 10 & kill $!; wait $!; echo "killed $?"
(exit 7) & wait $!; echo "background $?"
{ sleep 0.05; exit 9; } & { sleep 0.3; exit 8; } & wait -n; echo "first $?"; wait
echo $(echo a; echo b) "$(printf 'c\n\n\n')"
nothere; echo "not found $?"
/etc/passwd; echo "not executable $?"
kill -l 15; printf '%(%Y)T\n' 0
type -t cd if ls outer; hash -r; command -v awk
echo "$BASH_SUBSHELL $(echo "$BASH_SUBSHELL")"; echo ${BASH_VERSINFO[0]}
getopts ab:c option -b value && echo "$option $OPTARG"
