// Output processing: c_oflag (termios(3)).
// builds: glibc
#include "pty.h"

static void with(const char *what, tcflag_t set, tcflag_t clear, const char *text) {
  struct termios before = modes();
  output(set, clear);
  CHECK(write(slave, text, strlen(text)) == (ssize_t)strlen(text));
  show(what, master);
  set_modes(before);
  CHECK(write(slave, "\r", 1) == 1);
  show("", master);
}

int main(void) {
  open_pty();
  const char *text = "ab\tc\n\rd\r\ne\b\tf\001g\303\244\th\n";
  with("as it is", 0, 0, text);
  with("no OPOST", 0, OPOST, text);
  with("no ONLCR", 0, ONLCR, text);
  with("OCRNL", OCRNL, 0, text);
  with("OCRNL, no ONLCR", OCRNL, ONLCR, text);
  with("ONOCR", ONOCR, 0, "\ra\r\rb\n\rc\n");
  with("ONOCR, ONLRET", ONOCR | ONLRET, ONLCR, "a\n\rb\r");
  with("OLCUC", OLCUC, 0, "aB\344\n");
  with("tabs", XTABS, 0, text);
  with("tabs, no ONLCR", XTABS, ONLCR, "ab\n\tc\b\b\b\td");
  input(IUTF8, 0);
  with("tabs in UTF-8", XTABS, 0, "\303\244\303\266\t\342\202\254\td\n");
  // More than fits at once: nothing is lost on the way.
  static char page[20000];
  for (size_t i = 0; i < sizeof page; i++) page[i] = i % 50 == 49 ? '\n' : i % 50 == 20 ? '\t' : 'a' + i % 26;
  output(XTABS, 0);
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    exit(write(slave, page, sizeof page) == sizeof page ? 0 : 1);
  }
  size_t total = 0;
  unsigned sum = 0;
  char bytes[8192];
  struct pollfd p = {.fd = master, .events = POLLIN};
  while (poll(&p, 1, total < 21600 ? LATEST_MS : 0) > 0) {
    ssize_t got = read(master, bytes, sizeof bytes);
    CHECK(got > 0);
    for (ssize_t i = 0; i < got; i++) sum = sum * 31 + (unsigned char)bytes[i];
    total += got;
    if (total >= 21600) soon();
  }
  printf("%zu bytes, %x\n", total, sum);
  await("writer", child, 0);
  finish();
}
