// The raw robust list: at a thread's end its words get FUTEX_OWNER_DIED, and one waiter is woken.
#include "futex.h"

static struct {
  struct robust_list list;
  uint32_t word;
} lock;
static struct robust_list_head head;

static void *owner(void *argument) {
  head.list.next = &lock.list;
  lock.list.next = &head.list;
  head.futex_offset = (long)((char *)&lock.word - (char *)&lock.list);
  head.list_op_pending = NULL;
  CHECK_ERRNO(syscall(SYS_set_robust_list, &head, sizeof head - 1), EINVAL);
  CHECK(syscall(SYS_set_robust_list, &head, sizeof head) == 0);
  struct robust_list_head *back;
  size_t size;
  CHECK(syscall(SYS_get_robust_list, 0, &back, &size) == 0 && back == &head && size == sizeof head);
  lock.word = (uint32_t)syscall(SYS_gettid) | FUTEX_WAITERS;
  return NULL;
}

int main(void) {
  pthread_t thread;
  CHECK_ZERO(pthread_create(&thread, NULL, owner, NULL));
  CHECK_ZERO(pthread_join(thread, NULL));
  while ((__atomic_load_n(&lock.word, __ATOMIC_SEQ_CST) & FUTEX_OWNER_DIED) == 0) sched_yield();
  CHECK((lock.word & FUTEX_TID_MASK) == 0);
  puts("the owner died and left its mark");
  finish();
}
