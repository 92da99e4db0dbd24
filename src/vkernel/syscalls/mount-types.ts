/** What mount(2) makes of file systems in memory: tmpfs, devtmpfs, overlay; and devpts. */
import { EINVAL, ELOOP, SysError } from '../abi/errno.js';
import { AT_FDCWD } from '../abi/fcntl.js';
import { DEV_PTMX, populateDev } from '../fs/devfs/populate.js';
import { OverlayFs } from '../fs/overlay/overlay.js';
import { Tmpfs, type TmpfsOptions } from '../fs/tmpfs/tmpfs.js';
import { addFileSystemType, mountedOf, type MountData } from '../kernel/file-system-types.js';
import type { Task } from '../kernel/task.js';
import { DevPts } from '../tty/devpts.js';
import type { FileSystem } from '../vfs/file-system.js';
import type { Inode } from '../vfs/inode.js';
import type { Location } from '../vfs/location.js';
import { findAt } from './file-lookup.js';

const PAGE_BYTES = 4096;
const UNITS: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };
/** Of an overlay, and how deep overlays lie on one another (FILESYSTEM_MAX_STACK_DEPTH). */
const MOST_LOWERS = 500;
const MOST_DEPTH = 2;
const STICKY_FOR_ALL = 0o1777;

function newTmpfs({ kernel }: Task, options: Partial<TmpfsOptions>): Tmpfs {
  const { mounts, frames, clock } = kernel;
  const maxFrames = Math.floor(frames.totalFrames / 2);
  const common = { pool: frames, clock, special: mounts.special, maxFrames };
  return new Tmpfs({ ...common, device: mounts.allocateDevice(), ...options });
}

/** "64k", or a part of the memory: "50%" (tmpfs(5)). @throws SysError EINVAL */
function frameCount(text: string, totalFrames: number): number {
  const [, digits, unit] = /^(\d{1,15})([kmg%]?)$/i.exec(text) ?? [];
  if (digits === undefined) throw new SysError(EINVAL);
  const given = Number(digits);
  if (unit === '%') return Math.floor((totalFrames * Math.min(given, 100)) / 100);
  return Math.ceil((given * UNITS[unit!.toLowerCase()]!) / PAGE_BYTES);
}

function unsigned(text: string, radix: 8 | 10): number {
  if (!(radix === 8 ? /^[0-7]{1,6}$/ : /^\d{1,9}$/).test(text)) throw new SysError(EINVAL);
  return parseInt(text, radix);
}

function makeTmpfs(task: Task, data: MountData): Tmpfs {
  let { mode, uid, gid, maxFrames }: { mode: number; uid: number; gid: number; maxFrames?: number } = {
    mode: STICKY_FOR_ALL,
    uid: 0,
    gid: 0,
  };
  const shown: string[] = [];
  for (const [name, value] of data) {
    if (name === 'size') {
      maxFrames = frameCount(value, task.kernel.frames.totalFrames);
      shown.push(`size=${(maxFrames * PAGE_BYTES) / 1024}k`);
    } else if (name === 'mode') {
      mode = unsigned(value, 8) & 0o7777;
      if (mode !== STICKY_FOR_ALL) shown.push(`mode=${mode.toString(8)}`);
    } else if (name === 'uid') uid = unsigned(value, 10);
    else if (name === 'gid') gid = unsigned(value, 10);
    else if (name === 'nr_inodes') frameCount(value, 0);
    else throw new SysError(EINVAL);
  }
  const limit = maxFrames === undefined ? {} : { maxFrames };
  return newTmpfs(task, { ...limit, mode, owner: { uid, gid }, shownOptions: shown.join(',') });
}

/** There is one devtmpfs, wherever it is mounted. */
function makeDevtmpfs(task: Task): Tmpfs {
  const known = mountedOf(task.kernel, 'devtmpfs');
  if (known instanceof Tmpfs) return known;
  const made = newTmpfs(task, { type: 'devtmpfs' });
  populateDev(made.root);
  return made;
}

/** There is one devpts, too: the driver of /dev/ptmx. */
function findDevpts({ kernel }: Task): DevPts {
  const found = kernel.mounts.special.devices.get(`c${DEV_PTMX}`);
  if (!(found instanceof DevPts)) throw new SysError(EINVAL);
  return found;
}

/** Merged directories, which only the overlay of the machine's root can have changes over. */
function makeOverlay(task: Task, data: MountData): OverlayFs {
  const lowerdir = data.get('lowerdir');
  if (lowerdir === undefined || data.has('upperdir')) {
    task.kernel.logOnce('mount: an overlay with an upperdir is not supported: EINVAL');
    throw new SysError(EINVAL);
  }
  const paths = lowerdir.split(':');
  if (paths.length < 2 || paths.length > MOST_LOWERS) throw new SysError(EINVAL);
  const places = paths.map((path) => findAt(task, AT_FDCWD, path, { follow: true }));
  const lowers = places.map(({ inode }): Inode => inode);
  if (!lowers.every(({ isDirectory, fs }) => isDirectory && depthOf(fs) < MOST_DEPTH))
    throw new SysError(EINVAL);
  assertApart(places);
  const { mounts, clock } = task.kernel;
  const memory = newTmpfs(task, {});
  const device = mounts.allocateDevice();
  return new OverlayFs({ device, clock, special: mounts.special, lowers, memory, readOnly: true });
}

/** @throws SysError ELOOP when a place lies in another one: its files would be there twice */
function assertApart(places: readonly Location[]): void {
  const inodes = new Set(places.map(({ inode }) => inode));
  if (inodes.size < places.length) throw new SysError(ELOOP);
  for (const { parent } of places)
    for (let at = parent; at !== undefined; at = at.parent)
      if (inodes.has(at.inode)) throw new SysError(ELOOP);
}

/** The file systems that an overlay merges. */
function layersOf(fs: FileSystem): FileSystem[] {
  if (!(fs instanceof OverlayFs)) return [];
  const { lower, deeper } = fs.root;
  return [...(lower === undefined ? [] : [lower]), ...deeper].map((layer) => layer.fs);
}

/** How many overlays lie on one another in a file system. */
function depthOf(fs: FileSystem): number {
  return fs instanceof OverlayFs ? 1 + Math.max(0, ...layersOf(fs).map(depthOf)) : 0;
}

/** The file system, or one that it merges, however deep. */
export function liesOn(fs: FileSystem, other: FileSystem): boolean {
  return fs === other || layersOf(fs).some((layer) => liesOn(layer, other));
}

addFileSystemType({ name: 'tmpfs', make: makeTmpfs });
addFileSystemType({ name: 'devtmpfs', make: makeDevtmpfs });
addFileSystemType({ name: 'devpts', make: findDevpts });
addFileSystemType({ name: 'overlay', make: makeOverlay });
