#!/bin/bash
# find and xargs: tests, actions, expressions, many arguments, parallel processes.
export LC_ALL=C TZ=UTC
mkdir -p t/a/b/c t/d
touch -d 2020-01-01 t/a/old.txt
echo hello >t/a/b/new.txt
ln -s ../d t/a/link
ln t/a/b/new.txt t/d/hard
head -c 5000 /dev/zero >t/big
touch 't/with space' t/.hidden
chmod 750 t/big
chmod 1777 t/d
ln -s nowhere t/dangling
s() { sort; }
find t | s
find t -type f | s
find t -type d -empty
find t -name '*.txt' | s
find t -iname 'NEW*'
find t -path '*/b/*' | s
find t -regex '.*/[a-z]*\.txt' | s
find t -maxdepth 1 -mindepth 1 | s
find t -type l | s
find -L t -type l
find -L t -samefile t/d | s
find t -lname '*d'
find t -size +4k
find t -size -1 -type f | s
find t -perm 750
find t -perm -1000
find t -perm /111 -type f
find t -newer t/a/old.txt -type f | s
find t -mtime +1000
find t -links 2 -type f | s
find t -user root -group root | wc -l
find t -nouser
find t -inum "$(stat -c %i t/big)"
find t -newermt 2021-01-01 -name 'big'
find t -xtype l
find t -readable -writable -executable -type f
find t -name '*.txt' -o -name big | s
find t ! -type d -a \( -name '.*' -o -name 'w*' \) | s
find t -name a -prune -o -type f -print | s
find t -not -path 't/a*' -depth -print | s | tail -3
find t -type f -printf '%f %s %m %y %d %h %P %n %l\n' | s
find t/a/old.txt -printf '%TY-%Tm-%Td %CY\n' | cut -d' ' -f1
find t/big -ls | awk '{ print $3, $5, $7, $11 }'
find t -name big -fprint out -fprintf out2 '%p\n'
cat out out2
find t -type f -exec echo {} \; | s
find t -type f -exec sh -c 'echo $#' sh {} +
find t -name big -execdir pwd \;
find t -name '*.txt' -exec grep -l hello {} +
find t -name big -ok echo {} \; </dev/null
find t -type f -print0 | sort -z | xargs -0 -n 2 echo
find t -name big -quit
find t -name 'with*' -delete
find t -empty -type f -delete
find t -type f | s
find t -type d -exec false {} +
echo $?
find missing
echo $?
find t -nonsense
echo $?
find t -name
find / -maxdepth 1 -mindepth 1 | wc -l | grep -c .
find /usr/share/zoneinfo /usr/include/linux -type f 2>/dev/null | wc -l
find /usr/lib/python3* -name 'a*.py' -size +20k | s | head -5
seq 10 | xargs
seq 10 | xargs -n 3
echo 'a "b c" d\ e' | xargs -n1 echo
seq 3 | xargs -I{} echo 'item {} of {}'
printf 'a\nb\n' | xargs -L1 echo
seq 5 | xargs -P 3 -n 1 sh -c 'sleep 0.0$((5 - $0)); exit 0'
echo $?
seq 3 | xargs -n1 sh -c 'exit 1'
echo $?
seq 3 | xargs -n1 sh -c 'exit 255'
echo $?
echo x | xargs nothere
echo $?
xargs -r echo no </dev/null
xargs echo yes </dev/null
seq 100000 | xargs echo | wc -l
seq 2000 | xargs -s 1000 echo | wc -l
seq 4 | xargs -d '\n' -t echo
echo a,b | xargs -d, -n1
xargs -a t/d/hard echo
seq 3 | xargs -E 2 echo
seq 2 | xargs -P0 -n1 sh -c 'kill -9 $$'
echo $?
echo "it's" | xargs
echo $?
seq 9 | xargs -x -n 9 -s 8 echo
echo $?
xargs --show-limits </dev/null 2>&1 | head -1 | cut -d: -f1
