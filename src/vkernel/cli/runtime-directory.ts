/**
 * Where the control sockets of running vkernels are: a directory of the user's own, which nobody else can enter or replace. The
 * sticky bit of /tmp keeps others from renaming it; what they put there first is refused.
 */
import { chmodSync, lstatSync, mkdirSync, type Stats } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { CliError } from './cli-error.js';

/** sun_path of unix(7) holds 107 bytes and its zero: what remains for the directory beside the longest name. */
const LONGEST_PATH_BYTES = 107;
export const LONGEST_ID = 32;
export const SOCKET_SUFFIX = '.sock';

export interface HostUser {
  readonly uid: number;
  readonly runtimeDirectory: string | undefined;
  readonly temporaryDirectory: string;
}

export const currentUser = (): HostUser => ({
  uid: process.getuid!(),
  runtimeDirectory: process.env['XDG_RUNTIME_DIR'],
  temporaryDirectory: '/tmp',
});

/** The directory, made if it is missing. @throws CliError if what stands there is not the user's alone */
export function runtimeDirectory(user: HostUser): string {
  const directory = placeFor(user);
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  checkDirectory(directory, user.uid);
  return directory;
}

function placeFor({ uid, runtimeDirectory: given, temporaryDirectory }: HostUser): string {
  if (given !== undefined && isAbsolute(given) && ownedBy(given, uid)) {
    const directory = join(given, 'vkernel');
    if (Buffer.byteLength(socketPath(directory, 'x'.repeat(LONGEST_ID))) <= LONGEST_PATH_BYTES)
      return directory;
  }
  return join(temporaryDirectory, `vkernel-${uid}`);
}

function ownedBy(directory: string, uid: number): boolean {
  const stats = lstatSync(directory, { throwIfNoEntry: false });
  return stats !== undefined && stats.isDirectory() && stats.uid === uid;
}

function checkDirectory(directory: string, uid: number): void {
  const stats: Stats = lstatSync(directory);
  const refuse = (why: string): never => {
    throw new CliError(`control directory ${directory}: ${why}; remove it or set XDG_RUNTIME_DIR`);
  };
  if (!stats.isDirectory()) refuse('is not a directory');
  if (stats.uid !== uid) refuse(`belongs to user ${stats.uid}`);
  if ((stats.mode & 0o777) !== 0o700) chmodSync(directory, 0o700);
}

export function socketPath(directory: string, id: string): string {
  return join(directory, id + SOCKET_SUFFIX);
}
