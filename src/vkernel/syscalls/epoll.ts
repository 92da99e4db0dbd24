/** epoll_create(2), epoll_ctl(2), epoll_wait(2). */
import { EINTR, EINVAL, EPERM, SysError } from '../abi/errno.js';
import { O_CLOEXEC, O_RDWR } from '../abi/fcntl.js';
import * as poll from '../abi/poll.js';
import { EPOLL_CLOEXEC, EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD } from '../abi/poll.js';
import { EpollFile, type EpollEvent } from '../fs/anon/epoll-file.js';
import { syscall, type Result, type SyscallDeclaration } from '../kernel/syscall.js';
import type { Task } from '../kernel/task.js';
import { flagsText, select, whenShown } from '../strace/names.js';
import { NS_PER_MS } from '../time/clock.js';
import { fd, flags, int, oneOf, pointer, size } from './arguments.js';
import { descriptorLimit } from './file-lookup.js';
import { waitForFiles } from './file-wait.js';
import { anonFs } from './internal-fs.js';
import { useMask } from './poll.js';
import { sigset, structure, timespec } from './structures.js';
import { readTimespecNs } from './time-values.js';

/** struct epoll_event is packed on x86-64. */
const EVENT_BYTES = 12;
/** EP_MAX_EVENTS. */
const MAX_EVENTS = Math.floor(0x7fff_ffff / EVENT_BYTES);

function create(task: Task, given: number): number {
  if ((given & ~EPOLL_CLOEXEC) !== 0) throw new SysError(EINVAL);
  const fs = anonFs(task.kernel);
  const file = new EpollFile(fs.root, O_RDWR, fs.location('[eventpoll]'));
  return task.files.installNew(file, descriptorLimit(task), (given & O_CLOEXEC) !== 0);
}

function readEvent(task: Task, address: number): EpollEvent {
  const events = task.memory.readU32(address);
  return { events, data: task.memory.readU64(address + 4) };
}

function control(
  task: Task,
  descriptor: number,
  operation: number,
  watched: number,
  address: number,
): number {
  const event = operation === EPOLL_CTL_DEL ? undefined : readEvent(task, address);
  const epoll = task.files.get(descriptor);
  const file = task.files.get(watched);
  // Files that are always ready cannot be watched.
  if (file.inode.isRegular || file.inode.isDirectory) throw new SysError(EPERM);
  if (epoll === file || !(epoll instanceof EpollFile)) throw new SysError(EINVAL);
  if (operation === EPOLL_CTL_ADD) epoll.add(watched, file, event!);
  else if (operation === EPOLL_CTL_MOD) epoll.modify(watched, file, event!);
  else if (operation === EPOLL_CTL_DEL) epoll.remove(watched, file);
  else throw new SysError(EINVAL);
  return 0;
}

function wait(
  task: Task,
  descriptor: number,
  address: number,
  most: number,
  timeoutNs: number | undefined,
): Result {
  if (most <= 0 || most > MAX_EVENTS) throw new SysError(EINVAL);
  const epoll = task.files.get(descriptor);
  if (!(epoll instanceof EpollFile)) throw new SysError(EINVAL);
  const taken = epoll.take(most);
  if (taken.length === 0) return waitForFiles(task, [epoll], timeoutNs, EINTR) ?? 0;
  let at = address;
  for (const { events, data } of taken) {
    task.memory.writeU32(at, events);
    task.memory.writeU64(at + 4, data);
    at += EVENT_BYTES;
  }
  return taken.length;
}

const milliseconds = (timeoutMs: number): number | undefined =>
  timeoutMs < 0 ? undefined : timeoutMs * NS_PER_MS;

const EVENTS = whenShown(() => {
  const { EPOLL_CLOEXEC: _cloexec, ...names } = select(poll, 'EPOLL');
  return Object.fromEntries(Object.entries(names).filter(([name]) => !name.startsWith('EPOLL_')));
});
const epollEvent = structure(EVENT_BYTES, (v) => {
  const data = v.getBigUint64(4, true);
  return `{events=${flagsText(EVENTS, v.getUint32(0, true))}, data=0x${data.toString(16)}}`;
});
const operations = oneOf({ EPOLL_CTL_ADD, EPOLL_CTL_MOD, EPOLL_CTL_DEL }, 'EPOLL_CTL');

export const epollSyscalls: readonly SyscallDeclaration[] = [
  syscall('epoll_create', [int], (task, hint) => {
    if (hint <= 0) throw new SysError(EINVAL);
    return create(task, 0);
  }),
  syscall('epoll_create1', [flags({ EPOLL_CLOEXEC })], create),
  syscall('epoll_ctl', [fd, operations, fd, epollEvent], control, {
    missing: 'EPOLLEXCLUSIVE wakes all waiters',
  }),
  syscall('epoll_wait', [fd, pointer, int, int], (task, descriptor, address, most, timeoutMs) =>
    wait(task, descriptor, address, most, milliseconds(timeoutMs)),
  ),
  syscall(
    'epoll_pwait',
    [fd, pointer, int, int, sigset, size],
    (task, descriptor, address, most, timeoutMs, mask, maskBytes) => {
      useMask(task, mask, maskBytes);
      return wait(task, descriptor, address, most, milliseconds(timeoutMs));
    },
  ),
  syscall(
    'epoll_pwait2',
    [fd, pointer, int, timespec, sigset, size],
    (task, descriptor, address, most, timeout, mask, maskBytes) => {
      const timeoutNs = timeout === 0 ? undefined : readTimespecNs(task.memory, timeout);
      useMask(task, mask, maskBytes);
      return wait(task, descriptor, address, most, timeoutNs);
    },
  ),
];
