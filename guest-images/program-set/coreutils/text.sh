#!/bin/bash
# The tools of coreutils that read text and print it in another way.
export LC_ALL=C
section() { printf '== %s\n' "$*"; }
for i in {1..60}; do echo "$((i * 37 % 101)) line $((i * 13 % 17)) $(printf %0$((i % 5 + 1))d $i)"; done >lines
printf 'b 1\na 2\nc 3\na 4\n' >letters
printf 'the quick brown fox jumps over the lazy dog and then, being a quick fox, it jumps back over the dog again.\n' >prose

section cat tac head tail
cat -A <(printf 'a\tb\n\n\n\001\377x\n')
cat -n letters
cat -bs <(printf 'x\n\n\n\ny\n')
cat letters - <<<stdin
cat missing
tac letters
tac -s ' ' <<<'1 2 3'
head -n 2 lines
head -c 10 lines
head -n -57 lines
head -qn1 letters lines
head -n 1 letters lines
tail -n 2 lines
tail -n +59 lines
tail -c 8 lines
timeout 5 tail -f -n 1 --pid=$$ --max-unchanged-stats=1 letters &
sleep 0.3
kill $! 2>/dev/null
wait $! 2>/dev/null
(
  sleep 0.3
  echo appended >>followed
  sleep 0.3
  echo more >>followed
) &
: >followed
timeout 3 tail -f -s 0.05 followed | head -n 2
wait

section cut paste join comm
cut -d ' ' -f 2- letters
cut -c 2-4 lines | head -2
cut -b 1,3 letters
cut -d' ' -f1 --complement letters
cut -s -d: -f2 --output-delimiter=/ /etc/passwd | sort -u
paste letters <(seq 3)
paste -s -d, letters
paste -d '\n' - - <letters
join <(sort letters) <(printf 'a x\nb y\nd z\n')
join -a1 -a2 -e- -o 0,1.2,2.2 <(sort letters) <(printf 'a x\nd z\n')
join -v1 -t' ' <(sort letters) <(echo a)
comm <(printf '1\n2\n4\n') <(printf '2\n3\n4\n')
comm -12 <(seq 5) <(seq 3 9)
comm <(printf 'b\na\n') <(echo a)

section sort uniq shuf tsort
sort letters
sort -k2,2nr letters
sort -n lines | head -3
sort -t' ' -k3,3n -k1,1n lines | tail -3
sort -u -k1,1 letters
sort -c letters
sort -h <<<$'1K\n2\n1M'
sort -V <<<$'v1.10\nv1.9'
sort -R --random-source=/etc/passwd letters
sort -f <<<$'b\nA\na'
sort -M <<<$'MAR\nJAN'
sort -m <(seq 1 2 5) <(seq 2 2 6)
sort -z < <(printf 'b\0a\0') | od -c
sort --parallel=2 -S 1M -T /tmp <(seq 30000 -1 1) | md5sum
sort -g <<<$'1e3\n2'
sort -s -k1,1 -o letters.sorted letters
cat letters.sorted
cut -d' ' -f1 letters | sort | uniq -c
uniq -d <(printf 'a\na\nb\n')
uniq -u <(printf 'a\na\nb\n')
uniq -f1 -i <<<$'1 X\n2 x'
uniq --group <<<$'a\na\nb'
shuf -i 1-20 --random-source=<(yes) | paste -sd' '
shuf -n 3 --random-source=lines lines
shuf -e a b c | sort
tsort <<<$'a b\nb c\na c'
tsort <<<$'x y\ny x'

section tr expand unexpand fold fmt nl pr
tr a-z A-Z <letters
tr -d '\n' <letters
echo
tr -s ' ' <<<'a   b'
tr -c '[:alnum:]\n' _ <<<'a-b c'
tr '[:digit:]' x <letters
tr -cd '\40-\176' <<<$'a\tb'
tr a
expand -t 4 <<<$'a\tb'
unexpand -a -t 4 <<<'a       b'
fold -w 20 prose
fold -s -w 20 prose
fmt -w 30 prose
fmt -u -p '#' <<<'#  a   b'
nl letters
nl -b a -n rz -w 3 -s: <(printf 'x\n\ny\n')
nl -v 10 -i 5 letters
pr -h title -l 20 -w 60 -2 lines | sed 's/^[0-9-]* [0-9:]* /DATE /' | head -24
pr -t -m letters <(seq 4)
pr -T -n letters
pr -t -o 4 -e letters

section wc sum cksum digests
wc lines prose
wc -L prose
wc -c <lines
wc -m <<<'é'
LC_ALL=C.UTF-8 wc -m <<<'é'
wc --files0-from=<(printf 'lines\0prose\0')
sum lines
sum -s lines
cksum lines
cksum -a sha256 lines
cksum --algorithm=sm3 lines
md5sum lines
md5sum.textutils lines
sha1sum lines
sha224sum lines
sha256sum lines
sha384sum lines
sha512sum lines
b2sum lines
b2sum -l 128 lines
sha256sum lines letters >sums
sha256sum -c sums
echo x >>letters
sha256sum -c sums
md5sum --tag lines
sha1sum -z prose | od -c | tail -2

section base32 base64 basenc od
base64 prose
base64 -w 20 <<<hello | base64 -d
base32 <<<hello
base32 -d <<<NBSWY3DPBI======
basenc --base16 <<<hi
basenc --base2msbf <<<a
basenc --z85 <<<'12345678901'
basenc --base64url -d <<<'_-8=' | od -An -tx1
base64 -d <<<'!!'
od -A x -t x1z -v <<<'some bytes here and there'
od -t d2 -N 8 lines
od -c -j 3 -N 5 lines
od -t f8 <(printf '\0\0\0\0\0\0\360?')
od -S 3 <(printf 'abc\0de\0fghi\0')
od -t a <<<$'\a\t'
od -w4 -tu1 <<<abcdefg
head -c 100 /dev/zero | od

section split csplit
split -l 25 lines part-
wc -l part-*
split -b 500 -d lines piece
ls piece*
cat piece* | cmp - lines
split -n 3 lines third-
cat third-* | md5sum
split -l 30 --filter='wc -c; echo $FILE' lines f-
split -n l/2/4 lines | head -1
split -n r/2 letters rr-
head rr-*
csplit -s lines 10 /'line 5'/ '{2}'
wc -l xx*
csplit lines /nowhere/
csplit -f section- -b %d.txt -z <(printf 'a\n--\nb\n--\nc\n') /--/ '{*}'
cat section-1.txt

section numbers
seq 3
seq -s, 1 2 9
seq -w 8 11
seq -f %.2f 1 .5 3
seq 3 -1 1
seq 1000000 1000003
seq a
factor 12 97 1234567890123456789 18446744073709551615
factor -h <<<0
expr 5 + 3 \* 2
expr abc : 'a\(.\)c'
expr length hello
expr substr hello 2 3
expr index hello l
expr 1 / 0
expr a \< b
expr match xyz y
numfmt --to=iec 123456789
numfmt --from=si 1.5M
numfmt --field=2 --to=si <<<'x 4000 y'
numfmt --padding=8 --grouping 12345
numfmt --from=iec 3Z
numfmt --format=%.3f 5
numfmt abc

section printf echo yes true false ptx tee
env printf '%s|%5d|%-6s|%x|%o|%e|%c|%b|%q\n' str 42 left 255 8 12345.678 char 'a\tb' "it's"
env printf '%d %d\n' 1 2 3
env printf '%d\n' x
env printf '\u00e9\x41\101\n'
env echo -n no newline
env echo -e 'tab\tand\\'
env echo plain -e
yes | head -n 2
yes a b | head -n 1
env true
echo $?
env false
echo $?
ptx -w 50 <<<'one two three'
ptx -G -f <<<'b a'
tee t1 t2 <letters >/dev/null
cmp t1 t2
tee -a t1 <<<more | cat
tail -n 1 t1
tee /nonexistent/x <<<still
wc -l t1
