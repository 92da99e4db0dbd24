/** Moving bytes between files and guest memory: what read(2), write(2) and their relatives have in common. */
import { EAGAIN, EFBIG, EPIPE, ERESTARTSYS, SysError } from '../abi/errno.js';
import { RLIMIT_FSIZE } from '../abi/resource.js';
import { SIGXFSZ, SI_USER } from '../abi/signal.js';
import { SigInfo } from '../arch/siginfo.js';
import { raiseSigpipe, sendToTask } from '../kernel/signal-send.js';
import type { Result } from '../kernel/syscall.js';
import type { Task } from '../kernel/task.js';
import { Wait } from '../kernel/wait.js';
import { total } from '../lib/segments.js';
import type { UserMemory } from '../mm/user-memory.js';
import type { OpenFile } from '../vfs/open-file.js';
import { waitForFiles } from './file-wait.js';

/** The most one call transfers (read(2), NOTES). */
export const MAX_TRANSFER = 0x7fff_f000;
/** Guest memory is faulted in by so much at a time. */
const CHUNK_BYTES = 256 * 1024;
/** The most that is gathered for a file without positions; no such file takes or gives more at once. */
const STREAM_BYTES = 1 << 20;

/** One buffer of the caller: struct iovec. */
export interface Buffer {
  readonly address: number;
  readonly length: number;
}

/** Clips a vector to what one call transfers. */
export function clip(vector: readonly Buffer[]): readonly Buffer[] {
  if (vector.length === 1 && vector[0]!.length > 0 && vector[0]!.length <= MAX_TRANSFER) return vector;
  let left = MAX_TRANSFER;
  const clipped: Buffer[] = [];
  for (const { address, length } of vector) {
    const kept = Math.min(length, left);
    if (kept > 0) clipped.push({ address, length: kept });
    left -= kept;
  }
  return clipped;
}

/**
 * Reads into the caller's buffers, and waits if the file says so.
 * @param position undefined: at the file offset
 */
export function readInto(task: Task, file: OpenFile, vector: readonly Buffer[], position?: number): Result {
  if (!file.seekable) return readStream(task, file, vector);
  let done = 0;
  for (const { address, length } of clip(vector)) {
    for (let at = 0; at < length;) {
      const asked = Math.min(CHUNK_BYTES, length - at);
      const segments = tryBytes(done, () => task.memory.segments(address + at, asked, 'write'));
      if (segments === undefined) return done;
      const count = file.readSegments(segments, position === undefined ? undefined : position + done);
      if (count < 0) return done > 0 ? done : count;
      done += count;
      at += count;
      if (count < asked) return done;
    }
  }
  if (done === 0 && vector.every(({ length }) => length === 0)) file.read(new Uint8Array(0), position);
  return done;
}

/** A stream is read once, whatever the layout of the buffers: a terminal gives one line a call. */
function readStream(task: Task, file: OpenFile, vector: readonly Buffer[]): Result {
  const segments = gather(task.memory, vector, 'write');
  const count = file.readSegments(segments);
  if (count !== -EAGAIN) return count;
  if (total(segments) === 0) return 0;
  if (file.nonBlocking) return -EAGAIN;
  return waitForFiles(task, [file], undefined, ERESTARTSYS) ?? 0;
}

/** Writes the caller's buffers; a write that waits goes on where it stopped. */
export function writeFrom(task: Task, file: OpenFile, vector: readonly Buffer[], position?: number): Result {
  const done = task.wait?.progress ?? 0;
  try {
    return file.seekable ? writeStored(task, file, vector, position) : writeStream(task, file, vector, done);
  } catch (error) {
    return afterPipeSignal(task, done, error);
  }
}

function writeStored(
  task: Task,
  file: OpenFile,
  vector: readonly Buffer[],
  position: number | undefined,
): number {
  let done = 0;
  const clipped = clip(vector);
  for (const { address, length } of clipped) {
    for (let at = 0; at < length;) {
      const room = sizeLimit(task, file, position === undefined ? file.offset : position + done, done);
      if (room === 0) return done;
      const asked = Math.min(CHUNK_BYTES, length - at, room);
      const segments = tryBytes(done, () => task.memory.segments(address + at, asked, 'read'));
      if (segments === undefined) return done;
      const count = tryBytes(done, () =>
        file.writeSegments(segments, position === undefined ? undefined : position + done),
      );
      if (count === undefined) return done;
      if (count < 0) return done > 0 ? done : count;
      done += count;
      at += count;
      if (count < asked) return done;
    }
  }
  if (clipped.length === 0) file.write(new Uint8Array(0), position);
  return done;
}

/** All bytes of a buffer go in, however often the file is full in between. */
function writeStream(task: Task, file: OpenFile, vector: readonly Buffer[], before: number): Result {
  let done = before;
  const clipped = clip(vector);
  const wanted = clipped.reduce((sum, { length }) => sum + length, 0);
  do {
    const segments = tryBytes(done, () => gather(task.memory, skip(clipped, done), 'read'));
    if (segments === undefined) return done;
    const asked = total(segments);
    const count = tryBytes(done, () => file.writeSegments(segments));
    if (count === undefined) return done;
    if (count === -EAGAIN) return mustWait(task, file, done);
    done += count;
    if (count < asked && file.nonBlocking) return done;
    if (asked === 0 && done < wanted) return done; // the next page is bad
  } while (done < wanted);
  return done;
}

function mustWait(task: Task, file: OpenFile, done: number): Result {
  if (file.nonBlocking) return done > 0 ? done : -EAGAIN;
  const wait = task.wait ?? new Wait({ on: [file] });
  wait.progress = done;
  return wait;
}

/** What a file still takes under RLIMIT_FSIZE. At the limit the caller gets SIGXFSZ. @throws SysError EFBIG when nothing was written */
function sizeLimit(task: Task, file: OpenFile, position: number, done: number): number {
  const limit = task.process.limits.soft(RLIMIT_FSIZE);
  if (limit === Infinity || !file.inode.isRegular) return MAX_TRANSFER;
  if (position < limit) return limit - position;
  if (done > 0) return 0;
  sendToTask(task, SigInfo.fromProcess(SIGXFSZ, SI_USER, task.process.pid, task.process.credentials.ruid));
  throw new SysError(EFBIG);
}

/** A write to a pipe nobody reads raises SIGPIPE, even when it wrote something before: that is then its result. */
function afterPipeSignal(task: Task, before: number, error: unknown): number {
  if (!(error instanceof SysError) || error.errno !== EPIPE) throw error;
  raiseSigpipe(task);
  if (before > 0) return before;
  throw error;
}

/** Undefined instead of an error when something was transferred already: the call then returns that. */
function tryBytes<V>(done: number, action: () => V): V | undefined {
  if (done === 0) return action();
  try {
    return action();
  } catch (error) {
    if (error instanceof SysError && error.errno !== EPIPE) return undefined;
    throw error;
  }
}

/** The guest's bytes behind a vector, up to STREAM_BYTES, and up to the first bad page. @throws SysError EFAULT at once */
export function gather(
  memory: UserMemory,
  vector: readonly Buffer[],
  access: 'read' | 'write',
): Uint8Array[] {
  const only = vector[0];
  if (only !== undefined && vector.length === 1 && only.length <= STREAM_BYTES)
    return memory.segments(only.address, only.length, access);
  const segments: Uint8Array[] = [];
  let left = STREAM_BYTES;
  for (const { address, length } of vector) {
    if (length === 0) continue;
    if (left === 0) break;
    const asked = Math.min(length, left);
    const more = tryBytes(segments.length, () => memory.segments(address, asked, access));
    if (more === undefined) break;
    segments.push(...more);
    left -= asked;
    if (total(more) < asked) break;
  }
  return segments;
}

export function skip(vector: readonly Buffer[], count: number): readonly Buffer[] {
  if (count === 0) return vector;
  let left = count;
  return vector.flatMap(({ address, length }) => {
    const skipped = Math.min(left, length);
    left -= skipped;
    return skipped === length ? [] : [{ address: address + skipped, length: length - skipped }];
  });
}
