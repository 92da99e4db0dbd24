/** Policies, priorities and processors: sched_setscheduler(2), sched_setaffinity(2), sched_getattr(2) and their kin. */
import { CAP_SYS_NICE } from '../abi/capability.js';
import { E2BIG, EINVAL, EPERM, ESRCH, SysError } from '../abi/errno.js';
import {
  SCHED_BATCH,
  SCHED_DEADLINE,
  SCHED_FIFO,
  SCHED_IDLE,
  SCHED_OTHER,
  SCHED_RESET_ON_FORK,
  SCHED_RR,
} from '../abi/sched.js';
import { syscall, type SyscallDeclaration } from '../kernel/syscall.js';
import type { Task } from '../kernel/task.js';
import { flagsText, nameOf } from '../strace/names.js';
import { NS_PER_MS } from '../time/clock.js';
import { int, pointer, uint } from './arguments.js';
import { cpuSet, cpuSetOut, structure, structureOut, timespecOut } from './structures.js';
import { writeTimespec } from './time-values.js';
import { hasCapability } from '../vfs/access.js';

const POLICIES = { SCHED_OTHER, SCHED_FIFO, SCHED_RR, SCHED_BATCH, SCHED_IDLE, SCHED_DEADLINE };
const MAX_PRIORITY = 99;
const RR_INTERVAL_NS = 100 * NS_PER_MS;
/** Bytes of a CPU mask: one word, as a kernel built for up to 64 processors has it. */
const MASK_BYTES = 8;
const SCHED_ATTR_BYTES = 48;
const PAGE = 4096;

const isRealTime = (policy: number): boolean => policy === SCHED_FIFO || policy === SCHED_RR;

/** The thread that `pid` names; 0 is the caller. @throws SysError EINVAL, ESRCH */
function taskOf(task: Task, pid: number): Task {
  if (pid < 0) throw new SysError(EINVAL);
  const found = pid === 0 ? task : task.kernel.tasks.get(pid);
  if (found === undefined) throw new SysError(ESRCH);
  return found;
}

/** @throws SysError EINVAL for a policy there is not, or a priority it does not have; EPERM unless root */
function setPolicy(task: Task, pid: number, policyAndFlag: number, priority: number): number {
  const policy = policyAndFlag & ~SCHED_RESET_ON_FORK;
  const target = taskOf(task, pid);
  if (!Object.values<number>(POLICIES).includes(policy)) throw new SysError(EINVAL);
  if (policy === SCHED_DEADLINE) {
    task.kernel.log('SCHED_DEADLINE is not supported: EINVAL');
    throw new SysError(EINVAL);
  }
  const valid = isRealTime(policy) ? priority >= 1 && priority <= MAX_PRIORITY : priority === 0;
  if (!valid) throw new SysError(EINVAL);
  if (isRealTime(policy) && !hasCapability(task.process.credentials, CAP_SYS_NICE)) throw new SysError(EPERM);
  target.schedulingPolicy = policyAndFlag;
  target.schedulingPriority = priority;
  return 0;
}

function readPriority(task: Task, address: number): number {
  if (address === 0) throw new SysError(EINVAL);
  return task.memory.readI32(address);
}

/** @returns the bytes that were written, which the C library looks at */
function getAffinity(task: Task, pid: number, length: number, address: number): number {
  if (length < MASK_BYTES || length % 8 !== 0) throw new SysError(EINVAL);
  taskOf(task, pid);
  task.memory.writeU64(address, 1n);
  return MASK_BYTES;
}

function setAffinity(task: Task, pid: number, length: number, address: number): number {
  const mask = length === 0 ? 0 : task.memory.readU8(address);
  taskOf(task, pid);
  if ((mask & 1) === 0) throw new SysError(EINVAL); // the only processor there is
  return 0;
}

function priorityRange(policy: number, ofRealTime: number): number {
  if (!Object.values<number>(POLICIES).includes(policy)) throw new SysError(EINVAL);
  return isRealTime(policy) ? ofRealTime : 0;
}

function getAttributes(task: Task, pid: number, address: number, length: number): number {
  if (length < SCHED_ATTR_BYTES || length > PAGE) throw new SysError(EINVAL);
  const target = taskOf(task, pid);
  const view = new DataView(new ArrayBuffer(SCHED_ATTR_BYTES));
  view.setUint32(0, SCHED_ATTR_BYTES, true);
  view.setUint32(4, target.schedulingPolicy & ~SCHED_RESET_ON_FORK, true);
  view.setBigUint64(8, target.schedulingPolicy & SCHED_RESET_ON_FORK ? 1n : 0n, true);
  view.setInt32(16, isRealTime(target.schedulingPolicy) ? 0 : target.process.nice, true);
  view.setUint32(20, target.schedulingPriority, true);
  task.memory.copyOut(address, new Uint8Array(view.buffer));
  return 0;
}

function setAttributes(task: Task, pid: number, address: number, bits: number): number {
  if (bits !== 0) throw new SysError(EINVAL);
  const length = task.memory.readU32(address);
  if (length !== 0 && length < SCHED_ATTR_BYTES) throw new SysError(E2BIG);
  const bytes = task.memory.copyIn(address, SCHED_ATTR_BYTES);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const attributeFlags = view.getBigUint64(8, true);
  if (attributeFlags > 1n) throw new SysError(EINVAL); // only SCHED_FLAG_RESET_ON_FORK
  const policy = view.getUint32(4, true) | (attributeFlags === 1n ? SCHED_RESET_ON_FORK : 0);
  const nice = view.getInt32(16, true);
  setPolicy(task, pid, policy, view.getUint32(20, true));
  const { process } = taskOf(task, pid);
  if (!isRealTime(policy & ~SCHED_RESET_ON_FORK)) {
    if (nice < process.nice && !hasCapability(task.process.credentials, CAP_SYS_NICE))
      throw new SysError(EPERM);
    process.nice = Math.min(Math.max(nice, -20), 19);
  }
  return 0;
}

const policyText = (value: number): string => {
  const name = nameOf(POLICIES, value & ~SCHED_RESET_ON_FORK, 'SCHED');
  return value & SCHED_RESET_ON_FORK
    ? `${name}|${flagsText({ SCHED_RESET_ON_FORK }, SCHED_RESET_ON_FORK)}`
    : name;
};
const policy = { ...int, show: (raw: bigint) => policyText(Number(BigInt.asIntN(32, raw))) };
const parameter = structure(4, (v) => `[${v.getInt32(0, true)}]`);
const parameterOut = structureOut(4, (v) => `[${v.getInt32(0, true)}]`);
const NO_EFFECT = { missing: 'kept and reported, but all threads take turns alike' };

export const schedulingSyscalls: readonly SyscallDeclaration[] = [
  syscall('sched_getaffinity', [int, uint, cpuSetOut], getAffinity),
  syscall('sched_setaffinity', [int, uint, cpuSet(1)], setAffinity),
  syscall('sched_getscheduler', [int], (task, pid) => taskOf(task, pid).schedulingPolicy, {
    showResult: (result) => `${result} (${policyText(result)})`,
  }),
  syscall(
    'sched_setscheduler',
    [int, policy, parameter],
    (task, pid, wanted, address) => setPolicy(task, pid, wanted, readPriority(task, address)),
    NO_EFFECT,
  ),
  syscall('sched_getparam', [int, parameterOut], (task, pid, address) => {
    if (address === 0) throw new SysError(EINVAL);
    task.memory.writeU32(address, taskOf(task, pid).schedulingPriority);
    return 0;
  }),
  syscall(
    'sched_setparam',
    [int, parameter],
    (task, pid, address) =>
      setPolicy(task, pid, taskOf(task, pid).schedulingPolicy, readPriority(task, address)),
    NO_EFFECT,
  ),
  syscall('sched_getattr', [int, pointer, uint, uint], (task, pid, address, length, bits) => {
    if (bits !== 0) throw new SysError(EINVAL);
    return getAttributes(task, pid, address, length);
  }),
  syscall('sched_setattr', [int, pointer, uint], setAttributes, NO_EFFECT),
  syscall('sched_get_priority_max', [policy], (_task, wanted) => priorityRange(wanted, MAX_PRIORITY)),
  syscall('sched_get_priority_min', [policy], (_task, wanted) => priorityRange(wanted, 1)),
  syscall('sched_rr_get_interval', [int, timespecOut], (task, pid, address) => {
    const isRoundRobin = (taskOf(task, pid).schedulingPolicy & ~SCHED_RESET_ON_FORK) === SCHED_RR;
    writeTimespec(task.memory, address, isRoundRobin ? RR_INTERVAL_NS : 0);
    return 0;
  }),
];
