/** setxattr(2), getxattr(2), listxattr(2), removexattr(2) and their twins for links and descriptors. */
import { CAP_SYS_ADMIN } from '../abi/capability.js';
import { E2BIG, EINVAL, ENODATA, EOPNOTSUPP, EPERM, ERANGE, SysError } from '../abi/errno.js';
import { AT_FDCWD, R_OK, W_OK } from '../abi/fcntl.js';
import { IN_ATTRIB } from '../abi/inotify.js';
import { S_ISVTX } from '../abi/stat.js';
import { XATTR_CREATE, XATTR_NAME_MAX, XATTR_REPLACE, XATTR_SIZE_MAX } from '../abi/xattr.js';
import { syscall, type Argument, type SyscallDeclaration } from '../kernel/syscall.js';
import type { Task } from '../kernel/task.js';
import { checkAccess, hasCapability, ownsOrRoot } from '../vfs/access.js';
import {
  attributesIfAny,
  inodesOf,
  type ExtendedAttributes,
  type SetMode,
} from '../vfs/extended-attributes.js';
import type { ByteString } from '../vfs/inode.js';
import type { Location } from '../vfs/location.js';
import { notifyFile } from '../vfs/notify.js';
import { fd, flags, inBuffer, outBuffer, path, pointer, size } from './arguments.js';
import { assertWritableAt, findAt, locationOf } from './file-lookup.js';

/** The name of an attribute, as its address: it is read only when the file was found. */
const attributeName: Argument<number> = { decode: pointer.decode, show: path.show };

/** @throws SysError ERANGE for an empty name and one that is too long, EFAULT */
function readName(task: Task, address: number): ByteString {
  const name = task.memory.string(address, XATTR_NAME_MAX + 1);
  if (name === '' || name.length > XATTR_NAME_MAX) throw new SysError(ERANGE);
  return name;
}

/** Who may use a name (xattr(7)). @throws SysError EOPNOTSUPP, EINVAL, EPERM, ENODATA, EACCES */
function checkName(task: Task, { inode }: Location, name: ByteString, writes: boolean): void {
  const subject = task.process.credentials;
  const privileged = hasCapability(subject, CAP_SYS_ADMIN);
  if (name.startsWith('security.')) {
    if (writes && !privileged) throw new SysError(EPERM);
  } else if (name.startsWith('trusted.')) {
    if (!privileged) throw new SysError(writes ? EPERM : ENODATA);
  } else if (name.startsWith('user.')) {
    if (!inode.isRegular && !inode.isDirectory) throw new SysError(writes ? EPERM : ENODATA);
    const { mode } = inode.attributes();
    if (writes && inode.isDirectory && (mode & S_ISVTX) !== 0 && !ownsOrRoot(inode, subject))
      throw new SysError(EPERM);
    checkAccess(inode, subject, writes ? W_OK : R_OK);
  } else throw new SysError(EOPNOTSUPP);
  if (name.endsWith('.') && name.indexOf('.') === name.length - 1) throw new SysError(EINVAL);
}

function modeOf(given: number): SetMode {
  if ((given & ~(XATTR_CREATE | XATTR_REPLACE)) !== 0) throw new SysError(EINVAL);
  if ((given & XATTR_CREATE) !== 0) return 'create';
  return (given & XATTR_REPLACE) !== 0 ? 'replace' : 'any';
}

function set(
  task: Task,
  at: Location,
  nameAddress: number,
  address: number,
  length: number,
  given: number,
): number {
  const mode = modeOf(given);
  const name = readName(task, nameAddress);
  if (length > XATTR_SIZE_MAX) throw new SysError(E2BIG);
  const value = task.memory.copyIn(address, length).slice();
  assertWritableAt(at);
  checkName(task, at, name, true);
  changeCounted(task, at.inode.extendedAttributes(true), name.length + value.length, (attributes) =>
    attributes.set(name, value, mode),
  );
  notifyFile(at.inode, at, IN_ATTRIB);
  return 0;
}

/** A change that adds no more than so many bytes, which count as inodes. @throws SysError ENOSPC, and what the change throws */
function changeCounted(
  { kernel }: Task,
  attributes: ExtendedAttributes,
  mostBytes: number,
  change: (attributes: ExtendedAttributes) => void,
): void {
  const { special } = kernel.mounts;
  const [before, most] = [inodesOf(attributes.bytes()), inodesOf(mostBytes)];
  special.holdInodes(most);
  try {
    change(attributes);
  } finally {
    special.releaseInodes(most + before - inodesOf(attributes.bytes()));
  }
}

/** Gives the caller what it asked for; with no room it asks how much there is. @throws SysError ERANGE */
function give(task: Task, bytes: Uint8Array, address: number, room: number): number {
  if (room === 0) return bytes.length;
  if (bytes.length > room) throw new SysError(ERANGE);
  task.memory.copyOut(address, bytes);
  return bytes.length;
}

function get(task: Task, at: Location, nameAddress: number, address: number, room: number): number {
  const name = readName(task, nameAddress);
  checkName(task, at, name, false);
  return give(task, at.inode.extendedAttributes(false).get(name), address, room);
}

/** A file system without attributes has an empty list, and trusted ones are only shown to whoever may read them. */
function list(task: Task, { inode }: Location, address: number, room: number): number {
  const privileged = hasCapability(task.process.credentials, CAP_SYS_ADMIN);
  const names = attributesIfAny(inode)?.names() ?? [];
  const shown = names.filter((name) => privileged || !name.startsWith('trusted.'));
  return give(task, Buffer.from(shown.map((name) => `${name}\0`).join(''), 'latin1'), address, room);
}

function remove(task: Task, at: Location, nameAddress: number): number {
  const name = readName(task, nameAddress);
  assertWritableAt(at);
  checkName(task, at, name, true);
  at.inode.extendedAttributes(false).get(name);
  changeCounted(task, at.inode.extendedAttributes(true), 0, (attributes) => attributes.remove(name));
  notifyFile(at.inode, at, IN_ATTRIB);
  return 0;
}

const followed = (task: Task, name: ByteString): Location => findAt(task, AT_FDCWD, name, { follow: true });
const linkItself = (task: Task, name: ByteString): Location =>
  findAt(task, AT_FDCWD, name, { follow: false });
const opened = (task: Task, descriptor: number): Location => locationOf(task.files.get(descriptor));

const setFlags = flags({ XATTR_CREATE, XATTR_REPLACE });
const value = inBuffer(3);

export const extendedAttributeSyscalls: readonly SyscallDeclaration[] = [
  syscall('setxattr', [path, attributeName, value, size, setFlags], (task, name, ...rest) =>
    set(task, followed(task, name), ...rest),
  ),
  syscall('lsetxattr', [path, attributeName, value, size, setFlags], (task, name, ...rest) =>
    set(task, linkItself(task, name), ...rest),
  ),
  syscall('fsetxattr', [fd, attributeName, value, size, setFlags], (task, descriptor, ...rest) =>
    set(task, opened(task, descriptor), ...rest),
  ),
  syscall('getxattr', [path, attributeName, outBuffer, size], (task, name, ...rest) =>
    get(task, followed(task, name), ...rest),
  ),
  syscall('lgetxattr', [path, attributeName, outBuffer, size], (task, name, ...rest) =>
    get(task, linkItself(task, name), ...rest),
  ),
  syscall('fgetxattr', [fd, attributeName, outBuffer, size], (task, descriptor, ...rest) =>
    get(task, opened(task, descriptor), ...rest),
  ),
  syscall('listxattr', [path, outBuffer, size], (task, name, ...rest) =>
    list(task, followed(task, name), ...rest),
  ),
  syscall('llistxattr', [path, outBuffer, size], (task, name, ...rest) =>
    list(task, linkItself(task, name), ...rest),
  ),
  syscall('flistxattr', [fd, outBuffer, size], (task, descriptor, ...rest) =>
    list(task, opened(task, descriptor), ...rest),
  ),
  syscall('removexattr', [path, attributeName], (task, name, attribute) =>
    remove(task, followed(task, name), attribute),
  ),
  syscall('lremovexattr', [path, attributeName], (task, name, attribute) =>
    remove(task, linkItself(task, name), attribute),
  ),
  syscall('fremovexattr', [fd, attributeName], (task, descriptor, attribute) =>
    remove(task, opened(task, descriptor), attribute),
  ),
];
