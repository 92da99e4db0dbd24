/**
 * Names of files that are being written, and which of them nobody writes any more. A name says which process of which machine has made
 * the file, so that whoever writes a core into the same directory the next time can take away what a killed process left behind.
 */
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { readdir, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';

/** A new name in the same directory: `.CORE.PLACE.PID.RANDOM.tmp`. */
export function temporaryName(file: string): string {
  const random = randomBytes(4).toString('hex');
  return join(dirname(file), `.${basename(file)}.${placeOfPids()}.${process.pid}.${random}.tmp`);
}

/** Removes temporary files of a directory whose process is gone. Never fails: what cannot be removed stays. */
export async function removeStrays(directory: string): Promise<void> {
  const names = await readdir(directory).catch(() => []);
  for (const name of names) {
    const [, place, pid] = /^\..*\.([0-9a-f]{8})\.(\d+)\.[0-9a-f]{8}\.tmp$/s.exec(name) ?? [];
    if (pid === undefined || place !== placeOfPids() || lives(Number(pid))) continue;
    await unlink(join(directory, name)).catch(() => undefined);
  }
}

let place: string | undefined;

/** Where a pid means what it means here: the same machine since it was started, and the same pid namespace. */
function placeOfPids(): string {
  place ??= createHash('sha256')
    .update(hostname())
    .update(orNothing(() => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1')))
    .update(orNothing(() => readlinkSync('/proc/self/ns/pid')))
    .digest('hex')
    .slice(0, 8);
  return place;
}

/** Other systems have no such files. */
function orNothing(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}

/** A process of somebody else lives, too. */
function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
