/** kcmp(2): whether two tasks share a kernel object. */
import { EINVAL, EPERM, ESRCH, SysError, EBADF } from '../abi/errno.js';
import { mayLookInto } from '../kernel/process-access.js';
import { syscall, type SyscallDeclaration } from '../kernel/syscall.js';
import type { Task } from '../kernel/task.js';
import { int, oneOf, size } from './arguments.js';

const KINDS = {
  KCMP_FILE: 0,
  KCMP_VM: 1,
  KCMP_FILES: 2,
  KCMP_FS: 3,
  KCMP_SIGHAND: 4,
  KCMP_IO: 5,
  KCMP_SYSVSEM: 6,
};

type Objects = (task: Task) => readonly object[];

/** Where objects of each kind are found in a task. */
const OBJECTS = new Map<number, Objects>([
  [KINDS.KCMP_FILE, (task) => task.files.files.filter((file) => file !== undefined)],
  [KINDS.KCMP_VM, (task) => [task.mm]],
  [KINDS.KCMP_FILES, (task) => [task.files]],
  [KINDS.KCMP_FS, (task) => [task.fs]],
  [KINDS.KCMP_SIGHAND, (task) => [task.process.actions]],
  // Nobody has an I/O context: as on Linux, two that have none are equal.
  [KINDS.KCMP_IO, (task) => [task.kernel]],
  [KINDS.KCMP_SYSVSEM, (task) => [task.semaphoreUndo ?? task.kernel]],
]);

/** Any order will do, if it is the same each time: that in which the objects are met, task by task. */
function order(task: Task, objects: Objects, one: object, other: object): number {
  if (one === other) return 0;
  for (const candidate of task.kernel.tasks.values()) {
    for (const object of objects(candidate)) {
      if (object === one) return 1;
      if (object === other) return 2;
    }
  }
  return 3;
}

function kcmp(task: Task, pid1: number, pid2: number, kind: number, index1: number, index2: number): number {
  const [one, other] = [task.kernel.tasks.get(pid1), task.kernel.tasks.get(pid2)];
  if (one === undefined || other === undefined) throw new SysError(ESRCH);
  for (const { process } of [one, other]) if (!mayLookInto(task.process, process)) throw new SysError(EPERM);
  const objects = OBJECTS.get(kind);
  if (objects === undefined) throw new SysError(EINVAL);
  if (kind !== KINDS.KCMP_FILE) return order(task, objects, objects(one)[0]!, objects(other)[0]!);
  const [file1, file2] = [one.files.files[index1], other.files.files[index2]];
  if (file1 === undefined || file2 === undefined) throw new SysError(EBADF);
  return order(task, objects, file1, file2);
}

export const kcmpSyscalls: readonly SyscallDeclaration[] = [
  syscall('kcmp', [int, int, oneOf(KINDS, 'KCMP'), size, size], kcmp, { missing: 'KCMP_EPOLL_TFD' }),
];
