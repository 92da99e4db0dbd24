/** What each clockid_t reads (clock_gettime(2)). */
import { EINVAL, SysError } from '../abi/errno.js';
import {
  CLOCK_BOOTTIME,
  CLOCK_BOOTTIME_ALARM,
  CLOCK_MONOTONIC,
  CLOCK_MONOTONIC_COARSE,
  CLOCK_MONOTONIC_RAW,
  CLOCK_PROCESS_CPUTIME_ID,
  CLOCK_REALTIME,
  CLOCK_REALTIME_ALARM,
  CLOCK_REALTIME_COARSE,
  CLOCK_TAI,
  CLOCK_THREAD_CPUTIME_ID,
} from '../abi/time.js';
import type { TimeBase } from './posix-timer.js';
import type { Process } from './process.js';
import type { Task } from './task.js';

/** A clock as this kernel sees it. `id` is the process or thread of a CPU clock, else 0. */
export interface ClockSource {
  readonly base: TimeBase;
  readonly id: number;
}

const REALTIME: ClockSource = { base: 'realtime', id: 0 };
const MONOTONIC: ClockSource = { base: 'monotonic', id: 0 };

// A virtual machine that is frozen does not sleep: boot time is monotonic time, and nothing adjusts the raw clock.
const FIXED = new Map<number, ClockSource>([
  [CLOCK_REALTIME, REALTIME],
  [CLOCK_REALTIME_COARSE, REALTIME],
  [CLOCK_REALTIME_ALARM, REALTIME],
  [CLOCK_TAI, REALTIME],
  [CLOCK_MONOTONIC, MONOTONIC],
  [CLOCK_MONOTONIC_COARSE, MONOTONIC],
  [CLOCK_MONOTONIC_RAW, MONOTONIC],
  [CLOCK_BOOTTIME, MONOTONIC],
  [CLOCK_BOOTTIME_ALARM, MONOTONIC],
]);

/** The clocks of clock_getcpuclockid(3) are negative: ~id << 3, 4 for a thread, and which time in the low two bits. */
const PER_THREAD = 4;
const WHICH = 3;
const NOT_A_CPU_CLOCK = 3;

/** @throws SysError EINVAL for a clock there is not, and for the CPU clock of a thread or process there is not */
export function clockSource(task: Task, clockId: number): ClockSource {
  const fixed = FIXED.get(clockId);
  if (fixed) return fixed;
  if (clockId === CLOCK_PROCESS_CPUTIME_ID) return { base: 'process-cpu', id: task.process.pid };
  if (clockId === CLOCK_THREAD_CPUTIME_ID) return { base: 'thread-cpu', id: task.tid };
  if (clockId >= 0 || (clockId & WHICH) === NOT_A_CPU_CLOCK) throw new SysError(EINVAL);
  const id = ~(clockId >> 3);
  if (clockId & PER_THREAD) {
    // Only the threads of one's own process have a clock one may read.
    if (id !== 0 && !task.process.tasks.has(id)) throw new SysError(EINVAL);
    return { base: 'thread-cpu', id: id || task.tid };
  }
  if (id !== 0 && id !== task.process.pid) throw new SysError(EINVAL);
  return { base: 'process-cpu', id: task.process.pid };
}

/** What the present turn adds to the CPU time of a process, or of one thread of it. */
function runningNs(process: Process, task: Task | undefined): number {
  const { kernel } = process;
  const { running, turnStartNs } = kernel.scheduler;
  if (running === undefined || (task === undefined ? running.process !== process : running !== task))
    return 0;
  return Math.max(0, kernel.clock.monotonicNs() - turnStartNs);
}

/**
 * Nanoseconds of a time base now.
 * @param id the thread of `thread-cpu`; a thread that has ended is where it stopped: at 0
 */
export function baseNs(process: Process, base: TimeBase, id: number): bigint {
  switch (base) {
    case 'realtime':
      return process.kernel.clock.realtimeNs();
    case 'monotonic':
      return BigInt(process.kernel.clock.monotonicNs());
    case 'process-cpu':
      return BigInt(Math.round(process.userNs + process.systemNs + runningNs(process, undefined)));
    case 'thread-cpu': {
      const task = process.tasks.get(id);
      return task ? BigInt(Math.round(task.userNs + task.systemNs + runningNs(process, task))) : 0n;
    }
  }
}

/** @throws SysError EINVAL as clockSource does */
export function clockNs(task: Task, clockId: number): number | bigint {
  const { vdso, clock } = task.kernel;
  // The coarse clocks are those of the vDSO's data page: whoever asks both ways never sees one go back.
  if (clockId === CLOCK_REALTIME_COARSE) return vdso.realtimeNs;
  if (clockId === CLOCK_MONOTONIC_COARSE) return vdso.monotonicNs;
  if (clockId === CLOCK_MONOTONIC) return clock.monotonicNs();
  const { base, id } = clockSource(task, clockId);
  return baseNs(task.process, base, id);
}
