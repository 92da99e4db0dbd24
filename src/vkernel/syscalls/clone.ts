/** New tasks: clone(2), clone3(2), fork(2), vfork(2). */
import { E2BIG, EINVAL, EPERM, SysError } from '../abi/errno.js';
import * as sched from '../abi/sched.js';
import { SIGCHLD } from '../abi/signal.js';
import { cloneTask, NAMESPACES, type CloneOptions } from '../kernel/clone.js';
import { releaseSemaphores } from '../kernel/exit.js';
import { syscall, type Argument, type Result, type SyscallDeclaration } from '../kernel/syscall.js';
import type { Task } from '../kernel/task.js';
import { VforkWait } from '../kernel/vfork.js';
import { Wait } from '../kernel/wait.js';
import { PAGE_BYTES } from '../mm/frames.js';
import { flagsText, select, whenShown } from '../strace/names.js';
import { hexAddress, hexNumber } from '../strace/quote.js';
import { signalName } from '../strace/signals.js';
import { int, pointer, size, word } from './arguments.js';
import { descriptorLimit } from './file-lookup.js';
import { installPidFile } from './pidfd.js';
import { structure } from './structures.js';

const cloneNames = whenShown(() => select(sched, 'CLONE_'));
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
  const options = {
    flags: field(0),
    stackPointer: stack + stackSize,
    parentTid: field(3),
    childTid: field(2),
    tls: view.getBigUint64(56, true),
    exitSignal,
  };
  return clone(task, options, field(1));
}

/** The child's id; of a vfork once the child has given back the memory it borrowed. */
function clone(task: Task, options: CloneOptions, pidFileAddress = 0): Result {
  const wantsPidFile = (options.flags & sched.CLONE_PIDFD) !== 0;
  if (wantsPidFile) {
    task.files.checkRoom(descriptorLimit(task));
    task.memory.writeU32(pidFileAddress, 0); // EFAULT, while there is no child yet
  }
  const child = cloneTask(task, options);
  if (wantsPidFile) task.memory.writeU32(pidFileAddress, installPidFile(task, child.process));
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
const MISSING = 'namespaces, CLONE_INTO_CGROUP, set_tid';

const UNSHARED =
  sched.CLONE_FS |
  sched.CLONE_FILES |
  sched.CLONE_SYSVSEM |
  sched.CLONE_VM |
  sched.CLONE_SIGHAND |
  sched.CLONE_THREAD;

/** unshare(2): from now on the task has its own copy of what it shared. */
function unshare(task: Task, wanted: number): number {
  const has = (bit: number): boolean => (wanted & bit) !== 0;
  if ((wanted & NAMESPACES) !== 0) {
    task.kernel.logOnce('unshare: namespaces are not supported: EPERM');
    throw new SysError(EPERM);
  }
  if ((wanted & ~UNSHARED) !== 0) throw new SysError(EINVAL);
  // What makes it a thread of its process cannot be given up; a process of one thread shares none of that.
  const isAlone =
    task.process.tasks.size === 1 &&
    ![...task.kernel.tasks.values()].some((other) => other !== task && other.mm === task.mm);
  if (has(sched.CLONE_VM | sched.CLONE_SIGHAND | sched.CLONE_THREAD) && !isAlone) throw new SysError(EINVAL);
  if (has(sched.CLONE_SYSVSEM)) releaseSemaphores(task);
  if (has(sched.CLONE_FS)) task.fs = task.fs.copy();
  if (has(sched.CLONE_FILES) && task.files.references > 1) {
    const own = task.files.copy();
    task.files.release();
    task.files = own;
  }
  return 0;
}

export const cloneSyscalls: readonly SyscallDeclaration[] = [
  syscall(
    'clone',
    [cloneFlags, pointer, pointer, pointer, word],
    (task, cloneBits, stackPointer, parentTid, childTid, tls) => {
      if (task.wait !== undefined) return awaitVfork(task);
      const flags = (cloneBits & ~CSIGNAL) >>> 0;
      // The one address serves both: so a call cannot ask for both (clone(2), CLONE_PIDFD).
      const both = sched.CLONE_PIDFD | sched.CLONE_PARENT_SETTID;
      if ((flags & both) === both) throw new SysError(EINVAL);
      const options = { flags, stackPointer, parentTid, childTid, tls, exitSignal: cloneBits & CSIGNAL };
      return clone(task, options, parentTid);
    },
    { missing: MISSING },
  ),
  syscall('clone3', [cloneArguments, size], clone3, { missing: MISSING }),
  syscall('unshare', [cloneFlags], unshare, { missing: 'namespaces are EPERM' }),
  syscall('fork', [], (task) => clone(task, FORK)),
  syscall('vfork', [], (task) => {
    if (task.wait !== undefined) return awaitVfork(task);
    return clone(task, { ...FORK, flags: sched.CLONE_VM | sched.CLONE_VFORK });
  }),
];
