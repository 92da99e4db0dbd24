/** read(2), write(2), and their vectors and positions; lseek(2). */
import { EINVAL, EOPNOTSUPP, ESPIPE, SysError } from '../abi/errno.js';
import { O_APPEND, SEEK_CUR, SEEK_DATA, SEEK_END, SEEK_HOLE, SEEK_SET } from '../abi/fcntl.js';
import { IN_ACCESS, IN_MODIFY } from '../abi/inotify.js';
import { syscall, type Result, type SyscallDeclaration } from '../kernel/syscall.js';
import type { Task } from '../kernel/task.js';
import { UnixSocket } from '../net/unix/unix-socket.js';
import { TerminalFile } from '../tty/terminal-file.js';
import { notifyFile } from '../vfs/notify.js';
import type { OpenFile } from '../vfs/open-file.js';
import { fd, flags, inBuffer, long, oneOf, outBuffer, size, uint } from './arguments.js';
import { readSocket, writeSocket } from './socket-transfer.js';
import { iovec, iovecOut } from './structures.js';
import { readTerminal } from './terminal-read.js';
import { readInto, writeFrom, type Buffer } from './transfer.js';

type Direction = 'read' | 'write';

/** The file, opened for that. @throws SysError EBADF */
function opened(task: Task, descriptor: number, direction: Direction): OpenFile {
  const file = task.files.get(descriptor);
  if (direction === 'read') file.assertReadable();
  else file.assertWritable();
  return file;
}

/** @throws SysError EINVAL for a negative position, ESPIPE for a file without positions */
function assertPosition(file: OpenFile, position: number): void {
  if (!file.seekable) throw new SysError(ESPIPE);
  if (position < 0) throw new SysError(EINVAL);
}

const one = (address: number, length: number): Buffer[] => [{ address, length }];

/** Sockets have their own timeouts and signals, and nobody watches them; terminals say how much they want to give at once. */
function transfer(
  task: Task,
  direction: Direction,
  file: OpenFile,
  vector: readonly Buffer[],
  position?: number,
): Result {
  const reads = direction === 'read';
  if (file instanceof UnixSocket)
    return reads ? readSocket(task, file, vector) : writeSocket(task, file, vector);
  const result = !reads
    ? writeFrom(task, file, vector, position)
    : file instanceof TerminalFile
      ? readTerminal(task, file, vector)
      : readInto(task, file, vector, position);
  if (typeof result === 'number' && result > 0)
    notifyFile(file.inode, file.location, reads ? IN_ACCESS : IN_MODIFY);
  return result;
}

const RWF = { RWF_HIPRI: 1, RWF_DSYNC: 2, RWF_SYNC: 4, RWF_NOWAIT: 8, RWF_APPEND: 16 };
const RWF_KNOWN = 31;
const rwf = flags(RWF);

/** @throws SysError EOPNOTSUPP: what no file here can do */
function checkRwf(given: number): void {
  if ((given & ~RWF_KNOWN) !== 0) throw new SysError(EOPNOTSUPP);
}

/** @param position undefined, or -1 as preadv2(2) has it: the file offset */
function transferVector(
  task: Task,
  direction: Direction,
  descriptor: number,
  address: number,
  count: number,
  position = -1,
): Result {
  const file = opened(task, descriptor, direction);
  if (position !== -1) assertPosition(file, position);
  const vector = task.memory.iovec(address, count);
  return transfer(task, direction, file, vector, position === -1 ? undefined : position);
}

function transferAt(
  task: Task,
  direction: Direction,
  descriptor: number,
  buffer: number,
  count: number,
  position: number,
): Result {
  if (position < 0) throw new SysError(EINVAL);
  assertPosition(task.files.get(descriptor), position);
  return transfer(task, direction, opened(task, descriptor, direction), one(buffer, count), position);
}

function pwritev2(
  task: Task,
  descriptor: number,
  address: number,
  count: number,
  position: number,
  given: number,
): Result {
  checkRwf(given);
  const file = opened(task, descriptor, 'write');
  const before = file.flags;
  if ((given & RWF.RWF_APPEND) !== 0) file.flags |= O_APPEND;
  try {
    return transferVector(task, 'write', descriptor, address, count, position);
  } finally {
    file.flags = before;
  }
}

function negativeIsInvalid(position: number): void {
  if (position < 0) throw new SysError(EINVAL);
}

function seek(task: Task, descriptor: number, offset: number, whence: number): number {
  const file = task.files.get(descriptor);
  if (whence < SEEK_SET || whence > SEEK_HOLE) throw new SysError(EINVAL);
  if (!file.seekable) throw new SysError(ESPIPE);
  return file.seek(offset, whence);
}

/** The high half of a position is only for 32-bit callers. */
const highHalf = { decode: long.decode, show: () => '0' };

export const readWriteSyscalls: readonly SyscallDeclaration[] = [
  syscall('read', [fd, outBuffer, size], (task, descriptor, buffer, count) =>
    transfer(task, 'read', opened(task, descriptor, 'read'), one(buffer, count)),
  ),
  syscall('write', [fd, inBuffer(2), size], (task, descriptor, buffer, count) =>
    transfer(task, 'write', opened(task, descriptor, 'write'), one(buffer, count)),
  ),
  syscall('pread64', [fd, outBuffer, size, long], (task, descriptor, buffer, count, position) =>
    transferAt(task, 'read', descriptor, buffer, count, position),
  ),
  syscall('pwrite64', [fd, inBuffer(2), size, long], (task, descriptor, buffer, count, position) =>
    transferAt(task, 'write', descriptor, buffer, count, position),
  ),
  syscall('readv', [fd, iovecOut(2), uint], (task, descriptor, address, count) =>
    transferVector(task, 'read', descriptor, address, count),
  ),
  syscall('writev', [fd, iovec(2), uint], (task, descriptor, address, count) =>
    transferVector(task, 'write', descriptor, address, count),
  ),
  syscall('preadv', [fd, iovecOut(2), uint, long], (task, descriptor, address, count, position) => {
    negativeIsInvalid(position);
    return transferVector(task, 'read', descriptor, address, count, position);
  }),
  syscall('pwritev', [fd, iovec(2), uint, long], (task, descriptor, address, count, position) => {
    negativeIsInvalid(position);
    return transferVector(task, 'write', descriptor, address, count, position);
  }),
  syscall(
    'preadv2',
    [fd, iovecOut(2), uint, long, highHalf, rwf],
    (task, descriptor, address, count, position, _high, given) => {
      checkRwf(given);
      return transferVector(task, 'read', descriptor, address, count, position);
    },
  ),
  syscall(
    'pwritev2',
    [fd, iovec(2), uint, long, highHalf, rwf],
    (task, descriptor, address, count, position, _high, given) =>
      pwritev2(task, descriptor, address, count, position, given),
  ),
  syscall('lseek', [fd, long, oneOf({ SEEK_SET, SEEK_CUR, SEEK_END, SEEK_DATA, SEEK_HOLE }, 'SEEK')], seek),
];
