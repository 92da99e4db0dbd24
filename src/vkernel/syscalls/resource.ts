/** What a process may use and has used: getrlimit(2), prlimit64(2), getrusage(2), getpriority(2), ioprio_get(2). */
import { CAP_SYS_NICE, CAP_SYS_RESOURCE } from '../abi/capability.js';
import { EACCES, EINVAL, EPERM, ESRCH, SysError } from '../abi/errno.js';
import * as resource from '../abi/resource.js';
import { RUSAGE_CHILDREN, RUSAGE_SELF, RUSAGE_THREAD } from '../abi/sched.js';
import { PRIO_PGRP, PRIO_PROCESS, PRIO_USER } from '../abi/system.js';
import type { Process, Usage } from '../kernel/process.js';
import type { Limit } from '../kernel/resource-limits.js';
import { syscall, type SyscallDeclaration } from '../kernel/syscall.js';
import type { Task } from '../kernel/task.js';
import { select, whenShown } from '../strace/names.js';
import { hexUint, int, oneOf } from './arguments.js';
import { encodeRusage } from './rusage.js';
import { rlimit, rlimitOut, rusageOut } from './structures.js';
import { hasCapability } from '../vfs/access.js';

const { RLIM64_INFINITY, RLIM_NLIMITS, RLIMIT_CPU, RLIMIT_NOFILE } = resource;

const resourceName = oneOf(
  whenShown(() => select(resource, 'RLIMIT_')),
  'RLIMIT',
);

function readLimit({ memory }: Task, address: number): Limit {
  // What a number cannot hold exactly is more than any machine has.
  const value = (word: bigint): number => (word > BigInt(Number.MAX_SAFE_INTEGER) ? Infinity : Number(word));
  return { soft: value(memory.readU64(address)), hard: value(memory.readU64(address + 8)) };
}

function writeLimit({ memory }: Task, address: number, limit: Limit): void {
  const word = (value: number): bigint => (value === Infinity ? RLIM64_INFINITY : BigInt(value));
  memory.writeU64(address, word(limit.soft));
  memory.writeU64(address + 8, word(limit.hard));
}

function assertResource(id: number): void {
  if (id < 0 || id >= RLIM_NLIMITS) throw new SysError(EINVAL);
}

/** Anybody may lower a limit; only CAP_SYS_RESOURCE raises a hard one, and nobody past what the machine has. */
function setLimit(caller: Task, target: Process, id: number, wanted: Limit): void {
  if (wanted.soft > wanted.hard) throw new SysError(EINVAL);
  const mayRaise = hasCapability(caller.process.credentials, CAP_SYS_RESOURCE);
  if (wanted.hard > target.limits.get(id).hard && !mayRaise) throw new SysError(EPERM);
  if (id === RLIMIT_NOFILE && wanted.hard > caller.kernel.maxFiles) throw new SysError(EPERM);
  // No time at all is a second, as setrlimit(2) has it for RLIMIT_CPU.
  const limit = id === RLIMIT_CPU && wanted.soft === 0 ? { ...wanted, soft: 1 } : wanted;
  target.limits.set(id, limit);
  target.leader?.mm.setLimit(id, limit.soft);
}

/** Limits of others can be seen and set by root, and by a process whose ids are all theirs. */
function limitedProcess(task: Task, pid: number): Process {
  if (pid === 0) return task.process;
  const target = task.kernel.tasks.get(pid)?.process;
  if (target === undefined) throw new SysError(ESRCH);
  if (target === task.process) return target;
  const [from, to] = [task.process.credentials, target.credentials];
  const sameUser = [to.ruid, to.euid, to.suid].every((uid) => uid === from.ruid);
  const sameGroup = [to.rgid, to.egid, to.sgid].every((gid) => gid === from.rgid);
  if (!(sameUser && sameGroup) && !hasCapability(from, CAP_SYS_RESOURCE)) throw new SysError(EPERM);
  return target;
}

function prlimit(task: Task, pid: number, id: number, newLimit: number, oldLimit: number): number {
  assertResource(id);
  const target = limitedProcess(task, pid);
  const old = target.limits.get(id);
  if (newLimit !== 0) setLimit(task, target, id, readLimit(task, newLimit));
  if (oldLimit !== 0) writeLimit(task, oldLimit, old);
  return 0;
}

function getrusage(task: Task, who: number, address: number): number {
  const { process } = task;
  const usages = new Map<number, Usage>([
    [RUSAGE_SELF, process.usage()],
    [RUSAGE_THREAD, task],
    [RUSAGE_CHILDREN, process.childrenUsage],
  ]);
  const usage = usages.get(who);
  if (usage === undefined) throw new SysError(EINVAL);
  task.memory.copyOut(address, encodeRusage(usage));
  return 0;
}

/** Whom getpriority(2) means by (which, who); 0 is oneself. @throws SysError EINVAL, ESRCH */
function prioritised(task: Task, which: number, who: number): Process[] {
  const { process, kernel } = task;
  if (which < PRIO_PROCESS || which > PRIO_USER) throw new SysError(EINVAL);
  const matches = {
    [PRIO_PROCESS]: (p: Process) => (who === 0 ? p === process : p.pid === who || p.tasks.has(who)),
    [PRIO_PGRP]: (p: Process) => p.pgrp === (who === 0 ? process.pgrp : who),
    [PRIO_USER]: (p: Process) => p.credentials.ruid === (who === 0 ? process.credentials.ruid : who),
  }[which]!;
  const found = [...kernel.processes.values()].filter(matches);
  if (found.length === 0) throw new SysError(ESRCH);
  return found;
}

/** @returns 20 minus the nice value, so that it is never an error (getpriority(2), "C library/kernel differences") */
function getpriority(task: Task, which: number, who: number): number {
  return 20 - Math.min(...prioritised(task, which, who).map(({ nice }) => nice));
}

function setpriority(task: Task, which: number, who: number, wanted: number): number {
  const nice = Math.min(Math.max(wanted, -20), 19);
  const from = task.process.credentials;
  for (const target of prioritised(task, which, who)) {
    const isOwn = from.euid === target.credentials.euid || from.euid === target.credentials.ruid;
    if (!isOwn && !hasCapability(from, CAP_SYS_NICE)) throw new SysError(EPERM);
    // RLIMIT_NICE counts from 1 for nice 19 to 40 for nice -20.
    const isAllowed = nice >= target.nice || 20 - nice <= target.limits.soft(resource.RLIMIT_NICE);
    if (!isAllowed && !hasCapability(from, CAP_SYS_NICE)) throw new SysError(EACCES);
    target.nice = nice;
  }
  return 0;
}

const IOPRIO_WHO_PROCESS = 1;
const IOPRIO_WHO_PGRP = 2;
const IOPRIO_WHO_USER = 3;
const IOPRIO_CLASS_SHIFT = 13;
const IOPRIO_CLASS_NONE = 0;
const IOPRIO_CLASS_RT = 1;
const IOPRIO_CLASS_IDLE = 3;
/** Above the level are hints for devices, which are kept. */
const IOPRIO_LEVEL_MASK = 7;

/** ioprio_get(2): of several processes, the best. */
function getIoPriority(task: Task, which: number, who: number): number {
  const found = prioritised(task, which - IOPRIO_WHO_PROCESS, who).map(({ ioPriority }) => ioPriority);
  const chosen = found.filter((priority) => priority >> IOPRIO_CLASS_SHIFT !== IOPRIO_CLASS_NONE);
  return Math.min(...(chosen.length > 0 ? chosen : found));
}

function setIoPriority(task: Task, which: number, who: number, priority: number): number {
  const ioClass = priority >> IOPRIO_CLASS_SHIFT;
  const level = priority & IOPRIO_LEVEL_MASK;
  if (ioClass > IOPRIO_CLASS_IDLE || (ioClass === IOPRIO_CLASS_NONE && level !== 0))
    throw new SysError(EINVAL);
  const from = task.process.credentials;
  if (ioClass === IOPRIO_CLASS_RT && from.euid !== 0) throw new SysError(EPERM);
  for (const target of prioritised(task, which - IOPRIO_WHO_PROCESS, who)) {
    const { ruid } = target.credentials;
    if (from.euid !== 0 && ruid !== from.euid && ruid !== from.ruid) throw new SysError(EPERM);
    target.ioPriority = priority;
  }
  return 0;
}

const who = oneOf({ RUSAGE_SELF, RUSAGE_CHILDREN, RUSAGE_THREAD }, 'RUSAGE');
const ioprioWhich = oneOf({ IOPRIO_WHO_PROCESS, IOPRIO_WHO_PGRP, IOPRIO_WHO_USER }, 'IOPRIO_WHO');
const which = oneOf({ PRIO_PROCESS, PRIO_PGRP, PRIO_USER }, 'PRIO');
const PER_PROCESS = {
  missing: 'the value belongs to the process, not to the thread, and does not change who runs',
};

export const resourceSyscalls: readonly SyscallDeclaration[] = [
  syscall('getrlimit', [resourceName, rlimitOut], (task, id, address) => {
    assertResource(id);
    writeLimit(task, address, task.process.limits.get(id));
    return 0;
  }),
  syscall('setrlimit', [resourceName, rlimit], (task, id, address) => {
    assertResource(id);
    setLimit(task, task.process, id, readLimit(task, address));
    return 0;
  }),
  syscall('prlimit64', [int, resourceName, rlimit, rlimitOut], prlimit),
  syscall('getrusage', [who, rusageOut], getrusage),
  syscall('getpriority', [which, int], getpriority, PER_PROCESS),
  syscall('setpriority', [which, int, int], setpriority, PER_PROCESS),
  syscall('ioprio_get', [ioprioWhich, int], getIoPriority, PER_PROCESS),
  syscall('ioprio_set', [ioprioWhich, int, hexUint], setIoPriority, PER_PROCESS),
];
