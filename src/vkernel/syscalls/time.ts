/** Reading clocks and sleeping: clock_gettime(2), clock_nanosleep(2), nanosleep(2), gettimeofday(2), time(2), times(2), adjtimex(2). */
import { EINVAL, EOPNOTSUPP, EPERM, ERESTART_RESTARTBLOCK, ERESTARTNOHAND, SysError } from '../abi/errno.js';
import { STA_UNSYNC, TIME_ERROR } from '../abi/system.js';
import * as time from '../abi/time.js';
import { clockNs, clockSource } from '../kernel/clocks.js';
import { syscall, type Result, type SyscallDeclaration } from '../kernel/syscall.js';
import type { Task } from '../kernel/task.js';
import { COARSE_TICK_NS } from '../kernel/vdso.js';
import { Wait } from '../kernel/wait.js';
import { nameOf, select, whenShown } from '../strace/names.js';
import { NS_PER_MS } from '../time/clock.js';
import { flags, int, pointer } from './arguments.js';
import * as shown from './structures.js';
import { FOREVER_NS, readTimespec, readTimespecNs, writeTimespec, writeTimeval } from './time-values.js';

const { CLOCK_MONOTONIC_COARSE, CLOCK_MONOTONIC_RAW, CLOCK_REALTIME, CLOCK_REALTIME_COARSE, TIMER_ABSTIME } =
  time;

const CLOCKS = whenShown(() => select(time, 'CLOCK_'));
/** A clockid_t. */
export const clockId = {
  ...int,
  show: (word: bigint) => nameOf(CLOCKS, Number(BigInt.asIntN(32, word)), 'CLOCK'),
};

/** USER_HZ: clock ticks of times(2) last 10 ms. */
const TICK_NS = 10 * NS_PER_MS;

const isCoarse = (id: number): boolean => id === CLOCK_REALTIME_COARSE || id === CLOCK_MONOTONIC_COARSE;

function clockNanosleep(task: Task, id: number, bits: number, request: number, remain: number): Result {
  const { base } = clockSource(task, id);
  if (id === time.CLOCK_THREAD_CPUTIME_ID) throw new SysError(EINVAL);
  if (base === 'process-cpu' || base === 'thread-cpu' || isCoarse(id) || id === CLOCK_MONOTONIC_RAW) {
    throw new SysError(EOPNOTSUPP);
  }
  const absolute = (bits & TIMER_ABSTIME) !== 0;
  if (task.wait !== undefined) return sleepOn(task, task.wait, absolute ? 0 : remain);
  const nowNs = task.kernel.clock.monotonicNs();
  if (!absolute) return sleep(nowNs + readTimespecNs(task.memory, request), nowNs, ERESTART_RESTARTBLOCK);
  if (base === 'realtime') {
    const { clock } = task.kernel;
    const untilRealtimeNs = readTimespec(task.memory, request);
    const wait = new Wait({ untilRealtimeNs, clock, interruptedBy: ERESTARTNOHAND });
    return wait.expired(nowNs) ? 0 : wait;
  }
  const leftNs = Number(readTimespec(task.memory, request) - BigInt(clockNs(task, id)));
  return sleep(nowNs + Math.min(leftNs, FOREVER_NS), nowNs, ERESTARTNOHAND);
}

function nanosleep(task: Task, request: number, remain: number): Result {
  if (task.wait !== undefined) return sleepOn(task, task.wait, remain);
  const nowNs = task.kernel.clock.monotonicNs();
  return sleep(nowNs + readTimespecNs(task.memory, request), nowNs, ERESTART_RESTARTBLOCK);
}

function sleep(deadlineNs: number, nowNs: number, interruptedBy: number): Result {
  return deadlineNs <= nowNs ? 0 : new Wait({ deadlineNs, interruptedBy });
}

/** @param remain where the time that is left goes when a signal ends the sleep; 0: nowhere */
function sleepOn(task: Task, wait: Wait, remain: number): Result {
  const nowNs = task.kernel.clock.monotonicNs();
  if (wait.expired(nowNs)) return 0;
  if (wait.interrupted && remain !== 0) writeTimespec(task.memory, remain, wait.deadlineNs! - nowNs);
  return wait;
}

/** Setting the time needs CAP_SYS_TIME, which nobody has here: the clock is the machine's, and other guests may read it too. */
function clockSettime(task: Task, id: number, address: number): number {
  if (id !== CLOCK_REALTIME) throw new SysError(EINVAL);
  readTimespec(task.memory, address);
  throw new SysError(EPERM);
}

const TIMEX_BYTES = 208;

/** struct timex of a clock that nothing synchronises. */
function adjustTime(task: Task, address: number): number {
  const modes = task.memory.readU32(address);
  if (modes !== 0) throw new SysError(EPERM);
  const view = new DataView(new ArrayBuffer(TIMEX_BYTES));
  const microseconds = task.kernel.clock.realtimeNs() / 1000n;
  view.setBigInt64(24, 16_000_000n, true); // maxerror and esterror: as bad as they get
  view.setBigInt64(32, 16_000_000n, true);
  view.setInt32(40, STA_UNSYNC, true);
  view.setBigInt64(48, 2n, true); // constant
  view.setBigInt64(56, 1n, true); // precision, in microseconds
  view.setBigInt64(64, 32_768_000n, true); // tolerance
  view.setBigInt64(72, microseconds / 1_000_000n, true);
  view.setBigInt64(80, microseconds % 1_000_000n, true);
  view.setBigInt64(88, 10_000n, true); // tick
  task.memory.copyOut(address, new Uint8Array(view.buffer));
  return TIME_ERROR;
}

function times(task: Task, address: number): number {
  const { process, kernel } = task;
  if (address !== 0) {
    const view = new DataView(new ArrayBuffer(32));
    const own = process.usage();
    const { childrenUsage: children } = process;
    [own.userNs, own.systemNs, children.userNs, children.systemNs].forEach((ns, i) =>
      view.setBigInt64(i * 8, BigInt(Math.floor(ns / TICK_NS)), true),
    );
    task.memory.copyOut(address, new Uint8Array(view.buffer));
  }
  return Math.floor(kernel.clock.monotonicNs() / TICK_NS);
}

/** `1795447230 (2026-11-23T15:20:30+0000)`. */
const dateText = (seconds: number): string =>
  `${seconds} (${new Date(seconds * 1000).toISOString().replace(/\..*/, '')}+0000)`;

const sleepFlags = flags({ TIMER_ABSTIME });

export const timeSyscalls: readonly SyscallDeclaration[] = [
  syscall('clock_gettime', [clockId, shown.timespecOut], (task, id, address) => {
    writeTimespec(task.memory, address, clockNs(task, id));
    return 0;
  }),
  syscall('clock_getres', [clockId, shown.timespecOut], (task, id, address) => {
    clockSource(task, id);
    if (address !== 0) writeTimespec(task.memory, address, isCoarse(id) ? COARSE_TICK_NS : 1);
    return 0;
  }),
  syscall('clock_settime', [clockId, shown.timespec], clockSettime, { missing: 'always EPERM' }),
  syscall('clock_nanosleep', [clockId, sleepFlags, shown.timespec, shown.remainingTimespec], clockNanosleep, {
    missing: 'CPU-time clocks are EOPNOTSUPP',
  }),
  syscall('nanosleep', [shown.timespec, shown.remainingTimespec], nanosleep),
  syscall('gettimeofday', [shown.timevalOut, pointer], (task, address, zone) => {
    if (address !== 0) writeTimeval(task.memory, address, task.kernel.clock.realtimeNs());
    if (zone !== 0) task.memory.clear(zone, 8); // UTC
    return 0;
  }),
  syscall(
    'settimeofday',
    [shown.timeval, pointer],
    () => {
      throw new SysError(EPERM);
    },
    { missing: 'always EPERM' },
  ),
  syscall(
    'time',
    [pointer],
    (task, address) => {
      // As on Linux it is the coarse clock's.
      const seconds = Number(task.kernel.vdso.realtimeNs / 1_000_000_000n);
      if (address !== 0) task.memory.writeNumber64(address, seconds);
      return seconds;
    },
    { showResult: dateText },
  ),
  syscall('times', [shown.tmsOut], times),
  syscall('adjtimex', [pointer], adjustTime, { missing: 'reading only' }),
  syscall(
    'clock_adjtime',
    [clockId, pointer],
    (task, id, address) => {
      if (id !== CLOCK_REALTIME) throw new SysError(clockSource(task, id) ? EOPNOTSUPP : EINVAL);
      return adjustTime(task, address);
    },
    { missing: 'reading CLOCK_REALTIME only' },
  ),
];
