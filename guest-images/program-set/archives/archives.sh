#!/bin/bash
# tar, gzip, xz and bzip2: to files, through pipes, each reading what another wrote, damaged input.
export LC_ALL=C TZ=UTC
section() { printf '== %s\n' "$*"; }
mkdir -p tree/a/b tree/empty
seq 3000 >tree/numbers
head -c 20000 /dev/zero >tree/zeros
echo text >tree/a/b/file
ln -s ../numbers tree/a/link
ln tree/numbers tree/hard
printf 'x%.0s' {1..150} >"tree/$(printf 'long%.0s' {1..40})"
chmod 640 tree/zeros
mkfifo tree/fifo 2>/dev/null
rm -f tree/fifo
find tree -exec touch -h -d '2021-03-04 05:06:07' {} +

section tar
tar -cf all.tar --sort=name --owner=0 --group=0 tree
md5sum all.tar
tar -tf all.tar
tar -tvf all.tar --full-time | head -4
mkdir out
tar -xpf all.tar -C out
diff -r tree out/tree && echo identical
stat -c '%a %y %h' out/tree/zeros out/tree/hard
readlink out/tree/a/link
tar -df all.tar && echo 'no differences'
echo more >>tree/a/b/file
tar -df all.tar
tar -rf all.tar tree/a/b/file
tar -tf all.tar | tail -1
tar --delete -f all.tar tree/numbers
tar -tf all.tar | grep -c numbers
tar -xOf all.tar tree/a/b/file
tar -uf all.tar tree
tar -cf - tree | tar -tf - | wc -l
tar --exclude='*zeros' -cf - tree | tar -t | grep -c zeros
tar -c --transform='s/^tree/renamed/' tree | tar -t | sort | head -2
tar --format=posix -cf pax.tar tree
tar -tf pax.tar | wc -l
tar --format=v7 -cf v7.tar tree 2>&1 | tail -1
tar -cSf sparse.tar tree/zeros
tar -xf sparse.tar -O | cmp - tree/zeros && echo sparse
tar -cf multi.tar --listed-incremental=snap tree 2>/dev/null
tar -tf multi.tar | wc -l
tar -xf missing.tar
echo $?
head -c 5000 all.tar | tar -t >/dev/null
echo $?
echo nonsense | tar -t
echo $?
tar -cf x.tar missing
echo $?
tar --strip-components=2 -xvf all.tar tree/a/b/file
tar -T <(printf 'tree/a\n') -cf - | tar -t
tar --to-command='wc -c' -xf all.tar tree/zeros
tar -tf all.tar --wildcards '*/link'
tarcat all.tar | wc -c
rmt-tar --version | head -1
tar --version | head -1

section gzip
gzip -9 -n -c tree/numbers | md5sum
gzip -1 -nc tree/zeros | wc -c
gzip -k tree/numbers 2>&1
cp tree/numbers n
gzip n
ls n*
gzip -l n.gz | tail -1 | awk '{ print $2, $3 }'
gzip -t n.gz
echo $?
gzip -dc n.gz | cmp - tree/numbers
zcat n.gz | wc -l
gunzip n.gz
gzip -v n 2>&1 | tr -s '\t '
zgrep -c 7 n.gz
zcmp n.gz n.gz
zdiff n.gz tree/numbers
echo $?
zegrep '^1+$' n.gz
zfgrep 2999 n.gz
zless n.gz | tail -1
zmore n.gz </dev/null | tail -1
zforce n.gz
cp n.gz n2
zforce n2
ls n2*
printf 'a' | gzip | gzip -d
echo
(
  gzip -c <<<one
  gzip -c <<<two
) | gunzip
head -c 100 n.gz | gzip -d 2>&1 | tail -1
echo garbage | gzip -d
echo $?
gzip -d <<<x
cp /bin/true t
gzexe t 2>&1
./t
echo "gzexe $?"
uncompress -c n.gz | head -1
gzip missing
echo $?
znew --help 2>&1 | head -1
gzip --version | head -1

section xz
xz -6 -c tree/numbers | md5sum
xz -0k tree/zeros -c | wc -c
xz -k n2.gz
xz -l --robot n2.gz.xz | cut -f1-4 | head -2
xz -t n2.gz.xz
echo $?
xz -dc n2.gz.xz | cmp - n2.gz
xz --format=lzma -c tree/numbers | xz -dc --format=lzma | wc -l
lzmainfo <(xz --format=lzma -c tree/numbers) | tail -1
xzcat n2.gz.xz | zcat | wc -l
xz tree/numbers -c | xzgrep -c 7
xzdiff <(xz -c tree/numbers) tree/numbers 2>&1 | wc -l
xz -T2 -c tree/zeros | unxz | wc -c
xzcmp n2.gz.xz n2.gz
xz -c tree/numbers >n.xz
xzegrep '^2+$' n.xz
xzfgrep 2998 n.xz
xzless n.xz | tail -1
xzmore n.xz </dev/null | tail -1
xz -d <<<garbage
echo $?
head -c 200 n.xz | xz -dc >/dev/null
echo $?
xz --version | head -1

section bzip2
bzip2 -c tree/numbers | md5sum
bzip2 -k tree/zeros
echo $?
cp tree/numbers b
bzip2 b
bzip2 -tv b.bz2
bzcat b.bz2 | cmp - tree/numbers
bunzip2 -k b.bz2
cmp b tree/numbers && echo same
bzgrep -c 5 b.bz2
bzdiff b.bz2 b
bzip2recover b.bz2 2>&1 | sed -n '2,3p'
ls rec*
bzmore b.bz2 </dev/null | tail -1
bzcmp b.bz2 b
echo $?
bzegrep '^3+$' b.bz2
bzfgrep 2997 b.bz2
bzless b.bz2 | tail -1
cp /bin/true t2
bzexe t2 2>&1
./t2
echo "bzexe $?"
bzip2 -d <<<garbage
echo $?
head -c 300 b.bz2 | bzip2 -dc >/dev/null
echo $?
bzip2 --version 2>&1 </dev/null | head -1

section together
tar -czf t.tar.gz tree && tar -tzf t.tar.gz | wc -l
tar -cJf t.tar.xz tree && tar -tJf t.tar.xz | wc -l
tar -cjf t.tar.bz2 tree && tar -xjf t.tar.bz2 -C out && echo extracted
tar -caf t2.tar.xz tree && tar -taf t2.tar.xz | wc -l
tar -c tree | gzip | bzip2 | xz | unxz | bunzip2 | gunzip | tar -x -C out && diff -r tree out/tree && echo 'all the way'
