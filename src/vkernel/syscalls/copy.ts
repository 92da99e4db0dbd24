/** Moving bytes from file to file without the caller's memory: sendfile(2), copy_file_range(2), splice(2), tee(2), vmsplice(2). */
import { EAGAIN, EBADF, EINVAL, EISDIR, EPIPE, ESPIPE, EXDEV, SysError } from '../abi/errno.js';
import { O_APPEND } from '../abi/fcntl.js';
import { IN_ACCESS, IN_MODIFY } from '../abi/inotify.js';
import { PipeFile } from '../fs/pipefs/pipe-file.js';
import { raiseSigpipe } from '../kernel/signal-send.js';
import { syscall, type Result, type SyscallDeclaration } from '../kernel/syscall.js';
import type { Task } from '../kernel/task.js';
import { Wait } from '../kernel/wait.js';
import { notifyFile } from '../vfs/notify.js';
import type { OpenFile } from '../vfs/open-file.js';
import { fd, flags, pointer, size, uint } from './arguments.js';
import { iovec } from './structures.js';
import { MAX_TRANSFER, readInto, writeFrom } from './transfer.js';

const CHUNK_BYTES = 65536;

const SPLICE_F = { SPLICE_F_MOVE: 1, SPLICE_F_NONBLOCK: 2, SPLICE_F_MORE: 4, SPLICE_F_GIFT: 8 };
const SPLICE_KNOWN = 15;
const spliceFlags = flags(SPLICE_F);

/** One end of a copy: a file, and the position in it where the caller gives one. */
interface End {
  readonly file: OpenFile;
  /** Undefined: the file offset. */
  position: number | undefined;
}

function source(task: Task, descriptor: number): OpenFile {
  const file = task.files.get(descriptor);
  file.assertReadable();
  return file;
}

function target(task: Task, descriptor: number): OpenFile {
  const file = task.files.get(descriptor);
  file.assertWritable();
  return file;
}

/** @param address of a 64-bit position; 0: the file offset. @throws SysError ESPIPE, EINVAL, EFAULT */
function endAt(task: Task, file: OpenFile, address: number): End {
  if (address === 0) return { file, position: undefined };
  if (!file.seekable) throw new SysError(ESPIPE);
  const position = task.memory.readSigned64(address);
  if (position < 0) throw new SysError(EINVAL);
  return { file, position };
}

/** Writes back where the caller's position is now. */
function storePosition(task: Task, address: number, end: End): void {
  if (address !== 0) task.memory.writeNumber64(address, end.position!);
}

/**
 * Copies until `count` bytes are over, the source ends or one of the two would wait. Bytes the target does not take stay in a
 * seekable source; from a stream no more is taken than the target has room for.
 * @returns bytes copied, or -EAGAIN with the file to wait for
 */
function copy(
  task: Task,
  from: End,
  to: End,
  count: number,
): { done: number; blocked: OpenFile | undefined } {
  let done = 0;
  while (done < count) {
    const asked = Math.min(CHUNK_BYTES, count - done, roomIn(to.file));
    if (asked === 0) return { done, blocked: to.file };
    const bytes = new Uint8Array(asked);
    const got = from.file.read(bytes, from.position ?? undefined);
    if (got === -EAGAIN) return { done, blocked: from.file };
    if (got === 0) return { done, blocked: undefined };
    const written = put(task, to, bytes.subarray(0, got));
    const kept = Math.max(0, written);
    if (from.position !== undefined) from.position += kept;
    else if (kept < got && from.file.seekable) from.file.offset -= got - kept;
    if (to.position !== undefined) to.position += kept;
    done += kept;
    notifyFile(from.file.inode, from.file.location, IN_ACCESS);
    if (kept > 0) notifyFile(to.file.inode, to.file.location, IN_MODIFY);
    if (written < got) return { done, blocked: to.file };
    if (got < asked && !from.file.seekable) return { done, blocked: from.file };
  }
  return { done, blocked: undefined };
}

/** What a pipe takes for certain: its free slots. */
function roomIn(file: OpenFile): number {
  if (!(file instanceof PipeFile)) return CHUNK_BYTES;
  return (file.pipe.capacitySlots - file.pipe.slots.length) * 4096;
}

function put(task: Task, { file, position }: End, bytes: Uint8Array): number {
  try {
    return file.write(bytes, position);
  } catch (error) {
    if (error instanceof SysError && error.errno === EPIPE) raiseSigpipe(task);
    throw error;
  }
}

/** The result of a copy: what was copied, or a wait for the file that held it up. */
function outcome(task: Task, { done, blocked }: ReturnType<typeof copy>, nonBlocking: boolean): Result {
  if (done > 0 || blocked === undefined) return done;
  if (nonBlocking || blocked.nonBlocking) return -EAGAIN;
  return task.wait?.on[0] === blocked ? task.wait : new Wait({ on: [blocked] });
}

function sendfile(task: Task, out: number, from: number, offset: number, count: number): Result {
  const to: End = { file: target(task, out), position: undefined };
  const begin = endAt(task, source(task, from), offset);
  if (!begin.file.inode.isRegular && !begin.file.seekable) throw new SysError(EINVAL);
  if ((to.file.flags & O_APPEND) !== 0 || begin.file.inode.isDirectory) throw new SysError(EINVAL);
  const copied = copy(task, begin, to, Math.min(count, MAX_TRANSFER));
  storePosition(task, offset, begin);
  return outcome(task, copied, false);
}

function copyFileRange(
  task: Task,
  from: number,
  fromOffset: number,
  out: number,
  toOffset: number,
  count: number,
  given: number,
): Result {
  const [input, output] = [task.files.get(from), task.files.get(out)];
  const [begin, end] = [endAt(task, input, fromOffset), endAt(task, output, toOffset)];
  if (given !== 0) throw new SysError(EINVAL);
  if (input.inode.isDirectory || output.inode.isDirectory) throw new SysError(EISDIR);
  if (!input.inode.isRegular || !output.inode.isRegular) throw new SysError(EINVAL);
  if (!input.readable || !output.writable || (output.flags & O_APPEND) !== 0) throw new SysError(EBADF);
  if (input.inode.fs.type !== output.inode.fs.type) throw new SysError(EXDEV);
  const start = begin.position ?? input.offset;
  const goal = end.position ?? output.offset;
  if (input.inode === output.inode && start < goal + count && goal < start + count)
    throw new SysError(EINVAL);
  const { done } = copy(task, begin, end, Math.min(count, MAX_TRANSFER));
  storePosition(task, fromOffset, begin);
  storePosition(task, toOffset, end);
  return done;
}

function splice(
  task: Task,
  from: number,
  fromOffset: number,
  out: number,
  toOffset: number,
  count: number,
  given: number,
): Result {
  if ((given & ~SPLICE_KNOWN) !== 0) throw new SysError(EINVAL);
  if (count === 0) return 0;
  const [input, output] = [source(task, from), target(task, out)];
  if (!(input instanceof PipeFile) && !(output instanceof PipeFile)) throw new SysError(EINVAL);
  if (input instanceof PipeFile && output instanceof PipeFile && input.pipe === output.pipe)
    throw new SysError(EINVAL);
  if ((output.flags & O_APPEND) !== 0) throw new SysError(EINVAL);
  const [begin, end] = [endAt(task, input, fromOffset), endAt(task, output, toOffset)];
  const copied = copy(task, begin, end, Math.min(count, MAX_TRANSFER));
  storePosition(task, fromOffset, begin);
  storePosition(task, toOffset, end);
  return outcome(task, copied, (given & SPLICE_F.SPLICE_F_NONBLOCK) !== 0);
}

function tee(task: Task, from: number, out: number, count: number, given: number): Result {
  if ((given & ~SPLICE_KNOWN) !== 0) throw new SysError(EINVAL);
  const [input, output] = [source(task, from), target(task, out)];
  if (!(input instanceof PipeFile) || !(output instanceof PipeFile) || input.pipe === output.pipe)
    throw new SysError(EINVAL);
  if (count === 0) return 0;
  const nonBlocking = (given & SPLICE_F.SPLICE_F_NONBLOCK) !== 0;
  if (input.pipe.bytesHeld === 0) {
    return outcome(task, { done: 0, blocked: input.pipe.hasWriter ? input : undefined }, nonBlocking);
  }
  const bytes = input.pipe.peek(Math.min(count, MAX_TRANSFER, roomIn(output)));
  if (bytes.length === 0) return outcome(task, { done: 0, blocked: output }, nonBlocking);
  return put(task, { file: output, position: undefined }, bytes);
}

/** The pages are copied, whatever the flags say. */
function vmsplice(task: Task, descriptor: number, address: number, count: number, given: number): Result {
  if ((given & ~SPLICE_KNOWN) !== 0) throw new SysError(EINVAL);
  const file = task.files.get(descriptor);
  if (!(file instanceof PipeFile)) throw new SysError(EBADF);
  const vector = task.memory.iovec(address, count);
  return file.writable ? writeFrom(task, file, vector) : readInto(task, file, vector);
}

export const copySyscalls: readonly SyscallDeclaration[] = [
  syscall('sendfile', [fd, fd, pointer, size], sendfile),
  syscall('copy_file_range', [fd, pointer, fd, pointer, size, uint], copyFileRange),
  syscall('splice', [fd, pointer, fd, pointer, size, spliceFlags], splice),
  syscall('tee', [fd, fd, size, spliceFlags], tee),
  syscall('vmsplice', [fd, iovec(2), size, spliceFlags], vmsplice, {
    missing: 'SPLICE_F_NONBLOCK is that of the pipe',
  }),
];
