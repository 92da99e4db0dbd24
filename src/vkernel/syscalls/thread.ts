/** Threads: exit(2), set_tid_address(2), sched_yield(2), get_robust_list(2). */
import { EINTR, EINVAL, ESRCH, SysError } from '../abi/errno.js';
import { exitGroup, exitTask } from '../kernel/exit.js';
import { ROBUST_LIST_HEAD_BYTES } from '../kernel/robust-list.js';
import { syscall, type SyscallDeclaration } from '../kernel/syscall.js';
import type { Task } from '../kernel/task.js';
import { Wait } from '../kernel/wait.js';
import { SYSCALL_NUMBERS } from '../abi/syscall-numbers.js';
import { int, pointer, size } from './arguments.js';

/** The thread `tid` names for the calls that take 0 as "myself". @throws SysError ESRCH */
function taskById(task: Task, tid: number): Task {
  const found = tid === 0 ? task : task.kernel.tasks.get(tid);
  if (found === undefined) throw new SysError(ESRCH);
  return found;
}

export const threadSyscalls: readonly SyscallDeclaration[] = [
  syscall('exit', [int], (task, code) => {
    exitTask(task, code);
    return 0;
  }),
  syscall('exit_group', [int], (task, code) => {
    exitGroup(task.process, { code: code & 0xff, signal: 0, coreDumped: false });
    return 0;
  }),
  syscall('set_tid_address', [pointer], (task, address) => {
    task.clearTidAddress = address;
    return task.tid;
  }),
  syscall('sched_yield', [], (task) => {
    task.kernel.scheduler.yield();
    return 0;
  }),
  syscall('set_robust_list', [pointer, size], (task, head, length) => {
    if (length !== ROBUST_LIST_HEAD_BYTES) throw new SysError(EINVAL);
    task.robustListHead = head;
    return 0;
  }),
  syscall('get_robust_list', [int, pointer, pointer], (task, tid, headAddress, lengthAddress) => {
    const { robustListHead } = taskById(task, tid);
    task.memory.writeNumber64(lengthAddress, ROBUST_LIST_HEAD_BYTES);
    task.memory.writeNumber64(headAddress, robustListHead);
    return 0;
  }),
  syscall('restart_syscall', [], (task) => {
    const { restart } = task;
    const declaration = restart && task.kernel.table[restart.number];
    if (
      restart === undefined ||
      declaration === undefined ||
      restart.number === SYSCALL_NUMBERS.restart_syscall
    ) {
      return -EINTR;
    }
    if (task.wait === undefined) {
      restart.wait.interrupted = false;
      task.kernel.scheduler.park(task, restart.wait);
    }
    const result = declaration.run(task);
    if (!(result instanceof Wait)) task.restart = undefined;
    return result;
  }),
];
