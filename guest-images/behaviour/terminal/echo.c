// What a terminal shows of keys: ECHO and its relatives (termios(3)).
// builds: glibc
#include "pty.h"

static void with(const char *what, tcflag_t set, tcflag_t clear, const char *keys) {
  struct termios before = modes();
  local(set, clear);
  type(keys);
  show(what, master);
  show_read(slave, 100);
  set_modes(before);
}

int main(void) {
  open_pty();
  with("all", 0, 0, "ab\001c\177\177d\n");
  with("no ECHO", 0, ECHO, "ab\177c\025d\n");
  with("ECHONL alone", ECHONL, ECHO, "abc\n");
  with("no ECHOCTL", 0, ECHOCTL, "a\001\003b\177\177c\026\001\n");
  with("no ECHOE", 0, ECHOE, "abc\177\177\177d\n");
  with("no ECHOE, word", 0, ECHOE, "ab cd\027e\n");
  with("no ECHOKE", 0, ECHOKE, "abc\025d\n");
  with("no ECHOK", 0, ECHOK, "abc\025d\n");
  with("no ECHOK, no ECHOKE", 0, ECHOK | ECHOKE, "abc\025d\n");
  with("ECHOPRT", ECHOPRT, 0, "abcd\177\177e\n");
  with("ECHOPRT to the start", ECHOPRT, 0, "ab\177\177c\n");
  with("ECHOPRT and kill", ECHOPRT, 0, "ab\025c\177\n");
  with("no IEXTEN", 0, IEXTEN, "ab cd\027\026\022e\n");
  with("no ICANON", 0, ICANON | ISIG, "ab\177\003\n\r\025\tc");
  with("no ICANON, no ECHOCTL", 0, ICANON | ISIG | ECHOCTL, "a\003\n\r\tc");
  // The column counts what the program has written.
  CHECK(write(slave, "$ ", 2) == 2);
  with("after a prompt", 0, 0, "ab\tc\177\177\177d\n");
  CHECK(write(slave, "\302\265: ", 4) == 4);
  input(IUTF8, 0);
  with("after a prompt in UTF-8", 0, 0, "\303\244\tc\177\177\177d\n");
  output(0, OPOST);
  with("no OPOST", 0, 0, "ab\n");
  finish();
}
