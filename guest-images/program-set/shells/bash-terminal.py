#!/usr/bin/python3
# A job-control session of bash at a terminal: what a person types there, and what the terminal shows.
# freezes: 4
import os, pty, re, sys, time

pid, master = pty.fork()
if pid == 0:
    os.environ.update(PS1="ready> ", TERM="dumb", HISTFILE="", LC_ALL="C")
    os.execv("/bin/bash", ["bash", "--norc", "--noprofile", "--noediting", "-i"])

screen = ""


def until(pattern):
    """Reads until the terminal shows it; prints what is shown up to there."""
    global screen
    while not (found := re.search(pattern, screen)):
        screen += os.read(master, 4096).decode().replace("\r", "")
    shown, screen = screen[: found.end()], screen[found.end() :]
    sys.stdout.write(re.sub(r"\[1\] \d+\n", "[1] PID\n", shown))
    sys.stdout.flush()


def type_keys(keys, pattern="ready> "):
    os.write(master, keys.encode())
    until(pattern)


def until_foreground_is_a_job():
    while os.tcgetpgrp(master) == pid:
        time.sleep(0.01)


until("ready> ")
type_keys("tty | sed s/[0-9]/N/; echo $((6 * 7))\n")
type_keys("sleep 100 &\n")
type_keys("jobs\n")
type_keys("fg\n", "sleep 100\n")
until_foreground_is_a_job()
type_keys("\x1a")
type_keys("jobs; bg\n")
type_keys("kill %1; wait %1; echo status $?\n")
type_keys("echo waiting; cat\n", "waiting\n")
type_keys("a line\n", "a line\na line\n")
type_keys("\x03")
type_keys("echo status $?\n")
type_keys("cat >/tmp/typed\n", "typed\n")
type_keys("first\nsecond\n\x04")
type_keys("wc -l </tmp/typed; stty -echo\n")
type_keys("echo unseen\n")
type_keys("stty echo; (sleep 0.1; echo later) & wait; echo done\n", "done\n(?s:.*)ready> ")
type_keys("exit 7\n", "exit\n")
print("exit status", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
