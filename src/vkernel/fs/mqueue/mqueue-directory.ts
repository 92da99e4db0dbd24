/** The directory of all POSIX message queues: sticky, for everybody. */
import { mapOf, oneOf, str, uint } from '../../../ckpt/state/codecs.js';
import { ref } from '../../../ckpt/state/references.js';
import { savable } from '../../../ckpt/state/savable.js';
import { EPERM, SysError } from '../../abi/errno.js';
import { S_IFDIR, S_IFMT, S_IFREG } from '../../abi/stat.js';
import { DirectoryFile } from '../../vfs/directory-file.js';
import {
  fileAttributes,
  Inode,
  inodeFields,
  type ByteString,
  type DirectoryEntry,
  type FileAttributes,
  type Owner,
} from '../../vfs/inode.js';
import type { Location } from '../../vfs/location.js';
import { MqueueFs } from './mqueue-fs.js';
import { DEFAULT_CAPACITY, MessageQueueInode, type Capacity } from './message-queue-inode.js';

const DT_REG = 8;

export class MqueueDirectory extends Inode {
  readonly fs: MqueueFs;
  readonly ino: number;
  readonly type = S_IFDIR;
  readonly attrs: FileAttributes;
  readonly queues = new Map<ByteString, MessageQueueInode>();

  constructor(fs: MqueueFs) {
    super();
    this.fs = fs;
    this.ino = fs.nextIno++;
    const now = fs.clock.realtimeNs();
    const times = { atimeNs: now, mtimeNs: now, ctimeNs: now, btimeNs: now };
    this.attrs = { ...times, mode: S_IFDIR | 0o1777, uid: 0, gid: 0, nlink: 2, sizeBytes: 0, rdev: 0 };
  }

  override attributes(): FileAttributes {
    return this.attrs;
  }

  override setAttributes(changes: Partial<FileAttributes>): void {
    Object.assign(this.attrs, changes);
  }

  override open(flags: number, location?: Location): DirectoryFile {
    return new DirectoryFile(this, flags, location);
  }

  override lookup(name: ByteString): MessageQueueInode | undefined {
    return this.queues.get(name);
  }

  override entries(): DirectoryEntry[] {
    return Array.from(this.queues, ([name, { ino }]) => ({ name, ino, type: DT_REG }));
  }

  override create(name: ByteString, mode: number, owner: Owner): MessageQueueInode {
    if ((mode & S_IFMT) !== S_IFREG) throw new SysError(EPERM);
    return this.createQueue(name, mode, owner, DEFAULT_CAPACITY);
  }

  createQueue(name: ByteString, mode: number, owner: Owner, capacity: Capacity): MessageQueueInode {
    const queue = new MessageQueueInode(this.fs, mode, owner, capacity);
    this.queues.set(name, queue);
    return queue;
  }

  override unlink(name: ByteString): void {
    const queue = this.queues.get(name)!;
    this.queues.delete(name);
    queue.attrs.nlink--;
    if (queue.openCount === 0) queue.evict();
  }
}

savable<MqueueDirectory>('mqueue.Directory', MqueueDirectory, {
  ...inodeFields,
  fs: ref(() => MqueueFs),
  ino: uint,
  type: oneOf(S_IFDIR),
  attrs: fileAttributes,
  queues: mapOf(
    str,
    ref(() => MessageQueueInode),
  ),
});
