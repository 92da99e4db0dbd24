// Input processing: c_iflag (termios(3)).
// builds: glibc
#include "pty.h"

static void with(const char *what, tcflag_t set, tcflag_t clear, const char *keys) {
  struct termios before = modes();
  input(set, clear);
  type(keys);
  show("echo", master);
  show(what, slave);
  set_modes(before);
}

int main(void) {
  open_pty();
  for (int canonical = 1; canonical >= 0; canonical--) {
    puts(canonical ? "canonical" : "raw");
    if (!canonical) local(0, ICANON);
    with("as it is", 0, 0, "a\rb\n");
    with("no ICRNL", 0, ICRNL, "a\rb\n");
    with("IGNCR", IGNCR, 0, "a\rb\n");
    with("INLCR", INLCR, 0, "a\rb\nc\r");
    with("INLCR, no ICRNL", INLCR, ICRNL, "a\rb\nc\004");
    with("ISTRIP", ISTRIP, 0, "\341\342\203\n");
    with("IUCLC", IUCLC, 0, "Ab\304\n");
    local(0, IEXTEN);
    with("IUCLC, no IEXTEN", IUCLC, 0, "Ab\n");
    local(IEXTEN, 0);
  }
  finish();
}
