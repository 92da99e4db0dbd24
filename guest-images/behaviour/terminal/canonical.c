// Canonical mode: lines, and the keys that edit them (termios(3)).
#include "pty.h"

static void line(const char *keys) {
  type(keys);
  show("echo", master);
  show_read(slave, 8192);
}

int main(void) {
  open_pty();
  struct termios t = modes();
  printf("%x %x %x %x\n", t.c_iflag, t.c_oflag, t.c_cflag, t.c_lflag);
  for (int i = 0; i < 17; i++) printf("%d ", t.c_cc[i]);
  puts("");
  input(IUTF8, 0);
  puts("lines");
  line("one\n");
  type("two\nthree\n");
  show_read(slave, 100);
  show_read(slave, 2);
  show_read(slave, 3);
  show_read(slave, 100);
  show("echo", master);
  puts("characters");
  line("ab\177c\n");
  line("\177x\177\177\177y\n");
  line("a\tb\177\177c\n");
  line("\ta\t\177\177\177z\n");
  line("ab\001\177c\n");
  line("gr\303\274n\177\177\177u\n");
  line("\342\202\254\177e\n");
  line("\303\177\274\177x\n");
  puts("words");
  line("one two_2  three!  \027x\n");
  line("one two\027\027\027\027y\n");
  line("\303\244\303\266 \303\274\027z\n");
  puts("the line");
  line("wrong\025right\n");
  line("\025ok\n");
  line("a\t\001b\025c\n");
  puts("literal");
  line("\026\003\026\177\026\026a\n");
  line("\026\nb\n");
  line("a\026\t\177\n");
  puts("reprint");
  line("abc\022d\n");
  puts("end of file");
  line("\004");
  line("abc\004");
  line("\n\004");
  show_read(slave, 10);
  type("xyz\004");
  show_read(slave, 3);
  show_read(slave, 3);
  type("xyz\004");
  show_read(slave, 2);
  show_read(slave, 2);
  show_read(slave, 2);
  puts("other ends");
  t = modes();
  t.c_cc[VEOL] = '!';
  t.c_cc[VEOL2] = '?';
  set_modes(t);
  line("one!two?three\n");
  show_read(slave, 100);
  show_read(slave, 100);
  t.c_cc[VEOL] = t.c_cc[VEOL2] = t.c_cc[VERASE] = _POSIX_VDISABLE;
  set_modes(t);
  line("a\177b!\n");
  int count = -1;
  type("12345\n67\004tail");
  soon();
  CHECK(ioctl(slave, FIONREAD, &count) == 0);
  printf("%d bytes\n", count);
  puts("no line is longer");
  local(0, ECHO);
  CHECK(tcflush(slave, TCIOFLUSH) == 0);
  char keys[5000], bytes[8192];
  memset(keys, 'a', sizeof keys);
  for (int i = 0; i < 5000; i++) keys[i] = 'a' + i % 26;
  keys[4999] = '\n';
  CHECK(write(master, keys, sizeof keys) == sizeof keys);
  soon();
  ssize_t got = read(slave, bytes, sizeof bytes);
  printf("%zd bytes, the last %d %d\n", got, bytes[got - 2], bytes[got - 1]);
  finish();
}
