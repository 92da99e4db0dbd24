#!/bin/bash
# grep and its relatives: basic, extended, fixed and Perl patterns; contexts; files and directories; statuses.
export LC_ALL=C.UTF-8
mkdir -p tree/sub
printf 'alpha\nbeta\nGamma\nalphabet\n\ndelta 42\n' >tree/a.txt
printf 'one beta\ntwo\n' >tree/sub/b.txt
printf 'bin\0ary beta\n' >tree/binary
cd tree || exit
grep beta a.txt
grep -n -i gamma a.txt
grep -v a a.txt
grep -c alpha a.txt
grep -o '[a-z]*a' a.txt
grep -w alpha a.txt
grep -x beta a.txt
grep -E '^(alpha|beta)(bet)?$' a.txt
grep -F '4' a.txt
grep -P '\d+(?!\w)' a.txt
grep -P '(?<=al)pha\b' a.txt
grep -e one -e two sub/b.txt
grep '\(a\)l.*\1' a.txt
grep -r beta . | sort
grep -rl beta . | sort
grep -L beta a.txt sub/b.txt
grep -rh --include='*.txt' two .
grep -R --exclude-dir=sub -c beta . | sort
grep -s beta missing
echo "status $?"
grep beta missing
echo "status $?"
grep nowhere a.txt
echo "status $?"
grep -A1 -B1 Gamma a.txt
grep -C1 -n two sub/b.txt
grep -m1 a a.txt
grep -q beta a.txt
echo "quiet $?"
grep -b beta a.txt
grep -H -n --color=always beta a.txt
grep -z -o 'bin' binary | od -c
grep -a beta binary | od -c | head -2
grep beta binary
grep -T -n two sub/b.txt
grep '[[:digit:]]' a.txt
grep -f <(printf 'two\nalpha$\n') a.txt sub/b.txt
grep 'ü.x' <<<'aüßx'
grep -i 'ÄÖ' <<<'xäöy'
grep -P '\p{Lu}' a.txt
grep '\<b' a.txt
grep -E 'a{2' a.txt
grep '[' a.txt
echo "bad pattern $?"
grep -E '(' a.txt
grep -P '(' a.txt
egrep 'al|be' a.txt
fgrep a. a.txt
echo $?
rgrep -l delta .
seq 100000 | grep -c '7.*7'
seq 30000 | grep -E '^(.)(.).*\2\1$' | md5sum
yes 'the quick brown fox' | head -n 20000 | grep -c 'qu[a-z]* br.*x$'
zgrep -c two <(gzip <sub/b.txt)
grep --line-buffered two sub/b.txt
grep -d skip x .
echo $?
grep x .
grep --help | md5sum
grep -V | head -1
