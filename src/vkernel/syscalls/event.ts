/** eventfd(2) and timerfd_create(2). */
import { EINVAL, SysError } from '../abi/errno.js';
import { O_CLOEXEC, O_NONBLOCK, O_RDWR } from '../abi/fcntl.js';
import { CLOCK_BOOTTIME, CLOCK_MONOTONIC, CLOCK_REALTIME, TIMER_ABSTIME } from '../abi/time.js';
import { EventFile } from '../fs/anon/event-file.js';
import { TimerFile, type TimerSpan } from '../fs/anon/timer-file.js';
import { syscall, type SyscallDeclaration } from '../kernel/syscall.js';
import type { Task } from '../kernel/task.js';
import { fd, flags, oneOf, uint } from './arguments.js';
import { descriptorLimit } from './file-lookup.js';
import { anonFs } from './internal-fs.js';
import { itimerspec, itimerspecOut } from './structures.js';
import { readTimespec, writeTimespec } from './time-values.js';

const EFD_SEMAPHORE = 1;
const EFD = { EFD_SEMAPHORE, EFD_CLOEXEC: O_CLOEXEC, EFD_NONBLOCK: O_NONBLOCK };

function eventfd(task: Task, initial: number, given: number): number {
  if ((given & ~(EFD_SEMAPHORE | O_CLOEXEC | O_NONBLOCK)) !== 0) throw new SysError(EINVAL);
  const fs = anonFs(task.kernel);
  const status = O_RDWR | (given & O_NONBLOCK);
  const file = new EventFile(
    fs.root,
    status,
    fs.location('[eventfd]'),
    initial,
    (given & EFD_SEMAPHORE) !== 0,
  );
  return task.files.installNew(file, descriptorLimit(task), (given & O_CLOEXEC) !== 0);
}

const TFD = { TFD_CLOEXEC: O_CLOEXEC, TFD_NONBLOCK: O_NONBLOCK };
const TFD_TIMER_CANCEL_ON_SET = 2;

function timerCreate(task: Task, clockId: number, given: number): number {
  if ((given & ~(O_CLOEXEC | O_NONBLOCK)) !== 0) throw new SysError(EINVAL);
  if (clockId !== CLOCK_REALTIME && clockId !== CLOCK_MONOTONIC && clockId !== CLOCK_BOOTTIME)
    throw new SysError(EINVAL);
  const fs = anonFs(task.kernel);
  const status = O_RDWR | (given & O_NONBLOCK);
  const base = clockId === CLOCK_REALTIME ? 'realtime' : 'monotonic';
  const file = new TimerFile(fs.root, status, fs.location('[timerfd]'), task.kernel.clock, base);
  return task.files.installNew(file, descriptorLimit(task), (given & O_CLOEXEC) !== 0);
}

/** @throws SysError EBADF, EINVAL for another kind of file */
function timerOf(task: Task, descriptor: number): TimerFile {
  const file = task.files.get(descriptor);
  if (!(file instanceof TimerFile)) throw new SysError(EINVAL);
  return file;
}

function writeSpan(task: Task, address: number, span: TimerSpan): void {
  writeTimespec(task.memory, address, span.intervalNs);
  writeTimespec(task.memory, address + 16, span.leftNs);
}

function setTime(task: Task, descriptor: number, given: number, address: number, oldAddress: number): number {
  const { memory } = task;
  const span = { intervalNs: readTimespec(memory, address), leftNs: readTimespec(memory, address + 16) };
  if ((given & ~(TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET)) !== 0) throw new SysError(EINVAL);
  const before = timerOf(task, descriptor).set(span, (given & TIMER_ABSTIME) !== 0);
  if (oldAddress !== 0) writeSpan(task, oldAddress, before);
  return 0;
}

const timerFlags = flags({ TFD_TIMER_ABSTIME: TIMER_ABSTIME, TFD_TIMER_CANCEL_ON_SET });

export const eventSyscalls: readonly SyscallDeclaration[] = [
  syscall('eventfd', [uint], (task, initial) => eventfd(task, initial, 0)),
  syscall('eventfd2', [uint, flags(EFD)], eventfd),
  syscall(
    'timerfd_create',
    [oneOf({ CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME }, 'CLOCK'), flags(TFD)],
    timerCreate,
    {
      missing: 'no alarm clocks',
    },
  ),
  syscall('timerfd_settime', [fd, timerFlags, itimerspec, itimerspecOut], setTime, {
    missing: 'TFD_TIMER_CANCEL_ON_SET does nothing: the clock is never set',
  }),
  syscall('timerfd_gettime', [fd, itimerspecOut], (task, descriptor, address) => {
    writeSpan(task, address, timerOf(task, descriptor).get());
    return 0;
  }),
];
