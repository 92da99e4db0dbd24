/** /proc (proc(5)): files whose contents are made when they are read. What there is, is said by tree.ts; a node is only its path. */
import { bytes, oneOf, opt, str, uint } from '../../../ckpt/state/codecs.js';
import { ref } from '../../../ckpt/state/references.js';
import { derived, savable } from '../../../ckpt/state/savable.js';
import { EACCES, EINVAL, ELOOP, ENOENT, SysError } from '../../abi/errno.js';
import { S_IFDIR, S_IFLNK } from '../../abi/stat.js';
import { addFileSystemType, mountedOf } from '../../kernel/file-system-types.js';
import { Kernel } from '../../kernel/kernel.js';
import { DirectoryFile } from '../../vfs/directory-file.js';
import { fileSystem, type FileSystem, type FileSystemUsage } from '../../vfs/file-system.js';
import {
  Inode,
  inodeFields,
  type ByteString,
  type DirectoryEntry,
  type FileAttributes,
} from '../../vfs/inode.js';
import type { Location } from '../../vfs/location.js';
import { OpenFile, openFileFields } from '../../vfs/open-file.js';
import { seekTarget } from '../../vfs/regular-file.js';
import { waitSource } from '../../vfs/wait-source.js';
import { describe, type NodeDescription } from './tree.js';

const PROC_SUPER_MAGIC = 0x9fa0;
/** Options of proc(5), which change nothing here: everybody sees every process. */
const KNOWN_OPTIONS: ReadonlySet<string> = new Set(['hidepid', 'gid', 'subset']);

export class ProcFs implements FileSystem {
  readonly type = 'proc';
  readonly magic = PROC_SUPER_MAGIC;
  readonly readOnly = false;
  readonly device: number;
  readonly kernel: Kernel;
  nextIno = 1;
  /** Nodes in use, by path: a node is the same as long as somebody has it. */
  readonly nodes = new Map<string, WeakRef<ProcNode>>();
  readonly root: ProcNode;

  constructor(device: number, kernel: Kernel) {
    this.device = device;
    this.kernel = kernel;
    this.root = this.node('', S_IFDIR);
  }

  node(path: string, type: number): ProcNode {
    const known = this.nodes.get(path)?.deref();
    if (known?.type === type) return known;
    if (this.nodes.size >= 1024 && this.nodes.size % 1024 === 0) this.sweep();
    const made = new ProcNode(this, path, type);
    this.nodes.set(path, new WeakRef(made));
    return made;
  }

  private sweep(): void {
    for (const [path, weak] of this.nodes) if (weak.deref() === undefined) this.nodes.delete(path);
  }

  usage(): FileSystemUsage {
    return { blocks: 0, blocksFree: 0, files: 0, filesFree: 0 };
  }

  sync(): void {
    // Nothing is stored.
  }
}

export class ProcNode extends Inode {
  readonly fs: ProcFs;
  readonly ino: number;
  readonly type: number;
  /** Below /proc, without a leading slash: "12/fd/3". */
  readonly path: string;

  constructor(fs: ProcFs, path: string, type: number) {
    super();
    this.fs = fs;
    this.ino = fs.nextIno++;
    this.path = path;
    this.type = type;
  }

  /** @throws SysError ENOENT when the process is gone */
  private get description(): NodeDescription {
    const found = describe(this.fs.kernel, this.path);
    if (found === undefined) throw new SysError(ENOENT);
    return found;
  }

  override attributes(): FileAttributes {
    const found = describe(this.fs.kernel, this.path);
    const now = this.fs.kernel.clock.realtimeNs();
    const times = { atimeNs: now, mtimeNs: now, ctimeNs: now, btimeNs: now };
    const nlink = found === undefined ? 0 : this.isDirectory ? 2 : 1;
    const { uid, gid } = found?.owner ?? { uid: 0, gid: 0 };
    return { mode: this.type | (found?.mode ?? 0), uid, gid, nlink, sizeBytes: 0, rdev: 0, ...times };
  }

  override open(flags: number, location?: Location): OpenFile {
    if (this.isDirectory) return new DirectoryFile(this, flags, location);
    if (this.type === S_IFLNK) throw new SysError(ELOOP);
    return new ProcFile(this, flags, location);
  }

  /** @throws SysError ENOENT, EINVAL for a node without contents */
  content(): Uint8Array {
    const made = this.description.content?.();
    if (made === undefined) throw new SysError(EINVAL);
    return typeof made === 'string' ? Buffer.from(made, 'latin1') : made;
  }

  store(text: ByteString): void {
    const { store } = this.description;
    if (store === undefined) throw new SysError(EACCES);
    store(text);
  }

  override lookup(name: ByteString): ProcNode | undefined {
    const path = this.path === '' ? name : `${this.path}/${name}`;
    const found = describe(this.fs.kernel, path);
    return found === undefined ? undefined : this.fs.node(path, found.type);
  }

  override entries(): DirectoryEntry[] {
    const names = this.description.names?.() ?? [];
    return names.flatMap((name) => {
      const node = this.lookup(name);
      return node === undefined ? [] : [{ name, ino: node.ino, type: node.type >> 12 }];
    });
  }

  override readlink(): ByteString {
    const { target } = this.description;
    if (target === undefined) throw new SysError(EINVAL);
    return target();
  }

  override linkTarget(): Location | undefined {
    return this.description.object?.();
  }
}

/** The contents are made when reading starts, so that a file read in pieces is of one piece. */
export class ProcFile extends OpenFile {
  contents: Uint8Array | undefined = undefined;

  override get seekable(): boolean {
    return true;
  }

  override read(into: Uint8Array, position?: number): number {
    const at = position ?? this.offset;
    if (at === 0 || this.contents === undefined) this.contents = (this.inode as ProcNode).content();
    const part = this.contents.subarray(at, at + into.length);
    into.set(part);
    if (position === undefined) this.offset += part.length;
    return part.length;
  }

  override write(from: Uint8Array): number {
    (this.inode as ProcNode).store(Buffer.from(from).toString('latin1'));
    return from.length;
  }

  override seek(offset: number, whence: number): number {
    this.offset = seekTarget(this, offset, whence);
    return this.offset;
  }
}

savable<ProcFs>(
  'procfs.ProcFs',
  ProcFs,
  {
    type: oneOf('proc'),
    magic: oneOf(PROC_SUPER_MAGIC),
    readOnly: oneOf(false),
    device: uint,
    kernel: ref(() => Kernel),
    nextIno: uint,
    nodes: derived(() => new Map<string, WeakRef<ProcNode>>()),
    root: ref(() => ProcNode),
  },
  { roles: [fileSystem] },
);
savable<ProcNode>(
  'procfs.Node',
  ProcNode,
  { ...inodeFields, fs: ref(() => ProcFs), ino: uint, type: uint, path: str },
  { afterLoad: (self) => self.fs.nodes.set(self.path, new WeakRef(self)) },
);
savable<ProcFile>(
  'procfs.File',
  ProcFile,
  { ...openFileFields, contents: opt(bytes) },
  { roles: [waitSource] },
);

addFileSystemType({
  name: 'proc',
  make: ({ kernel }, data) => {
    for (const name of data.keys()) if (!KNOWN_OPTIONS.has(name)) throw new SysError(EINVAL);
    return mountedOf(kernel, 'proc') ?? new ProcFs(kernel.mounts.allocateDevice(), kernel);
  },
});
