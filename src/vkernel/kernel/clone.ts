/** New threads and processes (clone(2), clone3(2), fork(2), vfork(2)). */
import { CAP_SYS_ADMIN, CAP_SYS_RESOURCE } from '../abi/capability.js';
import { EAGAIN, EINVAL, EPERM, SysError } from '../abi/errno.js';
import { RLIMIT_NPROC } from '../abi/resource.js';
import * as sched from '../abi/sched.js';
import { SS_DISABLE } from '../abi/signal.js';
import { FS_BASE, RAX, RSP } from '../arch/registers.js';
import { SemaphoreUndo } from '../ipc/semaphores.js';
import { Process } from './process.js';
import { SignalActions } from './signal-actions.js';
import { Task } from './task.js';
import { hasCapability } from '../vfs/access.js';

const {
  CLONE_CHILD_CLEARTID,
  CLONE_CHILD_SETTID,
  CLONE_CLEAR_SIGHAND,
  CLONE_FILES,
  CLONE_FS,
  CLONE_PARENT,
  CLONE_PARENT_SETTID,
  CLONE_SETTLS,
  CLONE_SIGHAND,
  CLONE_THREAD,
  CLONE_VFORK,
  CLONE_VM,
} = sched;

export interface CloneOptions {
  /** CLONE_* bits; above 2^31 for clone3's own. */
  readonly flags: number;
  /** The child's stack pointer; 0: the parent's. */
  readonly stackPointer: number;
  readonly parentTid: number;
  readonly childTid: number;
  readonly tls: bigint;
  /** The signal the parent gets when the child ends. */
  readonly exitSignal: number;
}

/** Flags that ask for namespaces, of which there is one each. */
export const NAMESPACES =
  sched.CLONE_NEWNS |
  sched.CLONE_NEWCGROUP |
  sched.CLONE_NEWUTS |
  sched.CLONE_NEWIPC |
  sched.CLONE_NEWUSER |
  sched.CLONE_NEWPID |
  sched.CLONE_NEWNET;
const KNOWN_FLAGS =
  CLONE_VM |
  CLONE_FS |
  CLONE_FILES |
  CLONE_SIGHAND |
  CLONE_VFORK |
  CLONE_PARENT |
  CLONE_THREAD |
  CLONE_SETTLS |
  CLONE_PARENT_SETTID |
  CLONE_CHILD_CLEARTID |
  CLONE_CHILD_SETTID |
  sched.CLONE_SYSVSEM |
  sched.CLONE_PIDFD |
  sched.CLONE_DETACHED |
  sched.CLONE_UNTRACED |
  sched.CLONE_PTRACE |
  sched.CLONE_IO;

/**
 * Makes a task that runs on behind the parent's system call, with 0 as its result: a thread, or the first of a new process.
 * @throws SysError EINVAL for combinations Linux refuses, EAGAIN at a limit of tasks, ENOMEM, EPERM for namespaces
 */
export function cloneTask(parent: Task, options: CloneOptions): Task {
  const { kernel } = parent;
  assertFlags(parent, options.flags);
  const { flags } = options;
  const has = (bit: number): boolean => (flags & bit) !== 0;
  assertMayMake(parent);
  const tid = kernel.allocatePid();
  if (tid === undefined) throw new SysError(EAGAIN);
  const mm = has(CLONE_VM) ? parent.mm : parent.mm.fork();
  const process = has(CLONE_THREAD) ? parent.process : newProcess(parent, tid, options);
  const files = has(CLONE_FILES) ? parent.files.retain() : parent.files.copy();
  const fs = has(CLONE_FS) ? parent.fs : parent.fs.copy();
  const child = new Task(tid, kernel, process, mm, files, fs);
  inherit(parent, child, options);
  if (has(sched.CLONE_SYSVSEM)) child.semaphoreUndo = parent.semaphoreUndo ??= new SemaphoreUndo();
  if (has(CLONE_CHILD_CLEARTID)) child.clearTidAddress = options.childTid;
  if (has(CLONE_PARENT_SETTID)) storeTid(parent, options.parentTid, tid);
  if (has(CLONE_CHILD_SETTID)) storeTid(child, options.childTid, tid);

  process.tasks.set(tid, child);
  kernel.tasks.set(tid, child);
  kernel.processes.set(process.pid, process);
  kernel.scheduler.add(child);
  return child;
}

function assertFlags(parent: Task, flags: number): void {
  const has = (bit: number): boolean => (flags & bit) !== 0;
  if (has(CLONE_THREAD) && !has(CLONE_SIGHAND)) throw new SysError(EINVAL);
  if (has(CLONE_SIGHAND) && !has(CLONE_VM)) throw new SysError(EINVAL);
  if (has(CLONE_SIGHAND) && clearsHandlers(flags)) throw new SysError(EINVAL);
  if (has(sched.CLONE_PIDFD) && has(sched.CLONE_DETACHED | CLONE_THREAD)) throw new SysError(EINVAL);
  if (has(NAMESPACES)) {
    parent.kernel.log(`clone: flags 0x${flags.toString(16)} ask for namespaces, which are not supported`);
    throw new SysError(EPERM);
  }
  const unknown =
    (flags & ~KNOWN_FLAGS) !== 0 || (flags > 0xffff_ffff && flags - (flags >>> 0) !== CLONE_CLEAR_SIGHAND);
  if (!unknown) return;
  parent.kernel.log(`clone: flags 0x${flags.toString(16)} are not supported`);
  throw new SysError(EINVAL);
}

/** CLONE_CLEAR_SIGHAND of clone3, which lies above the bits that numbers can be masked with. */
const clearsHandlers = (flags: number): boolean => flags >= CLONE_CLEAR_SIGHAND;

/** RLIMIT_NPROC counts the tasks of a user; root has no such limit (getrlimit(2)). */
function assertMayMake({ process, kernel }: Task): void {
  const { ruid } = process.credentials;
  const mayExceed = [CAP_SYS_RESOURCE, CAP_SYS_ADMIN].some((one) => hasCapability(process.credentials, one));
  if (ruid === 0 || mayExceed) return;
  let count = 0;
  for (const { credentials, tasks } of kernel.processes.values()) {
    // One that has ended counts until somebody has waited for it.
    if (credentials.ruid === ruid) count += Math.max(1, tasks.size);
  }
  if (count >= process.limits.soft(RLIMIT_NPROC)) throw new SysError(EAGAIN);
}

function newProcess(task: Task, pid: number, { flags, exitSignal }: CloneOptions): Process {
  const from = task.process;
  const parent = (flags & CLONE_PARENT) !== 0 ? from.parent : from;
  const process = new Process(pid, task.kernel, {
    ...(parent !== undefined && { parent }),
    pgrp: from.pgrp,
    sid: from.sid,
    limits: from.limits.copy(),
  });
  parent?.children.add(process);
  process.parentThread = (flags & CLONE_PARENT) !== 0 ? from.parentThread : task.tid;
  process.exitSignal = (flags & CLONE_PARENT) !== 0 ? from.exitSignal : exitSignal;
  process.credentials = from.credentials.copy();
  process.actions =
    (flags & CLONE_SIGHAND) !== 0 ? from.actions : copyActions(from.actions, clearsHandlers(flags));
  process.terminal = from.terminal;
  process.program = from.program;
  process.dumpable = from.dumpable;
  process.noNewPrivileges = from.noNewPrivileges;
  process.personality = from.personality;
  process.nice = from.nice;
  process.ioPriority = from.ioPriority;
  process.borrowsMemory = (flags & CLONE_VFORK) !== 0;
  return process;
}

function copyActions(from: SignalActions, clear: boolean): SignalActions {
  const actions = new SignalActions();
  for (const [signo, action] of from.actions) actions.set(signo, action);
  if (clear) actions.resetForExec();
  return actions;
}

function inherit(parent: Task, child: Task, { flags, stackPointer, tls }: CloneOptions): void {
  child.kernel.cpu.saveFpu(parent.registers);
  child.registers.copyFrom(parent.registers);
  child.registers.setSigned(RAX, 0);
  if (stackPointer !== 0) child.registers.setSigned(RSP, stackPointer);
  if ((flags & CLONE_SETTLS) !== 0) child.registers.slots[FS_BASE] = tls;
  child.comm = parent.comm;
  child.blocked = parent.blocked;
  // Two threads on one alternate stack would overwrite each other; after a vfork only one of the two runs.
  const sharesStack = (flags & CLONE_VM) !== 0 && (flags & CLONE_VFORK) === 0;
  child.signalStack = sharesStack ? { address: 0, flags: SS_DISABLE, sizeBytes: 0 } : parent.signalStack;
  child.schedulingPolicy = parent.schedulingPolicy;
  child.schedulingPriority = parent.schedulingPriority;
  child.timerSlackNs = parent.timerSlackNs;
}

/** A bad address does not undo the clone: Linux ignores the failed store. */
function storeTid(task: Task, address: number, tid: number): void {
  try {
    task.memory.writeU32(address, tid);
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
  }
}
