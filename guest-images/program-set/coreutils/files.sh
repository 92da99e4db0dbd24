#!/bin/bash
# The tools of coreutils that make, change, show and remove files. Each by its path's lookup: a shell's builtins are not meant.
# overlay: it makes pipes and gives files to others
export LC_ALL=C TZ=UTC
section() { printf '== %s\n' "$*"; }
show() { stat -c '%n %F %a %h %U:%G' "$@"; }

section mkdir rmdir
mkdir -p tree/a/b/c tree/d
mkdir -m 750 private
mkdir tree
show private tree/a
rmdir tree/d
rmdir tree
rmdir -p tree/a/b/c

section touch stat
mkdir -p tree/a/b
touch -d '2001-02-03 04:05:06.789' dated
stat -c '%y %Y %x' dated
touch -t 199912312359.58 old
touch -r old copy-of-time
stat -c '%n %y' old copy-of-time
touch -c not-created
[ -e not-created ] || echo 'not created'
stat -f -c %l / >/dev/null && echo 'stat -f'

section cp
printf 'some text\n' >text
chmod 640 text
cp text plain
cp -p dated preserved
cp -a tree archive
cp -r tree/a into
cp -l text linked
cp -s /work/text symbolic
show plain linked
stat -c '%y' preserved
readlink symbolic
cp --parents tree/a/b/../../a/../../text archive 2>/dev/null
cp -u old dated
cp -n text plain
cp -v text verbose
cp -b text plain
ls plain*
cp tree nowhere
cp missing x
cp --sparse=always /dev/null empty
cp --reflink=auto text reflinked
cmp text reflinked && echo same

section mv
mv verbose moved
mv -v moved tree
mv -b text tree/moved
ls tree
mv -n old dated
mv -t tree/a copy-of-time
ls tree/a
mv tree/moved text
mv missing elsewhere
mv -T into renamed
ls -d renamed

section ln link unlink readlink realpath
ln text hard
ln -s text soft
ln -sf tree soft2
ln -sr tree/a/b relative
link text linked-again
unlink linked-again
readlink soft relative
readlink -f soft
readlink -e missing
realpath soft2/a/../a tree
realpath --relative-to=tree/a text
show text soft
ln text hard
ln -s loop loop
cat loop

section rm shred
touch r1 r2
rm -v r1
rm missing
rm -f missing
rm tree
mkdir -p rr/s/t
touch rr/s/t/f
rm -rv rr
printf secret >s
shred -u -n 1 s
[ -e s ] || echo shredded
shred -z -n 2 r2 && od -c r2

section ls dir vdir dircolors
touch -d '2020-01-01' tree/x 'tree/with space'
chmod 4755 tree/x
mkfifo -m 600 tree/pipe
chmod 755 tree tree/a
touch -h -d '2020-01-01' tree/a tree/pipe tree soft relative
ls tree
ls -1F tree
ls -Q tree
ls -m tree
ls -A | head -5
ls -d tree/
ls -R tree/a
ls -ld --time-style=+%Y tree/x tree/pipe soft
ls -lgo --time-style=long-iso tree/x
ls -S text dated
ls -t text old
ls --color=always -d tree soft tree/x
ls missing
ls -i text | grep -c '^[0-9]* text'
dir tree
vdir --time-style=+%F tree/x
dircolors -b | head -1 | cut -c1-30
ls -C -w 40 tree

section chmod chown chgrp
chmod u+x,g-r,o=w text
show text
chmod -v 600 text
chmod --reference=tree/x text
chmod a+X,+t tree
show tree text
chmod 9 text
chown 1000:2000 text
stat -c '%u %g' text
chown :0 text
stat -c '%u %g' text
chown -h 5 soft
stat -c %u soft text
chown nobody x
chown -R 0:0 tree
chgrp 33 text
stat -c '%G' text
chgrp nogroup text
stat -c %G text
chown --from=7 0 text
stat -c %u text
chown daemon:games text
show text

section mknod mkfifo mktemp
mkfifo fifo
show fifo
(echo through >fifo &)
cat fifo
mknod fifo2 p
show fifo2
mknod fifo p
mktemp -u XXXX | wc -c
file=$(mktemp)
show "$file" | sed 's/tmp\.[^ ]*/tmp.X/'
rm "$file"
directory=$(mktemp -d -p . nameXXX)
stat -c '%F %a' "$directory"
rmdir "$directory"

section install
install -m 711 -o 3 -g 4 text installed
stat -c '%a %u %g' installed
install -d -m 700 new/dir
show new/dir
install -D text deep/er/file && ls deep/er

section dd truncate sync
dd if=/dev/zero of=zeros bs=1k count=5 2>&1 | head -2
dd if=text bs=1 skip=5 count=4 status=none
echo
dd if=/dev/zero of=zeros bs=1 seek=10000 count=1 conv=notrunc status=none
stat -c %s zeros
printf abc | dd conv=ucase status=none
echo
printf '%s' 0123456789 | dd bs=3 skip=1 2>/dev/null
echo
dd if=missing
printf a | dd bs=4 conv=sync status=none | od -c
truncate -s 1M zeros
stat -c %s zeros
truncate -s -1K zeros
truncate -r text zeros
stat -c %s zeros
truncate -s %512 zeros
stat -c %s zeros
sync zeros
sync -f zeros
sync

section df du
df --output=target /work | tail -n 1
df -a >/dev/null
df missing
du -a --apparent-size -b tree/a
du -s missing
du --apparent-size -b -d 0 archive

section basename dirname pathchk pwd
basename /a/b.txt .txt
basename -a x/y z
basename -s .h a.h
dirname /a/b c /
pathchk -p 'a b'
pathchk "$(printf %300s | tr ' ' x)" 2>&1 | cut -c1-40
pathchk -P ''
env pwd
cd soft2 && env pwd -L
env pwd -P
cd ..

section test
for expression in '-f text' '-d tree' '-L soft' '-p fifo' '-s empty' '-x text' '-w /etc/passwd' 'text -nt old' 'text -ef hard' '-u text' '-k tree' '-r missing' 'a = a' '3 -gt 4' '! -e x' '-c /dev/null' '-t 0' '-n x -a -z x' '-O text'; do
  env test $expression
  printf '%s:%s ' "$expression" $?
  env '[' $expression ']'
  echo $?
done
env test 1 -eq x
env '[' a = b
