/** read(2), write(2), and their vectors and positions; lseek(2). */
import { EINVAL, EOPNOTSUPP, ESPIPE, SysError } from '../abi/errno.js';
import { O_APPEND, SEEK_CUR, SEEK_DATA, SEEK_END, SEEK_HOLE, SEEK_SET } from '../abi/fcntl.js';
import { syscall, type Result, type SyscallDeclaration } from '../kernel/syscall.js';
import type { Task } from '../kernel/task.js';
import { UnixSocket } from '../net/unix/unix-socket.js';
import type { OpenFile } from '../vfs/open-file.js';
import { fd, flags, inBuffer, long, oneOf, outBuffer, size, uint } from './arguments.js';
import { readSocket, writeSocket } from './socket-transfer.js';
import { iovec, iovecOut } from './structures.js';
import { readInto, writeFrom, type Buffer } from './transfer.js';

function toRead(task: Task, descriptor: number): OpenFile {
  const file = task.files.get(descriptor);
  file.assertReadable();
  return file;
}

function toWrite(task: Task, descriptor: number): OpenFile {
  const file = task.files.get(descriptor);
  file.assertWritable();
  return file;
}

/** @throws SysError EINVAL for a negative position, ESPIPE for a file without positions */
function assertPosition(file: OpenFile, position: number): void {
  if (!file.seekable) throw new SysError(ESPIPE);
  if (position < 0) throw new SysError(EINVAL);
}

const one = (address: number, length: number): Buffer[] => [{ address, length }];

/** Sockets have their own timeouts and signals. */
function read(task: Task, file: OpenFile, vector: readonly Buffer[], position?: number): Result {
  return file instanceof UnixSocket ? readSocket(task, file, vector) : readInto(task, file, vector, position);
}

function write(task: Task, file: OpenFile, vector: readonly Buffer[], position?: number): Result {
  return file instanceof UnixSocket
    ? writeSocket(task, file, vector)
    : writeFrom(task, file, vector, position);
}

const RWF = { RWF_HIPRI: 1, RWF_DSYNC: 2, RWF_SYNC: 4, RWF_NOWAIT: 8, RWF_APPEND: 16 };
const RWF_KNOWN = 31;
const rwf = flags(RWF);

/** @throws SysError EOPNOTSUPP: what no file here can do */
function checkRwf(given: number): void {
  if ((given & ~RWF_KNOWN) !== 0) throw new SysError(EOPNOTSUPP);
}

/** preadv2 and pwritev2: -1 is the file offset. */
function vectorPosition(file: OpenFile, position: number): number | undefined {
  if (position === -1) return undefined;
  assertPosition(file, position);
  return position;
}

function readVector(
  task: Task,
  descriptor: number,
  address: number,
  count: number,
  position?: number,
): Result {
  const file = toRead(task, descriptor);
  const at = position === undefined ? undefined : vectorPosition(file, position);
  return read(task, file, task.memory.iovec(address, count), at);
}

function writeVector(
  task: Task,
  descriptor: number,
  address: number,
  count: number,
  position?: number,
): Result {
  const file = toWrite(task, descriptor);
  const at = position === undefined ? undefined : vectorPosition(file, position);
  return write(task, file, task.memory.iovec(address, count), at);
}

function readPosition(
  task: Task,
  descriptor: number,
  buffer: number,
  count: number,
  position: number,
): Result {
  if (position < 0) throw new SysError(EINVAL);
  const file = task.files.get(descriptor);
  assertPosition(file, position);
  file.assertReadable();
  return readInto(task, file, one(buffer, count), position);
}

function writePosition(
  task: Task,
  descriptor: number,
  buffer: number,
  count: number,
  position: number,
): Result {
  if (position < 0) throw new SysError(EINVAL);
  const file = task.files.get(descriptor);
  assertPosition(file, position);
  file.assertWritable();
  return writeFrom(task, file, one(buffer, count), position);
}

function preadv2(
  task: Task,
  descriptor: number,
  address: number,
  count: number,
  position: number,
  given: number,
): Result {
  checkRwf(given);
  return readVector(task, descriptor, address, count, position);
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
  const file = toWrite(task, descriptor);
  if ((given & RWF.RWF_APPEND) === 0) return writeVector(task, descriptor, address, count, position);
  const before = file.flags;
  file.flags |= O_APPEND;
  try {
    return writeVector(task, descriptor, address, count, position);
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
    read(task, toRead(task, descriptor), one(buffer, count)),
  ),
  syscall('write', [fd, inBuffer(2), size], (task, descriptor, buffer, count) =>
    write(task, toWrite(task, descriptor), one(buffer, count)),
  ),
  syscall('pread64', [fd, outBuffer, size, long], readPosition),
  syscall('pwrite64', [fd, inBuffer(2), size, long], writePosition),
  syscall('readv', [fd, iovecOut(2), uint], (task, descriptor, address, count) =>
    readVector(task, descriptor, address, count),
  ),
  syscall('writev', [fd, iovec(2), uint], (task, descriptor, address, count) =>
    writeVector(task, descriptor, address, count),
  ),
  syscall('preadv', [fd, iovecOut(2), uint, long], (task, descriptor, address, count, position) => {
    negativeIsInvalid(position);
    return readVector(task, descriptor, address, count, position);
  }),
  syscall('pwritev', [fd, iovec(2), uint, long], (task, descriptor, address, count, position) => {
    negativeIsInvalid(position);
    return writeVector(task, descriptor, address, count, position);
  }),
  syscall(
    'preadv2',
    [fd, iovecOut(2), uint, long, highHalf, rwf],
    (task, descriptor, address, count, position, _high, given) =>
      preadv2(task, descriptor, address, count, position, given),
  ),
  syscall(
    'pwritev2',
    [fd, iovec(2), uint, long, highHalf, rwf],
    (task, descriptor, address, count, position, _high, given) =>
      pwritev2(task, descriptor, address, count, position, given),
  ),
  syscall('lseek', [fd, long, oneOf({ SEEK_SET, SEEK_CUR, SEEK_END, SEEK_DATA, SEEK_HOLE }, 'SEEK')], seek),
];
