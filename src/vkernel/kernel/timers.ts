/** Arming, reading and expiring the timers of a process. The scheduler asks between quanta, see posix-timer.ts for the data. */
import { setOf } from '../../ckpt/state/codecs.js';
import { ref } from '../../ckpt/state/references.js';
import { savable } from '../../ckpt/state/savable.js';
import { RLIMIT_CPU } from '../abi/resource.js';
import { SI_KERNEL, SI_TIMER, SIGALRM, SIGKILL, SIGPROF, SIGVTALRM, SIGXCPU } from '../abi/signal.js';
import { ITIMER_PROF, ITIMER_REAL, ITIMER_VIRTUAL, SIGEV_NONE, SIGEV_THREAD_ID } from '../abi/time.js';
import { SigInfo } from '../arch/siginfo.js';
import { NS_PER_SECOND } from '../time/clock.js';
import { baseNs, clockSource } from './clocks.js';
import { PosixTimer, type IntervalTimer, type Notification, type TimeBase } from './posix-timer.js';
import { Process } from './process.js';
import { sendToProcess, sendToTask } from './signal-send.js';
import type { Task } from './task.js';

/** The most timer_getoverrun(2) says (DELAYTIMER_MAX). */
const OVERRUN_MAX = 0x7fff_ffff;

/** Which processes have timers that run by themselves: an index of what their ProcessTimers say. */
export class KernelTimers {
  readonly armed = new Set<Process>();

  /** The monotonic time, in nanoseconds, at which the next timer expires; undefined if none will. */
  nextDeadlineNs(): number | undefined {
    let earliest: number | undefined;
    for (const process of this.armed) {
      const deadlineNs = nextTimerNs(process);
      if (deadlineNs !== undefined && (earliest === undefined || deadlineNs < earliest))
        earliest = deadlineNs;
    }
    return earliest;
  }

  /** Sends the signals of all timers that are due. */
  expire(nowNs: number): void {
    for (const process of this.armed) {
      expireTimers(process, nowNs);
      if (nextTimerNs(process) === undefined) this.armed.delete(process);
    }
  }

  /** The process is gone, and its timers with it. */
  dropProcess(process: Process): void {
    process.timers.clear();
    this.armed.delete(process);
  }
}

savable('KernelTimers', KernelTimers, { armed: setOf(ref(() => Process)) });

/** What setitimer and timer_settime set and report: time left and period, in nanoseconds. 0 left: disarmed. */
export interface TimerSetting<N> {
  readonly leftNs: N;
  readonly intervalNs: N;
}

/** The earliest monotonic time, in nanoseconds, at which a timer of the process expires; undefined if none will by itself. */
function nextTimerNs(process: Process): number | undefined {
  const { timers } = process;
  let next = timers.real.expiryNs;
  for (const timer of timers.posix.values()) {
    if (timer.expiryNs === undefined || isCpuBase(timer.base)) continue;
    const leftNs = Number(timer.expiryNs - baseNs(process, timer.base, 0));
    const atNs = process.kernel.clock.monotonicNs() + Math.max(leftNs, 0);
    if (next === undefined || atNs < next) next = atNs;
  }
  return next;
}

/** Sends the signals of everything that is due on the clocks that run by themselves. */
function expireTimers(process: Process, nowNs: number): void {
  const { timers } = process;
  if (timers.real.expiryNs !== undefined) {
    timers.real = expireInterval(process, timers.real, nowNs, SIGALRM);
  }
  for (const timer of timers.posix.values()) {
    if (timer.expiryNs !== undefined && !isCpuBase(timer.base)) expirePosix(process, timer);
  }
}

/** The same for CPU time: to be called when time was added to a task of the process. */
export function expireCpuTimers(process: Process): void {
  const { timers } = process;
  if (timers.virtual.expiryNs !== undefined) {
    timers.virtual = expireInterval(process, timers.virtual, process.userNs, SIGVTALRM);
  }
  if (timers.profile.expiryNs !== undefined) {
    timers.profile = expireInterval(process, timers.profile, process.userNs + process.systemNs, SIGPROF);
  }
  if (timers.posix.size > 0) {
    for (const timer of timers.posix.values()) {
      if (timer.expiryNs !== undefined && isCpuBase(timer.base)) expirePosix(process, timer);
    }
  }
  const limit = process.limits.get(RLIMIT_CPU);
  if (limit.soft !== Infinity || limit.hard !== Infinity) enforceCpuLimit(process);
}

/** RLIMIT_CPU (getrlimit(2)): SIGXCPU at the soft limit and each second from then on, SIGKILL at the hard one. */
function enforceCpuLimit(process: Process): void {
  const { soft, hard } = process.limits.get(RLIMIT_CPU);
  const seconds = Math.floor((process.userNs + process.systemNs) / NS_PER_SECOND);
  if (seconds >= hard) {
    sendToProcess(process, new SigInfo(SIGKILL, SI_KERNEL));
  } else if (seconds >= soft) {
    sendToProcess(process, new SigInfo(SIGXCPU, SI_KERNEL));
    // This is how Linux remembers when the next one is due; getrlimit shows it.
    process.limits.set(RLIMIT_CPU, { soft: seconds + 1, hard });
  }
}

function isCpuBase(base: TimeBase): boolean {
  return base === 'process-cpu' || base === 'thread-cpu';
}

function expireInterval(process: Process, timer: IntervalTimer, nowNs: number, signo: number): IntervalTimer {
  const { expiryNs, intervalNs } = timer;
  if (expiryNs === undefined || nowNs < expiryNs) return timer;
  sendToProcess(process, new SigInfo(signo, SI_KERNEL));
  if (intervalNs === 0) return { expiryNs: undefined, intervalNs: 0 };
  const periods = Math.floor((nowNs - expiryNs) / intervalNs) + 1;
  return { expiryNs: expiryNs + periods * intervalNs, intervalNs };
}

function expirePosix(process: Process, timer: PosixTimer): void {
  const expiryNs = timer.expiryNs!;
  const nowNs = baseNs(process, timer.base, timer.cpuOwner);
  if (nowNs < expiryNs) return;
  let expiries = 1;
  if (timer.intervalNs === 0n) {
    timer.expiryNs = undefined;
  } else {
    const periods = (nowNs - expiryNs) / timer.intervalNs + 1n;
    timer.expiryNs = expiryNs + periods * timer.intervalNs;
    expiries = Number(periods);
  }
  if (timer.notification.notify !== SIGEV_NONE) notify(process, timer, expiries);
}

/** One signal stands for all expiries until it is taken: those that follow only count up its si_overrun. */
function notify(process: Process, timer: PosixTimer, expiries: number): void {
  const { signo, value } = timer.notification;
  const target = targetOf(process, timer);
  if (target === undefined) return; // the thread has ended
  if (isPending(target, timer)) {
    timer.overrun = Math.min(timer.overrun + expiries, OVERRUN_MAX);
    new DataView(timer.signal!.fields.buffer, timer.signal!.fields.byteOffset).setInt32(
      4,
      timer.overrun,
      true,
    );
    return;
  }
  timer.overrunBefore = timer.overrun;
  timer.overrun = Math.min(expiries - 1, OVERRUN_MAX);
  timer.signal = SigInfo.timer(signo, SI_TIMER, timer.id, timer.overrun, value);
  if (target === process) sendToProcess(process, timer.signal);
  else sendToTask(target as Task, timer.signal);
}

/** Whom the timer tells. */
function targetOf(
  process: Process,
  { notification: { notify, tid } }: PosixTimer,
): Process | Task | undefined {
  return notify & SIGEV_THREAD_ID ? process.tasks.get(tid) : process;
}

/** The timer's last signal has not been taken yet. */
function isPending(target: Process | Task, { signal }: PosixTimer): boolean {
  return signal !== undefined && target.pending.queued.includes(signal);
}

/** timer_getoverrun(2): of the signal that was taken last. */
export function getOverrun(process: Process, timer: PosixTimer): number {
  const target = targetOf(process, timer);
  return target !== undefined && isPending(target, timer) ? timer.overrunBefore : timer.overrun;
}

const INTERVAL_TIMERS = {
  [ITIMER_REAL]: { field: 'real', nowNs: (process: Process) => process.kernel.clock.monotonicNs() },
  [ITIMER_VIRTUAL]: { field: 'virtual', nowNs: (process: Process) => process.userNs },
  [ITIMER_PROF]: { field: 'profile', nowNs: (process: Process) => process.userNs + process.systemNs },
} as const;

export type IntervalTimerId = keyof typeof INTERVAL_TIMERS;

/** getitimer(2). A timer that is due but not yet taken off has a microsecond left: 0 would say that it is disarmed. */
export function getIntervalTimer(process: Process, which: IntervalTimerId): TimerSetting<number> {
  const { field, nowNs } = INTERVAL_TIMERS[which];
  const { expiryNs, intervalNs } = process.timers[field];
  if (expiryNs === undefined) return { leftNs: 0, intervalNs };
  return { leftNs: Math.max(expiryNs - nowNs(process), 1000), intervalNs };
}

/** setitimer(2). @returns what it was before */
export function setIntervalTimer(
  process: Process,
  which: IntervalTimerId,
  setting: TimerSetting<number>,
): TimerSetting<number> {
  const before = getIntervalTimer(process, which);
  const { field, nowNs } = INTERVAL_TIMERS[which];
  const { leftNs, intervalNs } = setting;
  const expiryNs =
    leftNs === 0 ? undefined : Math.min(Math.round(nowNs(process)) + leftNs, Number.MAX_SAFE_INTEGER);
  process.timers[field] = { expiryNs, intervalNs };
  if (which === ITIMER_REAL) process.kernel.timers.armed.add(process);
  return before;
}

/** timer_create(2): a timer that is not armed yet. @throws SysError EINVAL for a clock there is not */
export function createPosixTimer(
  task: Task,
  clockId: number,
  notification: (id: number) => Notification,
): PosixTimer {
  const { base, id: owner } = clockSource(task, clockId);
  const { timers } = task.process;
  const id = timers.nextId++;
  const timer = new PosixTimer(id, clockId, isCpuBase(base) ? owner : 0, notification(id));
  timer.base = base;
  timers.posix.set(id, timer);
  return timer;
}

/** timer_gettime(2). */
export function getPosixTimer(process: Process, timer: PosixTimer): TimerSetting<bigint> {
  const { expiryNs, intervalNs } = timer;
  if (expiryNs === undefined) return { leftNs: 0n, intervalNs };
  const leftNs = expiryNs - baseNs(process, timer.base, timer.cpuOwner);
  // One that never signals is not re-armed by anybody: it just shows where in its period it is.
  if (leftNs <= 0n && timer.notification.notify === SIGEV_NONE && intervalNs === 0n)
    return { leftNs: 0n, intervalNs };
  return { leftNs: leftNs > 0n ? leftNs : 1n, intervalNs };
}

/** timer_settime(2). `leftNs` is a point of the timer's clock when `absolute`. @returns what it was before */
export function setPosixTimer(
  task: Task,
  timer: PosixTimer,
  setting: TimerSetting<bigint>,
  absolute: boolean,
): TimerSetting<bigint> {
  const { process } = task;
  const before = getPosixTimer(process, timer);
  // A CPU clock was found when the timer was made: it is not the caller's, and its thread may be gone.
  const base = isCpuBase(timer.base) ? timer.base : clockSource(task, timer.clockId).base;
  timer.base = base === 'realtime' && !absolute ? 'monotonic' : base;
  timer.intervalNs = setting.intervalNs;
  timer.signal = undefined;
  timer.overrun = timer.overrunBefore = 0;
  if (setting.leftNs === 0n) timer.expiryNs = undefined;
  else if (absolute) timer.expiryNs = setting.leftNs;
  else timer.expiryNs = baseNs(process, timer.base, timer.cpuOwner) + setting.leftNs;
  process.kernel.timers.armed.add(process);
  return before;
}
