/** The tree of files a guest starts with. */
import { O_WRONLY } from '../abi/fcntl.js';
import { S_IFDIR, S_IFREG, S_ISVTX } from '../abi/stat.js';
import { addMemoryDrivers, DEV_CONSOLE, DEV_PTS_0, DEV_TTY, populateDev } from '../fs/devfs/populate.js';
import { Tmpfs } from '../fs/tmpfs/tmpfs.js';
import type { Clock } from '../time/clock.js';
import { ControllingTerminal, type Terminal } from '../tty/terminal.js';
import type { ByteString } from '../vfs/inode.js';
import type { Location } from '../vfs/location.js';
import { MountTable } from '../vfs/mount.js';
import type { PagePool } from '../vfs/page-pool.js';
import { find } from '../vfs/path-walk.js';
import type { Random } from '../vfs/services.js';

const ROOT_OWNER = { uid: 0, gid: 0 };
const ROOT_SUBJECT = { uid: 0, gid: 0, groups: [] };

export interface FileTreeOptions {
  readonly pool: PagePool;
  readonly totalFrames: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly terminal: Terminal | undefined;
}

/** The path of a host or a command line as the kernel has paths. */
export const toByteString = (text: string): ByteString => Buffer.from(text).toString('latin1');

/** An empty tmpfs with /tmp, and /dev mounted. */
export function buildFileTree(options: FileTreeOptions): MountTable {
  const mounts = new MountTable();
  addMemoryDrivers(mounts.special, options.random);
  addTerminalDrivers(mounts, options.terminal);
  const root = mounts.mountRoot(newTmpfs(mounts, options));
  const tmp = root.inode.create('tmp', S_IFDIR | S_ISVTX | 0o777, ROOT_OWNER, 0);
  tmp.setAttributes({ mode: S_IFDIR | S_ISVTX | 0o777 });
  root.inode.create('dev', S_IFDIR | 0o755, ROOT_OWNER, 0);
  root.inode.create('proc', S_IFDIR | 0o555, ROOT_OWNER, 0);
  const dev = newTmpfs(mounts, options, 'devtmpfs');
  populateDev(dev.root, options.terminal !== undefined);
  mounts.mount(dev, placeAt(root, '/dev'));
  return mounts;
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

function addTerminalDrivers({ special }: MountTable, terminal: Terminal | undefined): void {
  const controlling = new ControllingTerminal();
  controlling.terminal = terminal;
  special.add('c', DEV_TTY, controlling);
  special.add('c', DEV_CONSOLE, controlling);
  if (terminal !== undefined) special.add('c', DEV_PTS_0, terminal);
}

/** The place a path leads to, as root sees it. @throws SysError as `find` */
export function placeAt(root: Location, path: ByteString): Location {
  return find(path, { root, start: root, subject: ROOT_SUBJECT, follow: true });
}

/** Makes the directories above a path that are not there yet. @returns the one that holds it */
export function makeParents(root: Location, path: ByteString): Location {
  let at = root;
  for (const name of path
    .split('/')
    .filter((part) => part !== '')
    .slice(0, -1)) {
    if (at.inode.lookup(name) === undefined) at.inode.create(name, S_IFDIR | 0o755, ROOT_OWNER, 0);
    at = placeAt(at, name);
  }
  return at;
}

/** Puts a file that nobody may write into the tree. */
export function addReadOnlyFile(root: Location, path: ByteString, bytes: Uint8Array, mode: number): void {
  const parent = makeParents(root, path);
  const name = path.slice(path.lastIndexOf('/') + 1);
  const inode = parent.inode.create(name, S_IFREG | mode, ROOT_OWNER, 0);
  const file = inode.open(O_WRONLY).retain();
  for (let done = 0; done < bytes.length;) done += file.write(bytes.subarray(done), done);
  file.release();
}
