#!/bin/bash
# Small tools of util-linux, debianutils, procps, ncurses and less that scripts use.
export LC_ALL=C.UTF-8 TZ=UTC
cal 2 2024 2>/dev/null
column -t <<<$'a bb c\naaa b cc' 2>/dev/null
hexdump -C <<<hello 2>/dev/null
rev <<<hello
getopt -o ab: -l long,arg: -- -a --arg=x -b y rest
flock lock echo locked
flock -n lock sh -c 'flock -n lock true; echo $?'
(flock -w 1 9 && echo held) 9>lock
which sh
which -a awk
tempfile 2>/dev/null | wc -l
run-parts --test /etc/cron.daily | head -3
mountpoint -q /proc
echo $?
mountpoint -q /usr
echo $?
namei /usr/bin/awk | head -3
setsid -w sh -c 'exit 5'
echo $?
taskset -c 0 echo pinned
ionice -c 3 echo idle
chrt -o 0 echo other
prlimit --nofile=64 bash -c 'ulimit -n'
nsenter --version | cut -d' ' -f1
script --version | cut -d' ' -f1
whereis -b ls
look zz /dev/null
logger --version | cut -d' ' -f1
uuidgen 2>/dev/null | wc -c
ipcs -q | head -2 | tail -1
getconf PAGESIZE LONG_BIT
getconf -a | grep -c _POSIX
locale
locale -a | sort
iconv -f latin1 -t utf8 <<<$'\xe9'
iconv -l | wc -l
ldd /bin/true | sed 's/(0x.*//; s/=> .*//'
getent passwd root
getent hosts localhost
ps -o comm= -p $$
pgrep -c nosuchprocess
sleep 30 &
pkill -P $$ sleep
wait
echo "sleep $?"
free | awk 'NR == 1'
uptime | grep -c load
vmstat | wc -l
pidof nosuch
echo $?
pwdx $$ | sed 's/^[0-9]*//'
ps -e -o args | grep -c '^/bin/bash .*[t]ools.sh'
kill -0 $$
echo $?
pmap $$ | grep -c bash | grep -qv '^0' && echo mapped
sysctl -n kernel.ostype
top -b -n 1 | head -1 | cut -c1-3
watch --version | cut -d' ' -f1
skill -l | wc -l >/dev/null
slabtop --version | cut -c1-4
w -h | wc -l >/dev/null
tput -T xterm cols </dev/null
tput -T xterm bold | od -c | head -1
infocmp -1 xterm | grep -c =
toe -a 2>/dev/null | wc -l
less -F <<<'one page'
seq 3 | less | tail -1
more <<<more | cat
less --version | head -1
hostname | wc -l
printf 'a\nb\n' | vim.tiny -es -u NONE +'%s/a/x/' +'wq! edited' /dev/stdin 2>/dev/null
vi -es -u NONE -c '%s/root/ROOT/|1,1print|q!' /etc/group
ls /proc/self/task | wc -l
cat /proc/sys/kernel/ostype
readlink /proc/self/cwd
head -c 4 /proc/self/exe | od -c | head -1
wc -l </proc/self/status | grep -c .
cut -d' ' -f1 </proc/loadavg | grep -c '\.'
