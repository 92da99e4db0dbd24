/** What /dev holds. The nodes lie in any file system that can make them; the machine mounts a devtmpfs for them. */
import { S_IFCHR, S_IFDIR, S_ISVTX } from '../../abi/stat.js';
import type { ByteString, Inode } from '../../vfs/inode.js';
import type { Random } from '../../vfs/services.js';
import { makeDevice, type SpecialFiles } from '../../vfs/special-files.js';
import { MemoryDevice, type MemoryDeviceKind } from './memory-device.js';

const ROOT = { uid: 0, gid: 0 };
const MEMORY_MAJOR = 1;

/** The numbers of terminals (Linux's Documentation/admin-guide/devices.txt). */
export const DEV_TTY = makeDevice(5, 0);
export const DEV_CONSOLE = makeDevice(5, 1);
export const DEV_PTMX = makeDevice(5, 2);

const MEMORY_DEVICES: readonly (readonly [ByteString, number, MemoryDeviceKind])[] = [
  ['null', 3, 'null'],
  ['zero', 5, 'zero'],
  ['full', 7, 'full'],
  ['random', 8, 'random'],
  ['urandom', 9, 'random'],
];

const LINKS: readonly (readonly [ByteString, ByteString])[] = [
  ['fd', '/proc/self/fd'],
  ['stdin', '/proc/self/fd/0'],
  ['stdout', '/proc/self/fd/1'],
  ['stderr', '/proc/self/fd/2'],
];

/** Enters the drivers of the memory devices. Those of terminals are the machine's to enter. */
export function addMemoryDrivers(special: SpecialFiles, random: Random): void {
  for (const [, minor, kind] of MEMORY_DEVICES) {
    special.add('c', makeDevice(MEMORY_MAJOR, minor), new MemoryDevice(kind, random));
  }
}

/** Fills an empty directory with the nodes of /dev. */
export function populateDev(directory: Inode): void {
  for (const [name, minor] of MEMORY_DEVICES) {
    directory.create(name, S_IFCHR | 0o666, ROOT, makeDevice(MEMORY_MAJOR, minor));
  }
  directory.create('tty', S_IFCHR | 0o666, ROOT, DEV_TTY);
  directory.create('console', S_IFCHR | 0o600, ROOT, DEV_CONSOLE);
  directory.create('shm', S_IFDIR | S_ISVTX | 0o777, ROOT, 0);
  directory.create('ptmx', S_IFCHR | 0o666, ROOT, DEV_PTMX);
  directory.create('pts', S_IFDIR | 0o755, ROOT, 0);
  for (const [name, target] of LINKS) directory.symlink(name, target, ROOT);
}
