/** New tasks: clone(2), clone3(2), fork(2), vfork(2). */
import { E2BIG, EINVAL, EPERM, SysError } from '../abi/errno.js';
import * as sched from '../abi/sched.js';
import { SIGCHLD } from '../abi/signal.js';
import { cloneTask, type CloneOptions } from '../kernel/clone.js';
import { syscall, type Argument, type Result, type SyscallDeclaration } from '../kernel/syscall.js';
import type { Task } from '../kernel/task.js';
import { VforkWait } from '../kernel/vfork.js';
import { Wait } from '../kernel/wait.js';
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

function clone3(task: Task, address: number, sizeBytes: number): Result {
  if (task.wait !== undefined) return awaitVfork(task);
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
  return clone(task, {
    flags: field(0),
    stackPointer: stack + stackSize,
    parentTid: field(3),
    childTid: field(2),
    tls: view.getBigUint64(56, true),
    exitSignal,
  });
}

/** The child's id; of a vfork once the child has given back the memory it borrowed. */
function clone(task: Task, options: CloneOptions): Result {
  const child = cloneTask(task, options);
  if ((options.flags & sched.CLONE_VFORK) === 0) return child.tid;
  return new Wait({ on: [child.process], detail: new VforkWait(child.tid), uninterruptible: true });
}

function awaitVfork({ wait, kernel }: Task): Result {
  const { pid } = wait!.detail as VforkWait;
  return kernel.processes.get(pid)?.borrowsMemory === true ? wait! : pid;
}

const FORK: CloneOptions = {
  flags: 0,
  stackPointer: 0,
  parentTid: 0,
  childTid: 0,
  tls: 0n,
  exitSignal: SIGCHLD,
};
const MISSING = 'namespaces, CLONE_PIDFD, CLONE_INTO_CGROUP, set_tid';

export const cloneSyscalls: readonly SyscallDeclaration[] = [
  syscall(
    'clone',
    [cloneFlags, pointer, pointer, pointer, word],
    (task, cloneBits, stackPointer, parentTid, childTid, tls) => {
      if (task.wait !== undefined) return awaitVfork(task);
      const flags = (cloneBits & ~CSIGNAL) >>> 0;
      return clone(task, { flags, stackPointer, parentTid, childTid, tls, exitSignal: cloneBits & CSIGNAL });
    },
    { missing: MISSING },
  ),
  syscall('clone3', [cloneArguments, size], clone3, { missing: MISSING }),
  syscall('fork', [], (task) => clone(task, FORK)),
  syscall('vfork', [], (task) => {
    if (task.wait !== undefined) return awaitVfork(task);
    return clone(task, { ...FORK, flags: sched.CLONE_VM | sched.CLONE_VFORK });
  }),
];
