/** New threads (clone(2), clone3(2)). */
import { EAGAIN, EINVAL, ENOSYS, SysError } from '../abi/errno.js';
import {
  CLONE_CHILD_CLEARTID,
  CLONE_CHILD_SETTID,
  CLONE_DETACHED,
  CLONE_FILES,
  CLONE_FS,
  CLONE_IO,
  CLONE_PARENT_SETTID,
  CLONE_SETTLS,
  CLONE_SIGHAND,
  CLONE_SYSVSEM,
  CLONE_THREAD,
  CLONE_VM,
} from '../abi/sched.js';
import { FS_BASE, RAX, RSP } from '../arch/registers.js';
import { Task } from './task.js';

export interface CloneOptions {
  /** CLONE_* bits; above 2^31 for clone3's own. */
  readonly flags: number;
  /** The child's stack pointer; 0: the parent's. */
  readonly stackPointer: number;
  readonly parentTid: number;
  readonly childTid: number;
  readonly tls: bigint;
  /** The signal the parent gets when the child ends: none for a thread. */
  readonly exitSignal: number;
}

const THREAD_FLAGS = CLONE_VM | CLONE_SIGHAND | CLONE_THREAD;
const KNOWN_FLAGS =
  THREAD_FLAGS |
  CLONE_FS |
  CLONE_FILES |
  CLONE_SYSVSEM |
  CLONE_SETTLS |
  CLONE_PARENT_SETTID |
  CLONE_CHILD_SETTID |
  CLONE_CHILD_CLEARTID |
  CLONE_DETACHED |
  CLONE_IO;

/**
 * Makes a thread that runs on behind the parent's system call, with 0 as its result.
 * @returns the new thread's id
 * @throws SysError EINVAL for combinations Linux refuses, EAGAIN at the limit of tasks, ENOSYS for a new process
 */
export function cloneTask(parent: Task, options: CloneOptions): number {
  const { flags } = options;
  const has = (bit: number): boolean => (flags & bit) !== 0;
  if (has(CLONE_THREAD) && !has(CLONE_SIGHAND)) throw new SysError(EINVAL);
  if (has(CLONE_SIGHAND) && !has(CLONE_VM)) throw new SysError(EINVAL);
  const { kernel, process } = parent;
  if (!has(CLONE_THREAD)) {
    kernel.log('clone: a new process was asked for, and processes are not supported yet');
    throw new SysError(ENOSYS);
  }
  const unknown = flags & ~KNOWN_FLAGS;
  if (unknown !== 0 || flags > 0xffff_ffff) {
    kernel.log(`clone: flags 0x${flags.toString(16)} are not supported`);
    throw new SysError(EINVAL);
  }
  const tid = kernel.allocatePid();
  if (tid === undefined) throw new SysError(EAGAIN);

  const files = has(CLONE_FILES) ? parent.files.retain() : parent.files.copy();
  const fs = has(CLONE_FS) ? parent.fs : parent.fs.copy();
  const child = new Task(tid, kernel, process, parent.mm, files, fs);
  kernel.cpu.saveFpu(parent.registers);
  child.registers.copyFrom(parent.registers);
  child.registers.setSigned(RAX, 0);
  if (options.stackPointer !== 0) child.registers.setSigned(RSP, options.stackPointer);
  if (has(CLONE_SETTLS)) child.registers.slots[FS_BASE] = options.tls;
  child.comm = parent.comm;
  child.blocked = parent.blocked;
  child.schedulingPolicy = parent.schedulingPolicy;
  child.schedulingPriority = parent.schedulingPriority;
  child.timerSlackNs = parent.timerSlackNs;
  if (has(CLONE_CHILD_CLEARTID)) child.clearTidAddress = options.childTid;
  if (has(CLONE_PARENT_SETTID)) storeTid(parent, options.parentTid, tid);
  if (has(CLONE_CHILD_SETTID)) storeTid(parent, options.childTid, tid);

  process.tasks.set(tid, child);
  kernel.tasks.set(tid, child);
  kernel.scheduler.add(child);
  return tid;
}

/** A bad address does not undo the clone: Linux ignores the failed store. */
function storeTid(task: Task, address: number, tid: number): void {
  try {
    task.memory.writeU32(address, tid);
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
  }
}
