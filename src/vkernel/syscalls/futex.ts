/** futex(2). */
import {
  EAGAIN,
  EDEADLK,
  EINVAL,
  ENOSYS,
  EPERM,
  ERESTART_RESTARTBLOCK,
  ERESTARTNOINTR,
  ERESTARTSYS,
  ESRCH,
  ETIMEDOUT,
  SysError,
} from '../abi/errno.js';
import * as futex from '../abi/futex.js';
import { FutexWait } from '../kernel/futex.js';
import {
  syscall,
  type Argument,
  type Result,
  type ShownCall,
  type SyscallDeclaration,
} from '../kernel/syscall.js';
import type { Task } from '../kernel/task.js';
import { Wait } from '../kernel/wait.js';
import type { Clock } from '../time/clock.js';
import { pointer, uint } from './arguments.js';
import { readTimespec, readTimespecNs } from './time-values.js';
import { timespec } from './structures.js';

const { FUTEX_CLOCK_REALTIME, FUTEX_PRIVATE_FLAG, FUTEX_TID_MASK, FUTEX_WAITERS } = futex;
const CLOCK_FLAGS = FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME;

/** Operations that take a timeout in their fourth argument; for the others it is a count. */
const TIMED = new Set([
  futex.FUTEX_WAIT,
  futex.FUTEX_WAIT_BITSET,
  futex.FUTEX_LOCK_PI,
  futex.FUTEX_LOCK_PI2,
  futex.FUTEX_WAIT_REQUEUE_PI,
]);

const OPERATIONS = new Map<number, string>(
  Object.entries({
    FUTEX_WAIT: futex.FUTEX_WAIT,
    FUTEX_WAKE: futex.FUTEX_WAKE,
    FUTEX_REQUEUE: futex.FUTEX_REQUEUE,
    FUTEX_CMP_REQUEUE: futex.FUTEX_CMP_REQUEUE,
    FUTEX_WAKE_OP: futex.FUTEX_WAKE_OP,
    FUTEX_LOCK_PI: futex.FUTEX_LOCK_PI,
    FUTEX_UNLOCK_PI: futex.FUTEX_UNLOCK_PI,
    FUTEX_TRYLOCK_PI: futex.FUTEX_TRYLOCK_PI,
    FUTEX_WAIT_BITSET: futex.FUTEX_WAIT_BITSET,
    FUTEX_WAKE_BITSET: futex.FUTEX_WAKE_BITSET,
    FUTEX_LOCK_PI2: futex.FUTEX_LOCK_PI2,
  }).map(([name, value]) => [value, name]),
);

const operation: Argument<number> = {
  decode: uint.decode,
  show(raw) {
    const value = Number(raw & 0xffff_ffffn);
    const name = OPERATIONS.get(value & ~CLOCK_FLAGS) ?? `0x${(value & ~CLOCK_FLAGS).toString(16)}`;
    const private_ = (value & FUTEX_PRIVATE_FLAG) !== 0 ? '_PRIVATE' : '';
    return name + private_ + ((value & FUTEX_CLOCK_REALTIME) !== 0 ? '|FUTEX_CLOCK_REALTIME' : '');
  },
};

interface Call {
  readonly task: Task;
  readonly address: number;
  readonly value: number;
  readonly shared: boolean;
  readonly timeout: number;
  readonly second: number;
  readonly third: number;
  readonly realtime: boolean;
}

function futexCall(
  task: Task,
  address: number,
  op: number,
  value: number,
  timeout: number,
  second: number,
  third: number,
): Result {
  const command = op & ~CLOCK_FLAGS;
  const realtime = (op & FUTEX_CLOCK_REALTIME) !== 0;
  if (realtime && !TIMED.has(command)) throw new SysError(ENOSYS);
  if (address % 4 !== 0) throw new SysError(EINVAL);
  const call: Call = {
    task,
    address,
    value,
    shared: (op & FUTEX_PRIVATE_FLAG) === 0,
    timeout,
    second,
    third,
    realtime,
  };
  switch (command) {
    case futex.FUTEX_WAIT:
      return wait(call, futex.FUTEX_BITSET_MATCH_ANY, true);
    case futex.FUTEX_WAIT_BITSET:
      return wait(call, third, false);
    case futex.FUTEX_WAKE:
      return wake(call, futex.FUTEX_BITSET_MATCH_ANY);
    case futex.FUTEX_WAKE_BITSET:
      return wake(call, third);
    case futex.FUTEX_REQUEUE:
      return requeue(call, undefined);
    case futex.FUTEX_CMP_REQUEUE:
      return requeue(call, third);
    case futex.FUTEX_WAKE_OP:
      return wakeOp(call);
    case futex.FUTEX_LOCK_PI:
      return lockPi({ ...call, realtime: true });
    case futex.FUTEX_LOCK_PI2:
      return lockPi(call);
    case futex.FUTEX_TRYLOCK_PI:
      return tryLockPi(call) ? 0 : -EAGAIN;
    case futex.FUTEX_UNLOCK_PI:
      return unlockPi(call);
    default:
      task.kernel.log(`futex: operation ${op} is not supported`);
      throw new SysError(ENOSYS);
  }
}

/** Until when a timeout argument lets the call wait: what a Wait is made with. @throws SysError EFAULT, EINVAL */
function deadline(
  call: Call,
  relative: boolean,
): { deadlineNs?: number } | { untilRealtimeNs: bigint; clock: Clock } {
  const { task, timeout } = call;
  if (timeout === 0) return {};
  const { clock } = task.kernel;
  if (relative) return { deadlineNs: clock.monotonicNs() + readTimespecNs(task.memory, timeout) };
  if (!call.realtime) return { deadlineNs: readTimespecNs(task.memory, timeout) };
  return { untilRealtimeNs: readTimespec(task.memory, timeout), clock };
}

function wait(call: Call, bitset: number, relative: boolean): Result {
  const { task } = call;
  const waiting = task.wait;
  if (waiting !== undefined) {
    if (waiting.woken) return 0;
    return waiting.expired(task.kernel.clock.monotonicNs()) ? -ETIMEDOUT : waiting;
  }
  if (bitset === 0) throw new SysError(EINVAL);
  const until = deadline(call, relative);
  if (task.memory.readU32(call.address) !== call.value) return -EAGAIN;
  const result = new Wait({
    ...until,
    interruptedBy: call.timeout === 0 ? ERESTARTSYS : ERESTART_RESTARTBLOCK,
    detail: new FutexWait({ address: call.address, shared: call.shared, bitset }),
  });
  task.kernel.futexes.enqueue(task, result);
  return result;
}

function wake(call: Call, bitset: number): number {
  if (bitset === 0) throw new SysError(EINVAL);
  // A count of 0 wakes one waiter, as it does on Linux.
  return call.task.kernel.futexes.wake(
    call.task,
    call.address,
    call.shared,
    Math.max(call.value | 0, 1),
    bitset,
  );
}

function requeue(call: Call, expected: number | undefined): number {
  const { task, address, second } = call;
  const moveCount = call.timeout | 0;
  const wakeCount = call.value | 0;
  if (wakeCount < 0 || moveCount < 0 || second % 4 !== 0) throw new SysError(EINVAL);
  const value = task.memory.readU32(address);
  task.memory.readU32(second);
  if (expected !== undefined && value !== expected) return -EAGAIN;
  return task.kernel.futexes.requeue(task, address, second, call.shared, wakeCount, moveCount);
}

/** FUTEX_WAKE_OP: changes a second word, wakes waiters of the first, and those of the second if its old value compares. */
function wakeOp(call: Call): number {
  const { task, second, third, shared } = call;
  if (second % 4 !== 0) throw new SysError(EINVAL);
  const operation = (third >>> 28) & 7;
  const comparison = (third >>> 24) & 15;
  const rawOperand = ((third << 8) >> 20) | 0;
  const comparand = (third << 20) >> 20;
  const operand = third >>> 31 !== 0 ? 1 << (rawOperand & 31) : rawOperand;
  const old = task.memory.readU32(second) | 0;
  task.memory.writeU32(second, applyOp(operation, old, operand) >>> 0);
  const { futexes } = task.kernel;
  let woken = futexes.wake(task, call.address, shared, Math.max(call.value | 0, 1));
  if (compares(comparison, old, comparand))
    woken += futexes.wake(task, second, shared, Math.max(call.timeout | 0, 1));
  return woken;
}

function applyOp(operation: number, old: number, operand: number): number {
  switch (operation) {
    case futex.FUTEX_OP_SET:
      return operand;
    case futex.FUTEX_OP_ADD:
      return (old + operand) | 0;
    case futex.FUTEX_OP_OR:
      return old | operand;
    case futex.FUTEX_OP_ANDN:
      return old & ~operand;
    case futex.FUTEX_OP_XOR:
      return old ^ operand;
    default:
      throw new SysError(ENOSYS);
  }
}

function compares(comparison: number, old: number, comparand: number): boolean {
  switch (comparison) {
    case futex.FUTEX_OP_CMP_EQ:
      return old === comparand;
    case futex.FUTEX_OP_CMP_NE:
      return old !== comparand;
    case futex.FUTEX_OP_CMP_LT:
      return old < comparand;
    case futex.FUTEX_OP_CMP_LE:
      return old <= comparand;
    case futex.FUTEX_OP_CMP_GT:
      return old > comparand;
    case futex.FUTEX_OP_CMP_GE:
      return old >= comparand;
    default:
      throw new SysError(ENOSYS);
  }
}

/** Takes a free lock. @returns false when another thread owns it @throws SysError EDEADLK, ESRCH */
function tryLockPi({ task, address }: Call): boolean {
  const value = task.memory.readU32(address);
  const owner = value & FUTEX_TID_MASK;
  if (owner === task.tid) throw new SysError(EDEADLK);
  if (owner !== 0) {
    if (!task.kernel.tasks.has(owner)) throw new SysError(ESRCH);
    return false;
  }
  task.memory.writeU32(address, ((value & ~FUTEX_TID_MASK) | task.tid) >>> 0);
  return true;
}

function lockPi(call: Call): Result {
  const { task, address } = call;
  const waiting = task.wait;
  if (waiting !== undefined) {
    if (waiting.woken) return 0;
    return waiting.expired(task.kernel.clock.monotonicNs()) ? -ETIMEDOUT : waiting;
  }
  const until = deadline(call, false);
  if (tryLockPi(call)) return 0;
  task.memory.writeU32(address, (task.memory.readU32(address) | FUTEX_WAITERS) >>> 0);
  const result = new Wait({
    ...until,
    interruptedBy: ERESTARTNOINTR,
    detail: new FutexWait({ address, shared: call.shared, pi: true }),
  });
  task.kernel.futexes.enqueue(task, result);
  return result;
}

function unlockPi({ task, address }: Call): number {
  if ((task.memory.readU32(address) & FUTEX_TID_MASK) !== task.tid) throw new SysError(EPERM);
  if (!task.kernel.futexes.handOver(task, address)) task.memory.writeU32(address, 0);
  return 0;
}

const commandOf = ({ words }: ShownCall): number => Number(words[1]! & 0xffff_ffffn) & ~CLOCK_FLAGS;
/** Operations that use a second word, and with it the fourth argument as a count. */
const TWO_WORDS = new Set<number>([
  futex.FUTEX_REQUEUE,
  futex.FUTEX_CMP_REQUEUE,
  futex.FUTEX_WAKE_OP,
  futex.FUTEX_CMP_REQUEUE_PI,
  futex.FUTEX_WAIT_REQUEUE_PI,
]);
/** Operations whose last argument means something. */
const LAST_VALUE = new Set<number>([
  futex.FUTEX_WAIT_BITSET,
  futex.FUTEX_WAKE_BITSET,
  futex.FUTEX_CMP_REQUEUE,
  futex.FUTEX_WAKE_OP,
]);
const timeoutOrCount: Argument<number> = {
  ...pointer,
  show: (raw, call) => {
    const command = commandOf(call);
    if (TIMED.has(command)) return timespec.show(raw, call);
    return TWO_WORDS.has(command) ? uint.show(raw, call) : '';
  },
};
const secondWord: Argument<number> = {
  ...pointer,
  show: (raw, call) => (TWO_WORDS.has(commandOf(call)) ? pointer.show(raw, call) : ''),
};
const lastValue: Argument<number> = {
  ...uint,
  show: (raw, call) => {
    if (!LAST_VALUE.has(commandOf(call))) return '';
    const value = raw & 0xffff_ffffn;
    return value === 0xffff_ffffn ? 'FUTEX_BITSET_MATCH_ANY' : `0x${value.toString(16)}`;
  },
};

export const futexSyscalls: readonly SyscallDeclaration[] = [
  syscall('futex', [pointer, operation, uint, timeoutOrCount, secondWord, lastValue], futexCall, {
    missing: 'FUTEX_FD, FUTEX_WAIT_REQUEUE_PI, FUTEX_CMP_REQUEUE_PI; PI locks do not lend priority',
  }),
];
