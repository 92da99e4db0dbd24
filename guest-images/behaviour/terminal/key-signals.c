// Keys that make signals, and what they throw away (ISIG and NOFLSH of termios(3)).
// builds: glibc
#include "pty.h"

static volatile sig_atomic_t caught;
static void on_signal(int signo) { caught = signo; }

static void report_signals(void) {
  struct sigaction action = {.sa_handler = on_signal};
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  for (int signo = 1; signo < 32; signo++) sigaction(signo, &action, NULL);
  CHECK(sigprocmask(SIG_BLOCK, &all, NULL) == 0);
  puts("ready");
  for (;;) {
    caught = 0;
    sigsuspend(&none);
    if (caught == SIGTERM) return;
    dprintf(slave, "<%d>", caught);
  }
}

static void key(const char *what, const char *keys) {
  printf("%s\n", what);
  type(keys);
  show("screen", master);
}

int main(void) {
  open_pty();
  pid_t child = in_session(report_signals);
  soon();
  key("interrupt", "\003");
  key("quit", "\034");
  key("suspend", "\032");
  key("not in the session", "\024");
  key("typed before it", "abc\003def\n");
  show_read(slave, 100);
  local(NOFLSH, 0);
  key("NOFLSH", "abc\003def\n");
  show_read(slave, 100);
  local(0, NOFLSH | ISIG);
  key("no ISIG", "\003\n");
  show_read(slave, 100);
  local(ISIG, ECHO);
  key("no ECHO", "\003");
  local(ECHO, ICANON);
  key("raw", "x\003y");
  show("input", slave);
  struct termios t = modes();
  t.c_cc[VINTR] = 'k';
  t.c_cc[VQUIT] = _POSIX_VDISABLE;
  set_modes(t);
  key("another key", "\003k\034");
  show("input", slave);
  CHECK(kill(child, SIGTERM) == 0);
  await("child", child, 0);
  finish();
}
