#!/bin/bash
# diffutils: cmp, diff, diff3, sdiff.
export LC_ALL=C
seq 20 >a
seq 20 | sed '3d; 7s/$/x/; 15a new' >b
seq 20 | sed '7s/$/y/; 18d' >c
mkdir -p d1/s d2/s
cp a d1/f
cp b d2/f
echo only >d1/only
cp a d1/s/same
cp a d2/s/same
printf 'a\0b' >bin1
printf 'a\0c' >bin2
touch -d 2020-01-01T00:00:00 a b c d1/f d2/f d1/only d1/s d2/s
export TZ=UTC
diff a b
echo $?
diff -u a b
diff -c a b
diff -U1 --label x --label y a b
diff -e a b
diff -n a b
diff -y -W 30 a b
diff -q a b
diff -s a a
diff -r d1 d2
diff -rN -u d1 d2
diff -i <(echo A) <(echo a)
diff -w <(echo 'a  b') <(echo 'ab')
diff -B <(printf 'a\n\nb\n') <(printf 'a\nb\n')
diff -I '^[0-9]x' a b
diff --ifdef=NEW a b | head -12
diff --color=always a b | head -3
diff bin1 bin2
diff --text bin1 bin2 | od -c | head -3
diff a missing
echo $?
diff --minimal <(seq 2000) <(seq 5 2 2500) | md5sum
diff -D X a a | wc -l
diff --changed-group-format='<%<|%>>' --unchanged-group-format='' a b
diff <(printf 'no newline') <(printf 'no newline\n')
diff --suppress-common-lines -y a b
diff -p a b | head -3
diff - a <b | head -1
cmp a a
echo $?
cmp a b
echo $?
cmp -l bin1 bin2
cmp -s a b
echo $?
cmp -b bin1 bin2
cmp -i 2 bin1 bin2
cmp -n 2 bin1 bin2
echo $?
cmp a <(head -c 10 a)
cmp missing a
echo $?
diff3 b a c
echo $?
diff3 -m b a c
echo $?
diff3 -e b a c
diff3 -m a a c | wc -l
diff3 -E -m -L one -L two -L three b a c | head -12
sdiff a b
sdiff -s -w 40 a b
printf 'l\nr\nl\n' | sdiff -o merged -w 40 a b >/dev/null
echo $?
wc -l <merged
sdiff -l a b | head -4
diff --version | head -1
