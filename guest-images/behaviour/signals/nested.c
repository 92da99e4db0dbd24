// Handlers nest: signals raised inside handlers run at once, and everything unwinds in order.
#include "check.h"
#include <signal.h>

static int const chain[] = {SIGUSR1, SIGUSR2, SIGHUP, SIGTERM, SIGINT, SIGQUIT};
static volatile int depth;

static void handler(int signo) {
  printf("%*senter %d\n", depth * 2, "", signo);
  depth++;
  if (depth < 6) raise(chain[depth]);
  depth--;
  printf("%*sleave %d\n", depth * 2, "", signo);
}

int main(void) {
  struct sigaction action = {.sa_handler = handler};
  for (int i = 0; i < 6; i++) CHECK(sigaction(chain[i], &action, NULL) == 0);
  raise(chain[0]);
  finish();
}
