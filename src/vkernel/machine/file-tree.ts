/** The tree of files a guest starts with. */
import { ALL_CAPABILITIES } from '../abi/capability.js';
import { errnoText, SysError } from '../abi/errno.js';
import { O_WRONLY } from '../abi/fcntl.js';
import { S_IFDIR, S_IFREG, S_ISVTX } from '../abi/stat.js';
import { addMemoryDrivers, populateDev } from '../fs/devfs/populate.js';
import { HostFs } from '../fs/hostfs/hostfs.js';
import { OverlayFs } from '../fs/overlay/overlay.js';
import { Tmpfs } from '../fs/tmpfs/tmpfs.js';
import type { KernelLog } from '../kernel/log.js';
import type { Clock } from '../time/clock.js';
import type { FileSystem } from '../vfs/file-system.js';
import type { ByteString } from '../vfs/inode.js';
import type { Location } from '../vfs/location.js';
import { MountTable } from '../vfs/mount.js';
import type { PagePool } from '../vfs/page-pool.js';
import { find } from '../vfs/path-walk.js';
import type { Random } from '../vfs/services.js';
import { MachineError } from './machine-error.js';
import type { MountOption } from './options.js';

const ROOT_OWNER = { uid: 0, gid: 0 };
const ROOT_SUBJECT = { uid: 0, gid: 0, groups: [], effective: ALL_CAPABILITIES };
const STICKY_DIRECTORY = S_IFDIR | S_ISVTX | 0o777;

export interface FileTreeOptions {
  readonly pool: PagePool;
  readonly totalFrames: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: KernelLog;
  /** Host directory that becomes "/"; undefined: an empty tmpfs. */
  readonly root: string | undefined;
  readonly rootReadOnly: boolean;
  /** Changes of the root stay in memory. */
  readonly overlay: boolean;
  readonly mounts: readonly MountOption[];
}

/** Text of the command line as the kernel has paths. */
export const toByteString = (text: string): ByteString => Buffer.from(text).toString('latin1');

/**
 * Mounts the root, /dev, and what the user grants. /proc is mounted when there is a kernel to show (`mountProc`).
 * @throws MachineError when a granted directory cannot be used
 */
export function buildFileTree(options: FileTreeOptions): MountTable {
  const mounts = new MountTable();
  addMemoryDrivers(mounts.special, options.random);
  const root = mountRoot(mounts, options);
  const dev = newTmpfs(mounts, options, 'devtmpfs');
  populateDev(dev.root);
  mountAt(mounts, root, '/dev', dev, options.log);
  for (const mount of options.mounts) mountGranted(mounts, root, mount, options);
  return mounts;
}

/** The place a path leads to, as root sees it. @throws SysError as `find` */
export function placeAt(root: Location, path: ByteString): Location {
  return find(path, { root, start: root, subject: ROOT_SUBJECT, follow: true });
}

/** Mounts a file system of the kernel's own, if the root has the directory for it. */
export function mountAt(
  mounts: MountTable,
  root: Location,
  path: ByteString,
  fs: FileSystem,
  log: KernelLog,
): void {
  try {
    mounts.mount(fs, placeAt(root, path));
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    log(`no ${path}: the root has no such directory`);
  }
}

/** Puts a file that nobody may write into a tmpfs. */
export function addReadOnlyFile(root: Location, path: ByteString, bytes: Uint8Array): void {
  const parent = makeParents(root, path);
  const name = path.slice(path.lastIndexOf('/') + 1);
  const file = parent.inode
    .create(name, S_IFREG | 0o555, ROOT_OWNER, 0)
    .open(O_WRONLY)
    .retain();
  for (let done = 0; done < bytes.length;) done += file.write(bytes.subarray(done), done);
  file.release();
}

function mountRoot(mounts: MountTable, options: FileTreeOptions): Location {
  const { root: hostPath, rootReadOnly, overlay } = options;
  if (hostPath !== undefined) {
    const readOnly = rootReadOnly || overlay;
    const lower = openHostFs(mounts, options.pool, { host: hostPath, guest: '/', readOnly });
    return overlay
      ? mounts.mountRoot(newOverlay(mounts, options, lower), { readOnly: rootReadOnly })
      : mounts.mountRoot(lower, { readOnly });
  }
  const root = mounts.mountRoot(newTmpfs(mounts, options));
  root.inode.create('tmp', STICKY_DIRECTORY, ROOT_OWNER, 0);
  for (const name of ['dev', 'proc']) root.inode.create(name, S_IFDIR | 0o755, ROOT_OWNER, 0);
  return root;
}

function newTmpfs(mounts: MountTable, options: FileTreeOptions, type: 'tmpfs' | 'devtmpfs' = 'tmpfs'): Tmpfs {
  return new Tmpfs({
    device: mounts.allocateDevice(),
    pool: options.pool,
    clock: options.clock,
    special: mounts.special,
    maxFrames: Math.floor(options.totalFrames / 2),
    type,
  });
}

function newOverlay(mounts: MountTable, options: FileTreeOptions, lower: FileSystem): OverlayFs {
  return new OverlayFs({
    device: mounts.allocateDevice(),
    clock: options.clock,
    special: mounts.special,
    lowers: [lower.root],
    memory: newTmpfs(mounts, options),
  });
}

function openHostFs(
  mounts: MountTable,
  pool: PagePool,
  { host, guest, readOnly = false }: MountOption,
): HostFs {
  try {
    return new HostFs(mounts.allocateDevice(), pool, { hostPath: host, guestPath: guest, readOnly });
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    throw new MachineError(`${host}: ${errnoText(error.errno)}`, 125, { cause: error });
  }
}

/** In a tmpfs root the mount point is made; in a root of the host's it must be there: nothing is written that was not asked for. */
function mountGranted(
  mounts: MountTable,
  root: Location,
  option: MountOption,
  options: FileTreeOptions,
): void {
  const { readOnly = false, overlay = false } = option;
  const granted = openHostFs(mounts, options.pool, { ...option, readOnly: readOnly || overlay });
  if (overlay && !granted.root.isDirectory)
    throw new MachineError(`mount point ${option.guest}: an overlay lies over a directory`);
  const fs = overlay ? newOverlay(mounts, options, granted) : granted;
  const guest = toByteString(option.guest);
  try {
    if (options.root === undefined) makeMountPoint(root, guest, fs.root.isDirectory);
    mounts.mount(fs, placeAt(root, guest), { readOnly });
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    throw new MachineError(`mount point ${option.guest}: ${errnoText(error.errno)}`, 125, { cause: error });
  }
}

function makeMountPoint(root: Location, path: ByteString, directory: boolean): void {
  const parent = makeParents(root, path);
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (name === '' || parent.inode.lookup(name) !== undefined) return;
  parent.inode.create(name, (directory ? S_IFDIR : S_IFREG) | 0o755, ROOT_OWNER, 0);
}

/** Makes the directories above a path that are not there yet. @returns the one that holds it */
function makeParents(root: Location, path: ByteString): Location {
  const names = path.split('/').filter((part) => part !== '');
  let at = '';
  for (const name of names.slice(0, -1)) {
    const parent = placeAt(root, at === '' ? '/' : at);
    if (parent.inode.lookup(name) === undefined) parent.inode.create(name, S_IFDIR | 0o755, ROOT_OWNER, 0);
    at += `/${name}`;
  }
  return placeAt(root, at === '' ? '/' : at);
}
