/** Waiting for several files: poll(2), ppoll(2), select(2), pselect6(2). */
import { EBADF, EINVAL, ERESTARTNOHAND, ERESTART_RESTARTBLOCK, SysError } from '../abi/errno.js';
import {
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLNVAL,
  POLLOUT,
  POLLPRI,
  POLLRDBAND,
  POLLRDNORM,
  POLLWRBAND,
  POLLWRNORM,
} from '../abi/poll.js';
import { setTemporaryMask } from '../kernel/signal-mask.js';
import { syscall, type Result, type SyscallDeclaration } from '../kernel/syscall.js';
import type { Task } from '../kernel/task.js';
import { Wait } from '../kernel/wait.js';
import { NS_PER_MS } from '../time/clock.js';
import type { OpenFile } from '../vfs/open-file.js';
import { int, pointer, size, uint } from './arguments.js';
import { descriptorLimit } from './file-lookup.js';
import { FileWait, waitForFiles } from './file-wait.js';
import { fdSet, pollfds, pollResult, sigset, timespec, timeval } from './structures.js';
import { readTimespecNs, readTimevalNs, writeTimespec, writeTimeval } from './time-values.js';

const POLLFD_BYTES = 8;
const SIGSET_BYTES = 8;

/** What a mask given to a waiting call means: replaced for the time of the call. @throws SysError EINVAL, EFAULT */
export function useMask(task: Task, address: number, sizeBytes: number): void {
  if (address === 0) return;
  if (sizeBytes !== SIGSET_BYTES) throw new SysError(EINVAL);
  setTemporaryMask(task, task.memory.readU64(address));
}

function poll(
  task: Task,
  address: number,
  count: number,
  timeoutNs: number | undefined,
  interruptedBy: number,
): Result {
  if (count > descriptorLimit(task)) throw new SysError(EINVAL);
  const on: OpenFile[] = [];
  let ready = 0;
  for (let i = 0; i < count; i++) {
    const at = address + i * POLLFD_BYTES;
    const events = pollOne(task, task.memory.readI32(at), task.memory.readU16(at + 4), on);
    task.memory.writeU16(at + 6, events);
    if (events !== 0) ready++;
  }
  return ready > 0 ? ready : (waitForFiles(task, on, timeoutNs, interruptedBy) ?? 0);
}

function pollOne(task: Task, descriptor: number, events: number, on: OpenFile[]): number {
  if (descriptor < 0) return 0;
  if (!task.files.has(descriptor)) return POLLNVAL;
  const file = task.files.getAny(descriptor);
  on.push(file);
  return file.poll() & (events | POLLERR | POLLHUP | POLLNVAL);
}

/** How a struct of the caller says how long to wait; what is left of it is written back when the call ends. */
interface TimeFormat {
  readonly read: typeof readTimespecNs;
  readonly write: typeof writeTimespec;
}
const TIMESPEC: TimeFormat = { read: readTimespecNs, write: writeTimespec };
const TIMEVAL: TimeFormat = { read: readTimevalNs, write: writeTimeval };

/** Runs a wait whose timeout lies at `address` (0: for ever), and writes back what is left (select(2), NOTES). */
function withTimeout(
  task: Task,
  address: number,
  format: TimeFormat,
  run: (timeoutNs: number | undefined) => Result,
): Result {
  const { wait } = task;
  const timeoutNs = address === 0 || wait !== undefined ? undefined : format.read(task.memory, address);
  const result = run(timeoutNs);
  if (address === 0 || (result instanceof Wait && !result.interrupted)) return result;
  const deadlineNs = wait?.detail instanceof FileWait ? wait.detail.deadlineNs : undefined;
  const left =
    deadlineNs === undefined ? timeoutNs : Math.max(0, deadlineNs - task.kernel.clock.monotonicNs());
  if (left !== undefined) format.write(task.memory, address, left);
  return result;
}

const WORD_BYTES = 8;
/** What makes a descriptor of each set ready (select(2), "Correspondence between select() and poll() notifications"). */
const SETS = [
  POLLRDNORM | POLLRDBAND | POLLIN | POLLHUP | POLLERR,
  POLLWRNORM | POLLWRBAND | POLLOUT | POLLERR,
  POLLPRI,
] as const;

function select(
  task: Task,
  count: number,
  addresses: readonly number[],
  timeoutNs: number | undefined,
): Result {
  if (count < 0) throw new SysError(EINVAL);
  // Bits beyond the table cannot be open descriptors; Linux does not even read them.
  const bits = Math.min(count, task.files.capacity);
  const bytes = Math.ceil(bits / 64) * WORD_BYTES;
  const sets = addresses.map((address) => (address === 0 ? undefined : task.memory.copyIn(address, bytes)));
  const results = sets.map((set) => (set === undefined ? undefined : new Uint8Array(bytes)));
  const on: OpenFile[] = [];
  let ready = 0;
  for (let descriptor = 0; descriptor < bits; descriptor++) {
    const index = descriptor >> 3;
    const bit = 1 << (descriptor & 7);
    if (!sets.some((set) => set !== undefined && (set[index]! & bit) !== 0)) continue;
    if (!task.files.has(descriptor)) throw new SysError(EBADF);
    const file = task.files.get(descriptor);
    on.push(file);
    const events = file.poll();
    for (const [i, mask] of SETS.entries()) {
      if (sets[i] === undefined || (sets[i][index]! & bit) === 0 || (events & mask) === 0) continue;
      results[i]![index]! |= bit;
      ready++;
    }
  }
  const outcome = ready > 0 ? ready : (waitForFiles(task, on, timeoutNs, ERESTARTNOHAND) ?? 0);
  // The sets stay as they were while the call waits, or a signal interrupts it: it may run again.
  if (outcome instanceof Wait) return outcome;
  for (const [i, address] of addresses.entries())
    if (address !== 0) task.memory.copyOut(address, results[i]!);
  return outcome;
}

/** pselect6's last argument: a pointer to a mask, and its size. */
function usePackedMask(task: Task, address: number): void {
  if (address === 0) return;
  useMask(task, task.memory.readNumber64(address), task.memory.readNumber64(address + 8));
}

const shownResult = { showResult: pollResult };

export const pollSyscalls: readonly SyscallDeclaration[] = [
  syscall(
    'poll',
    [pollfds, uint, int],
    (task, address, count, timeoutMs) =>
      poll(task, address, count, timeoutMs < 0 ? undefined : timeoutMs * NS_PER_MS, ERESTART_RESTARTBLOCK),
    shownResult,
  ),
  syscall(
    'ppoll',
    [pollfds, uint, timespec, sigset, size],
    (task, address, count, timeout, mask, maskBytes) => {
      useMask(task, mask, maskBytes);
      return withTimeout(task, timeout, TIMESPEC, (ns) => poll(task, address, count, ns, ERESTARTNOHAND));
    },
    shownResult,
  ),
  syscall('select', [int, fdSet, fdSet, fdSet, timeval], (task, count, read, write, except, timeout) =>
    withTimeout(task, timeout, TIMEVAL, (ns) => select(task, count, [read, write, except], ns)),
  ),
  syscall(
    'pselect6',
    [int, fdSet, fdSet, fdSet, timespec, pointer],
    (task, count, read, write, except, timeout, mask) => {
      usePackedMask(task, mask);
      return withTimeout(task, timeout, TIMESPEC, (ns) => select(task, count, [read, write, except], ns));
    },
  ),
];
