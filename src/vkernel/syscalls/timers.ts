/** Timers that send signals: setitimer(2), alarm(2), timer_create(2) and its kin. */
import { EAGAIN, EINVAL, EOPNOTSUPP, SysError } from '../abi/errno.js';
import { RLIMIT_SIGPENDING } from '../abi/resource.js';
import { SIGALRM, SIGRTMAX } from '../abi/signal.js';
import * as time from '../abi/time.js';
import type { Notification, PosixTimer } from '../kernel/posix-timer.js';
import { pendingOfUser } from '../kernel/signal-send.js';
import { syscall, type SyscallDeclaration } from '../kernel/syscall.js';
import type { Task } from '../kernel/task.js';
import {
  createPosixTimer,
  getIntervalTimer,
  getOverrun,
  getPosixTimer,
  setIntervalTimer,
  setPosixTimer,
  type IntervalTimerId,
  type TimerSetting,
} from '../kernel/timers.js';
import { NS_PER_SECOND } from '../time/clock.js';
import { flags, int, oneOf, uint } from './arguments.js';
import * as shown from './structures.js';
import { clockId } from './time.js';
import { readTimespec, readTimevalNs, writeTimespec, writeTimeval } from './time-values.js';

const {
  ITIMER_PROF,
  ITIMER_REAL,
  ITIMER_VIRTUAL,
  SIGEV_NONE,
  SIGEV_SIGNAL,
  SIGEV_THREAD,
  SIGEV_THREAD_ID,
  TIMER_ABSTIME,
} = time;

const which = oneOf({ ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF }, 'ITIMER');

function assertIntervalTimer(id: number): asserts id is IntervalTimerId {
  if (id < ITIMER_REAL || id > ITIMER_PROF) throw new SysError(EINVAL);
}

function writeIntervalTimer(
  { memory }: Task,
  address: number,
  { leftNs, intervalNs }: TimerSetting<number>,
): void {
  writeTimeval(memory, address, intervalNs);
  writeTimeval(memory, address + 16, leftNs);
}

function getitimer(task: Task, id: number, address: number): number {
  assertIntervalTimer(id);
  writeIntervalTimer(task, address, getIntervalTimer(task.process, id));
  return 0;
}

function setitimer(task: Task, id: number, value: number, old: number): number {
  assertIntervalTimer(id);
  // A null pointer disarms, which Linux keeps for old programs.
  const setting: TimerSetting<number> =
    value === 0
      ? { leftNs: 0, intervalNs: 0 }
      : { intervalNs: readTimevalNs(task.memory, value), leftNs: readTimevalNs(task.memory, value + 16) };
  const before = setIntervalTimer(task.process, id, setting);
  if (old !== 0) writeIntervalTimer(task, old, before);
  return 0;
}

/** @returns the seconds that were left, rounded, but never 0 for a timer that was armed */
function alarm(task: Task, seconds: number): number {
  const before = setIntervalTimer(task.process, ITIMER_REAL, {
    leftNs: seconds * NS_PER_SECOND,
    intervalNs: 0,
  });
  const leftSeconds = Math.round(before.leftNs / NS_PER_SECOND);
  return before.leftNs > 0 ? Math.max(leftSeconds, 1) : 0;
}

/** Clocks one can read but not wait for. */
const TIMERLESS = new Set<number>([
  time.CLOCK_MONOTONIC_RAW,
  time.CLOCK_REALTIME_COARSE,
  time.CLOCK_MONOTONIC_COARSE,
  time.CLOCK_REALTIME_ALARM, // the alarm clocks need a real-time clock that can wake the machine
  time.CLOCK_BOOTTIME_ALARM,
]);

/** @throws SysError EINVAL for a notification there is not */
function readNotification(task: Task, address: number): Notification {
  const { memory } = task;
  const value = memory.readU64(address);
  const signo = memory.readI32(address + 8);
  const notify = memory.readI32(address + 12);
  const tid = memory.readI32(address + 16);
  const method = notify & ~SIGEV_THREAD_ID;
  if (method !== SIGEV_SIGNAL && notify !== SIGEV_THREAD && notify !== SIGEV_NONE) throw new SysError(EINVAL);
  if (notify & SIGEV_THREAD_ID && !task.process.tasks.has(tid)) throw new SysError(EINVAL);
  if (notify !== SIGEV_NONE && (signo < 1 || signo > SIGRTMAX)) throw new SysError(EINVAL);
  return { notify, signo, value, tid: notify & SIGEV_THREAD_ID ? tid : 0 };
}

function timerCreate(task: Task, clock: number, eventAddress: number, idAddress: number): number {
  if (TIMERLESS.has(clock)) throw new SysError(EOPNOTSUPP);
  const { timers, limits } = task.process;
  if (pendingOfUser(task.process) >= limits.soft(RLIMIT_SIGPENDING)) throw new SysError(EAGAIN);
  const event = eventAddress === 0 ? undefined : readNotification(task, eventAddress);
  task.memory.writeU32(idAddress, timers.nextId);
  createPosixTimer(
    task,
    clock,
    (id) => event ?? { notify: SIGEV_SIGNAL, signo: SIGALRM, value: BigInt(id), tid: 0 },
  );
  return 0;
}

/** @throws SysError EINVAL */
function timerOf(task: Task, id: number): PosixTimer {
  const timer = task.process.timers.posix.get(id);
  if (timer === undefined) throw new SysError(EINVAL);
  return timer;
}

function writePosixTimer(
  { memory }: Task,
  address: number,
  { leftNs, intervalNs }: TimerSetting<bigint>,
): void {
  writeTimespec(memory, address, intervalNs);
  writeTimespec(memory, address + 16, leftNs);
}

function timerSettime(task: Task, id: number, bits: number, value: number, old: number): number {
  if (value === 0) throw new SysError(EINVAL);
  const intervalNs = readTimespec(task.memory, value);
  const leftNs = readTimespec(task.memory, value + 16);
  const before = setPosixTimer(task, timerOf(task, id), { leftNs, intervalNs }, (bits & TIMER_ABSTIME) !== 0);
  if (old !== 0) writePosixTimer(task, old, before);
  return 0;
}

export const timerSyscalls: readonly SyscallDeclaration[] = [
  syscall('getitimer', [which, shown.itimervalOut], getitimer),
  syscall('setitimer', [which, shown.itimerval, shown.itimervalOut], setitimer),
  syscall('alarm', [uint], alarm),
  syscall('timer_create', [clockId, shown.sigevent, shown.intOut], timerCreate, {
    missing:
      'the CPU clocks of other processes; the alarm clocks are EOPNOTSUPP, as without a real-time clock',
  }),
  syscall(
    'timer_settime',
    [int, flags({ TIMER_ABSTIME }), shown.itimerspec, shown.itimerspecOut],
    timerSettime,
  ),
  syscall('timer_gettime', [int, shown.itimerspecOut], (task, id, address) => {
    writePosixTimer(task, address, getPosixTimer(task.process, timerOf(task, id)));
    return 0;
  }),
  syscall('timer_getoverrun', [int], (task, id) => getOverrun(task.process, timerOf(task, id))),
  syscall('timer_delete', [int], (task, id) => {
    task.process.timers.posix.delete(timerOf(task, id).id);
    return 0;
  }),
];
