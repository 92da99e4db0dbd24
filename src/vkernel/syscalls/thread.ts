/** Threads: clone(2), exit(2), set_tid_address(2), sched_yield(2), get_robust_list(2). */
import { EINTR, EINVAL, EPERM, ESRCH, E2BIG, SysError } from '../abi/errno.js';
import * as sched from '../abi/sched.js';
import { cloneTask } from '../kernel/clone.js';
import { exitGroup, exitTask } from '../kernel/exit.js';
import { ROBUST_LIST_HEAD_BYTES } from '../kernel/robust-list.js';
import { syscall, type Argument, type SyscallDeclaration } from '../kernel/syscall.js';
import type { Task } from '../kernel/task.js';
import { Wait } from '../kernel/wait.js';
import { SYSCALL_NUMBERS } from '../abi/syscall-numbers.js';
import { PAGE_BYTES } from '../mm/frames.js';
import { flagsText, select } from '../strace/names.js';
import { hexAddress, hexNumber } from '../strace/quote.js';
import { signalName } from '../strace/signals.js';
import { int, pointer, size, word } from './arguments.js';
import { structure } from './structures.js';

const cloneNames = select(sched, 'CLONE_');
const CSIGNAL = 0xff;
/** struct clone_args of clone3(2): its first version, and the size this kernel knows. */
const CLONE_ARGS_SIZE_VER0 = 64;

const cloneFlags: Argument<number> = {
  ...int,
  /** The low byte is the signal that the parent gets when the child ends. */
  show: (raw) => {
    const signo = Number(raw) & CSIGNAL;
    const bits = flagsText(cloneNames, Number(raw & 0xffff_ff00n), '');
    return [bits, signo === 0 ? '' : signalName(signo)].filter((text) => text !== '').join('|') || '0';
  },
};
/** struct clone_args. */
const cloneArguments = structure(CLONE_ARGS_SIZE_VER0, (v) => {
  const field = (index: number): bigint => v.getBigUint64(index * 8, true);
  const bits = field(0);
  const parts = [`flags=${flagsText(cloneNames, Number(bits & 0xffff_ffffn))}`];
  if (bits & BigInt(sched.CLONE_CHILD_SETTID | sched.CLONE_CHILD_CLEARTID))
    parts.push(`child_tid=${hexAddress(field(2))}`);
  if (bits & BigInt(sched.CLONE_PARENT_SETTID)) parts.push(`parent_tid=${hexAddress(field(3))}`);
  const signo = Number(field(4));
  parts.push(`exit_signal=${signo === 0 ? '0' : signalName(signo)}`);
  parts.push(`stack=${hexAddress(field(5))}`, `stack_size=${hexNumber(field(6))}`);
  if (bits & BigInt(sched.CLONE_SETTLS)) parts.push(`tls=${hexAddress(field(7))}`);
  return `{${parts.join(', ')}}`;
});

const CLONE_ARGS_SIZE = 88;
const SIGNALS = 64;

function clone3(task: Task, address: number, sizeBytes: number): number {
  if (sizeBytes < CLONE_ARGS_SIZE_VER0) throw new SysError(EINVAL);
  if (sizeBytes > PAGE_BYTES) throw new SysError(E2BIG);
  const bytes = task.memory.copyIn(address, sizeBytes);
  if (bytes.subarray(CLONE_ARGS_SIZE).some((byte) => byte !== 0)) throw new SysError(E2BIG);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const field = (index: number): number =>
    index * 8 + 8 <= sizeBytes ? Number(view.getBigUint64(index * 8, true)) : 0;
  const exitSignal = field(4);
  const stack = field(5);
  const stackSize = field(6);
  const setTid = field(8);
  const setTidSize = field(9);
  if ((field(0) & CSIGNAL) !== 0 || (field(0) & sched.CLONE_DETACHED) !== 0) throw new SysError(EINVAL);
  if (exitSignal > SIGNALS || (stack === 0) !== (stackSize === 0)) throw new SysError(EINVAL);
  if ((setTid === 0) !== (setTidSize === 0)) throw new SysError(EINVAL);
  if ((field(0) & sched.CLONE_THREAD) !== 0 && exitSignal !== 0) throw new SysError(EINVAL);
  if (setTidSize !== 0) throw new SysError(EPERM);
  return cloneTask(task, {
    flags: field(0),
    stackPointer: stack + stackSize,
    parentTid: field(3),
    childTid: field(2),
    tls: view.getBigUint64(56, true),
    exitSignal,
  });
}

/** The thread `tid` names for the calls that take 0 as "myself". @throws SysError ESRCH */
function taskById(task: Task, tid: number): Task {
  const found = tid === 0 ? task : task.kernel.tasks.get(tid);
  if (found === undefined) throw new SysError(ESRCH);
  return found;
}

export const threadSyscalls: readonly SyscallDeclaration[] = [
  syscall(
    'clone',
    [cloneFlags, pointer, pointer, pointer, word],
    (task, cloneBits, stackPointer, parentTid, childTid, tls) =>
      cloneTask(task, {
        flags: (cloneBits & ~CSIGNAL) >>> 0,
        stackPointer,
        parentTid,
        childTid,
        tls,
        exitSignal: cloneBits & CSIGNAL,
      }),
    { missing: 'threads only: without CLONE_THREAD it is ENOSYS' },
  ),
  syscall('clone3', [cloneArguments, size], clone3, {
    missing: 'threads only: without CLONE_THREAD it is ENOSYS; no set_tid',
  }),
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
