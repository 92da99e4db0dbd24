// System V shared memory: one memory for all who attach it, through fork and detach; removal waits for the last; errors and fields.
#include "check.h"
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/wait.h>

static struct shmid_ds status_of(int id) {
  struct shmid_ds status;
  CHECK(shmctl(id, IPC_STAT, &status) == 0);
  return status;
}

int main(void) {
  key_t key = 0x56000000 | getpid();
  CHECK_ERRNO(shmget(key, 4096, 0600), ENOENT);
  int id = shmget(key, 10000, IPC_CREAT | IPC_EXCL | 0640);
  CHECK(id >= 0 && shmget(key, 0, 0) == id && shmget(key, 10000, IPC_CREAT) == id);
  CHECK_ERRNO(shmget(key, 10000, IPC_CREAT | IPC_EXCL), EEXIST);
  CHECK_ERRNO(shmget(key, 10001, 0), EINVAL);
  CHECK_ERRNO(shmget(IPC_PRIVATE, 0, 0600), EINVAL);
  struct shmid_ds status = status_of(id);
  CHECK(status.shm_segsz == 10000 && status.shm_nattch == 0 && status.shm_cpid == getpid() && status.shm_lpid == 0);
  CHECK(status.shm_atime == 0 && status.shm_dtime == 0 && status.shm_ctime != 0);
  CHECK(status.shm_perm.__key == key && status.shm_perm.uid == geteuid() && (status.shm_perm.mode & 0777) == 0640);
  puts("made");

  CHECK_ERRNO((long)shmat(id, (void *)0x10001, 0), EINVAL);
  CHECK_ERRNO((long)shmat(id, NULL, SHM_REMAP), EINVAL);
  CHECK_ERRNO((long)shmat(id + 12345 * 32768, NULL, 0), EINVAL);
  char *one = shmat(id, NULL, 0);
  CHECK(one != (void *)-1);
  CHECK_ERRNO((long)shmat(id, one, 0), EINVAL);
  strcpy(one + 9000, "here");
  char *two = shmat(id, NULL, SHM_RDONLY);
  CHECK(two != (void *)-1 && two != one && strcmp(two + 9000, "here") == 0 && two[0] == 0);
  CHECK_ERRNO(mprotect(two, 4096, PROT_READ | PROT_WRITE), EACCES);
  status = status_of(id);
  CHECK(status.shm_nattch == 2 && status.shm_lpid == getpid() && status.shm_atime != 0);
  pid_t child = fork();
  if (child == 0) {
    CHECK(status_of(id).shm_nattch == 4);
    one[0] = 'c';
    CHECK(shmdt(two) == 0 && status_of(id).shm_nattch == 3);
    _exit(0);
  }
  int ended;
  CHECK(waitpid(child, &ended, 0) == child && ended == 0);
  CHECK(one[0] == 'c' && two[0] == 'c' && status_of(id).shm_nattch == 2);
  CHECK_ERRNO(shmdt(one + 4096), EINVAL);
  CHECK_ERRNO(shmdt(one + 1), EINVAL);
  CHECK(shmdt(two) == 0 && status_of(id).shm_nattch == 1 && status_of(id).shm_dtime != 0);
  CHECK_ERRNO(shmdt(two), EINVAL);
  puts("attached");

  // In the place of another mapping, and only a part of it taken away.
  char *place = mmap(NULL, 16384, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(shmat(id, place + 5, SHM_RND | SHM_REMAP) == place && place[0] == 'c');
  CHECK(munmap(place + 4096, 4096) == 0 && status_of(id).shm_nattch == 3);
  CHECK(strcmp(place + 9000, "here") == 0 && shmdt(place) == 0 && status_of(id).shm_nattch == 1);

  status = status_of(id);
  status.shm_perm.mode = 0600;
  CHECK(shmctl(id, IPC_SET, &status) == 0 && (status_of(id).shm_perm.mode & 0777) == 0600);
  child = fork();
  if (child == 0) {
    CHECK(setgid(1000) == 0 && setuid(1000) == 0);
    CHECK_ERRNO((long)shmat(id, NULL, 0), EACCES);
    CHECK_ERRNO(shmctl(id, IPC_STAT, &status), EACCES);
    CHECK_ERRNO(shmctl(id, IPC_RMID, NULL), EPERM);
    CHECK_ERRNO(shmget(key, 0, 0400), EACCES);
    CHECK(shmget(key, 0, 0) == id);
    _exit(0);
  }
  CHECK(waitpid(child, &ended, 0) == child && ended == 0);
  puts("permitted");

  CHECK(shmctl(id, IPC_RMID, NULL) == 0);
  CHECK_ERRNO(shmget(key, 0, 0), ENOENT);
  status = status_of(id);
  CHECK((status.shm_perm.mode & SHM_DEST) != 0 && status.shm_perm.__key == 0 && status.shm_nattch == 1);
  two = shmat(id, NULL, 0);
  CHECK(two[0] == 'c' && shmdt(one) == 0 && strcmp(two + 9000, "here") == 0 && shmdt(two) == 0);
  CHECK_ERRNO(shmctl(id, IPC_STAT, &status), EINVAL);
  struct shminfo limits;
  CHECK(shmctl(0, IPC_INFO, (void *)&limits) >= 0 && limits.shmmin == 1 && limits.shmmni == 4096);
  finish();
}
