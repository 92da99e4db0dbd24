/** Writing a file that appears under its name whole or not at all. */
import { constants, unlinkSync } from 'node:fs';
import { open, rename, unlink, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { getSystemErrorName } from 'node:util';
import { canPlaceFiles, placeFile } from '../../vkernel/cpu/nameless-file.js';
import { hostFailure } from './checkpoint-error.js';
import { removeStrays, temporaryName } from './temporary-file.js';

/** Bytes handed to one writev: large enough to cost nothing, small enough for the event loop and for progress. */
const CHUNK_BYTES = 8 * 1024 * 1024;
/** IOV_MAX of Linux. */
const CHUNK_PARTS = 1024;
const MODE = 0o600;
/** Linux's, which Node does not name. */
const O_TMPFILE = 0o20000000 | constants.O_DIRECTORY;

export interface WriteOptions {
  readonly file: string;
  /** For progress: what is expected. */
  readonly totalBytes: number;
  readonly onProgress?: ((doneBytes: number, totalBytes: number) => void) | undefined;
  /** Wait until the disk has it, so that a failure of power does not leave a name without its bytes. */
  readonly sync?: boolean | undefined;
  /** Called when the bytes have been handed to the host, and may change. */
  readonly onWritten?: () => void;
}

/**
 * Writes the parts one after the other into a file without a name, or where the host has none under a temporary name in the same
 * directory, then renames. Whatever fails, the new file goes and what had the name before is untouched; a temporary name that a killed
 * process leaves behind goes when a core is written into the directory the next time. The bytes must not change before `onWritten`.
 * @returns the bytes written
 * @throws CheckpointError
 */
export async function writeWhole(parts: Iterable<Uint8Array>, options: WriteOptions): Promise<number> {
  const { file } = options;
  const temporary = temporaryName(file);
  const discard = (): void => {
    try {
      unlinkSync(temporary);
    } catch {
      // Never made, or gone already.
    }
  };
  // process.exit() in the middle, as on SIGTERM.
  process.once('exit', discard);
  // A large file takes long to delete: holding the earlier one open leaves that to a close nobody waits for.
  const earlier = await open(file, constants.O_RDONLY | constants.O_NONBLOCK).catch(() => undefined);
  try {
    await removeStrays(dirname(file));
    const bytes = await writeAndPlace(temporary, parts, options);
    if (options.sync === true) await syncDirectory(dirname(file));
    return bytes;
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw hostFailure('cannot write', file, error);
  } finally {
    process.off('exit', discard);
    void earlier?.close().catch(() => undefined);
  }
}

/** The name lasts, too, not only what it names (fsync(2)). */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

async function writeAndPlace(
  temporary: string,
  parts: Iterable<Uint8Array>,
  { file, totalBytes, onProgress, sync, onWritten }: WriteOptions,
): Promise<number> {
  const nameless = await openNameless(dirname(temporary));
  const handle =
    nameless ?? (await open(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, MODE));
  try {
    let done = 0;
    for (const chunk of chunks(parts)) {
      for (const part of chunk) done += part.length;
      await writeChunk(handle, chunk);
      onProgress?.(Math.min(done, totalBytes), totalBytes);
    }
    onWritten?.();
    if (sync === true) await handle.datasync();
    if (nameless === undefined) await rename(temporary, file);
    else assertDone('linkat', await placeFile(nameless.fd, temporary, file));
    return done;
  } finally {
    await handle.close();
  }
}

/** @throws Error with a code, like those of Node's own calls, unless `errno` is 0 */
function assertDone(call: string, errno: number): void {
  if (errno === 0) return;
  const code = getSystemErrorName(-errno);
  throw Object.assign(new Error(`${call}: ${code}`), { code });
}

/** Nothing stays of it when this process is killed. @returns undefined where there are no such files; why, a named one will show */
function openNameless(directory: string): Promise<FileHandle | undefined> {
  if (!canPlaceFiles()) return Promise.resolve(undefined);
  return open(directory, constants.O_WRONLY | O_TMPFILE, MODE).catch(() => undefined);
}

function* chunks(parts: Iterable<Uint8Array>): Iterable<Uint8Array[]> {
  let chunk: Uint8Array[] = [];
  let bytes = 0;
  for (const whole of parts) {
    for (let at = 0; at < whole.length;) {
      const part = whole.subarray(at, at + CHUNK_BYTES - bytes);
      chunk.push(part);
      at += part.length;
      bytes += part.length;
      if (bytes < CHUNK_BYTES && chunk.length < CHUNK_PARTS) continue;
      yield chunk;
      chunk = [];
      bytes = 0;
    }
  }
  if (chunk.length > 0) yield chunk;
}

/** A short write is no error: what comes next says why. */
async function writeChunk(handle: FileHandle, chunk: readonly Uint8Array[]): Promise<void> {
  let rest = [...chunk];
  while (rest.length > 0) {
    let { bytesWritten } = await handle.writev(rest);
    while (rest.length > 0 && bytesWritten >= rest[0]!.length) bytesWritten -= rest.shift()!.length;
    if (bytesWritten > 0) rest = [rest[0]!.subarray(bytesWritten), ...rest.slice(1)];
  }
}
