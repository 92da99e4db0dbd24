#!/bin/bash
# The tools of coreutils that ask or change what surrounds a program. Where the answer is the machine's own, only its form is shown.
export LC_ALL=C TZ=UTC
section() { printf '== %s\n' "$*"; }

section arch uname nproc hostid
arch
uname -s -m -o
uname -a | wc -l
nproc --ignore=100000
OMP_NUM_THREADS=3 nproc
hostid | grep -Ec '^[0-9a-f]{8}$'

section date
date -u -d @0
date -d '2024-02-29 12:34:56 +1 year' '+%F %T %j %U %a %b'
date -d '2000-01-01 UTC' +%s
date -r /etc/debian_version +%Y
TZ=EST5EDT date -d @1700000000 -R
date -Iseconds -d @1e9
date -d nonsense
date +%s | grep -c '^1[0-9]*$'
date --rfc-3339=ns -d @1.5
date -f <(printf '2020-01-01\n2021-01-01\n') +%A

section env printenv
env -i A=1 B=2 env
env -u HOME printenv HOME
echo $?
env -C / pwd
A=x printenv A PATH
env -S 'A=5 printenv A'
env nothere
echo $?
env --ignore-signal=TERM bash -c 'kill -TERM $$; echo survived'
env --default-signal=PIPE --list-signal-handling true
env -0 -i X=1 | od -c
env /etc
echo $?

section id groups whoami logname users who pinky
id
id -u
id -nG
id daemon
id 65534
id nosuch
groups
groups nobody games
whoami
logname 2>&1 | wc -l
users
who
who -b 2>/dev/null
pinky >/dev/null 2>&1
pinky -l root | head -2

section nice nohup timeout stdbuf
nice
nice -n 5 nice
nice -n 3 nice -n 4 nice
nice -n 100 nice
nice -n -5 nice
nohup echo nohup 2>/dev/null
nohup nothere
echo $?
timeout 0.1 sleep 5
echo $?
timeout 5 true
echo $?
timeout -s INT 0.1 sleep 5
echo $?
bash -c 'timeout -k 0.3 4 bash -c "trap : TERM; while :; do sleep 0.02; done"; exit $?' 2>/dev/null
echo $?
timeout --foreground 0.2 cat /dev/zero >/dev/null
echo $?
timeout x true
echo $?
timeout 1 nothere
echo $?
stdbuf -oL head -n 1 /etc/passwd
stdbuf -o0 -e0 cat <<<unbuffered
stdbuf -i0 sh -c 'read a; cat' <<<$'1\n2'

section sleep
sleep 0.01 0.01
sleep 0.005s
sleep x
time=$(date +%s%N)
sleep 0.2
(($(date +%s%N) - time >= 200000000)) && echo 'slept enough'
sleep -1

section stty tty
stty </dev/null
echo $?
stty -F /dev/null
echo $?
tty
echo $?
tty </dev/null
tty -s
echo $?

section chroot chcon runcon
chroot / /bin/echo 'in a chroot'
chroot --userspec=7:8 --groups=9 / id
mkdir -p jail/bin
chroot jail /bin/true
echo $?
chroot nowhere
echo $?
chroot --skip-chdir / pwd
chcon x missing
chcon --reference=missing /work
runcon a:b:c:d true
echo $?

section 'limits of arguments'
env echo $(seq 20000) | wc -c
env true "$(head -c 200000 /dev/zero | tr '\0' x)" 2>&1 | sed 's/.*: //'
ls -d $(yes / | head -n 5000) | sort -u

section '--help and --version of all'
for tool in cat chgrp chown cut df install kill ls sort stat tail; do $tool --version | head -n 1; done
for tool in ls cp dd sort stat; do
  $tool --help | md5sum
  $tool --nonsense 2>&1 | head -n 1
done
echo full >/dev/full
/usr/bin/printf x >/dev/full
echo $?
cat lines </dev/null >&-
echo $?
