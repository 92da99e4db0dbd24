#include "abort-guard.h"

#include <csetjmp>
#include <csignal>
#include <mutex>

namespace {

// Where this thread returns to; null while it is not inside of an engine.
thread_local sigjmp_buf* return_point = nullptr;
struct sigaction previous_action;

// abort() allows a handler to leave by a jump. Any other SIGABRT goes where it would have gone.
void OnAbort(int) {
  if (return_point) siglongjmp(*return_point, 1);
  sigaction(SIGABRT, &previous_action, nullptr);
  raise(SIGABRT);
}

void Install() {
  struct sigaction action {};
  action.sa_handler = OnAbort;
  action.sa_flags = SA_NODEFER;
  sigaction(SIGABRT, &action, &previous_action);
}

}  // namespace

uc_err StartGuarded(uc_engine* uc, uint64_t address, bool* aborted) {
  static std::once_flag installed;
  std::call_once(installed, Install);
  sigjmp_buf here;
  // Asked for once: in a library each look at a thread's variable is a call.
  sigjmp_buf** const place = &return_point;
  if (sigsetjmp(here, 0) != 0) {
    *place = nullptr;
    *aborted = true;
    return UC_ERR_OK;
  }
  *aborted = false;
  *place = &here;
  const uc_err error = uc_emu_start(uc, address, 0, 0, 0);
  *place = nullptr;
  return error;
}
