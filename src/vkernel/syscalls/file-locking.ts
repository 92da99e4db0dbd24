/** Advisory locks: flock(2), and F_GETLK, F_SETLK, F_SETLKW and their F_OFD_ twins (fcntl_locking(2)). */
import { EAGAIN, EBADF, EINVAL, EOVERFLOW, SysError } from '../abi/errno.js';
import {
  F_GETLK,
  F_OFD_GETLK,
  F_OFD_SETLK,
  F_OFD_SETLKW,
  F_RDLCK,
  F_SETLKW,
  F_UNLCK,
  F_WRLCK,
  LOCK_EX,
  LOCK_NB,
  LOCK_SH,
  LOCK_UN,
  SEEK_CUR,
  SEEK_END,
  SEEK_SET,
} from '../abi/fcntl.js';
import type { Result } from '../kernel/syscall.js';
import type { Task } from '../kernel/task.js';
import { Wait } from '../kernel/wait.js';
import { FileLock, FileLocks, TO_THE_END } from '../vfs/file-locks.js';
import type { OpenFile } from '../vfs/open-file.js';

const FLOCK_BYTES = 32;
/** l_pid of a lock that an open file description holds. */
const NO_PROCESS = -1;

function locksOf(file: OpenFile): FileLocks {
  return (file.inode.locks ??= new FileLocks());
}

/** struct flock. */
interface Request {
  readonly type: number;
  readonly start: number;
  readonly end: number;
  readonly pid: number;
}

/** @throws SysError EFAULT, EINVAL, EOVERFLOW */
function readRequest(task: Task, file: OpenFile, address: number): Request {
  const bytes = task.memory.copyIn(address, FLOCK_BYTES);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const whence = view.getInt16(2, true);
  const bases = new Map([
    [SEEK_SET, 0],
    [SEEK_CUR, file.offset],
    [SEEK_END, file.attributes().sizeBytes],
  ]);
  const base = bases.get(whence);
  if (base === undefined) throw new SysError(EINVAL);
  const from = base + Number(view.getBigInt64(8, true));
  const length = Number(view.getBigInt64(16, true));
  if (from > TO_THE_END || from + length > TO_THE_END) throw new SysError(EOVERFLOW);
  // A negative length reaches backwards from the start; zero to the end of the file.
  const start = length < 0 ? from + length : from;
  if (start < 0) throw new SysError(EINVAL);
  const end = length === 0 ? TO_THE_END : Math.max(from, from + length);
  return { type: view.getInt16(0, true), start, end, pid: view.getInt32(24, true) };
}

/** @param command one of F_GETLK, F_SETLK, F_SETLKW, F_OFD_* */
export function recordLock(task: Task, file: OpenFile, command: number, address: number): Result {
  const request = readRequest(task, file, address);
  const { type, start, end } = request;
  if (type !== F_RDLCK && type !== F_WRLCK && type !== F_UNLCK) throw new SysError(EINVAL);
  const ofFile = command === F_OFD_GETLK || command === F_OFD_SETLK || command === F_OFD_SETLKW;
  if (ofFile && request.pid !== 0) throw new SysError(EINVAL);
  const owner = ofFile ? file : task.files;
  const locks = locksOf(file);
  const pid = ofFile ? NO_PROCESS : task.process.pid;
  const wanted = new FileLock('record', owner, type === F_WRLCK, { start, end }, pid);
  if (command === F_GETLK || command === F_OFD_GETLK)
    return getLock(task, address, type, locks.conflict(wanted));
  if (type === F_RDLCK && !file.readable) throw new SysError(EBADF);
  if (type === F_WRLCK && !file.writable) throw new SysError(EBADF);
  if (type === F_UNLCK) {
    locks.clear('record', owner, start, end);
    return 0;
  }
  if (locks.conflict(wanted) !== undefined) {
    if (command !== F_SETLKW && command !== F_OFD_SETLKW) return -EAGAIN;
    return task.wait ?? new Wait({ on: [locks] });
  }
  locks.set(wanted);
  return 0;
}

/** @throws SysError EINVAL: only a lock can be asked about */
function getLock(task: Task, address: number, type: number, held: FileLock | undefined): number {
  if (type === F_UNLCK) throw new SysError(EINVAL);
  if (held === undefined) {
    task.memory.writeU16(address, F_UNLCK);
    return 0;
  }
  const view = new DataView(new ArrayBuffer(FLOCK_BYTES));
  view.setInt16(0, held.exclusive ? F_WRLCK : F_RDLCK, true);
  view.setInt16(2, SEEK_SET, true);
  view.setBigInt64(8, BigInt(held.start), true);
  view.setBigInt64(16, held.end === TO_THE_END ? 0n : BigInt(held.end - held.start), true);
  view.setInt32(24, held.pid, true);
  task.memory.copyOut(address, new Uint8Array(view.buffer));
  return 0;
}

/** flock(2). Changing a lock's kind is not atomic: the old one is gone while the new one waits. */
export function flock(task: Task, descriptor: number, operation: number): Result {
  const file = task.files.get(descriptor);
  const kind = operation & ~LOCK_NB;
  if (kind !== LOCK_SH && kind !== LOCK_EX && kind !== LOCK_UN) throw new SysError(EINVAL);
  const locks = locksOf(file);
  if (kind === LOCK_UN) {
    locks.clear('flock', file, 0, TO_THE_END);
    return 0;
  }
  const wanted = new FileLock('flock', file, kind === LOCK_EX, { start: 0, end: TO_THE_END }, NO_PROCESS);
  if (locks.conflict(wanted) === undefined) {
    locks.set(wanted);
    return 0;
  }
  locks.clear('flock', file, 0, TO_THE_END);
  if ((operation & LOCK_NB) !== 0) return -EAGAIN;
  return task.wait ?? new Wait({ on: [locks] });
}
