/** The inodes of /dev/pts (pts(4)). */
import { uint } from '../../ckpt/state/codecs.js';
import { ref } from '../../ckpt/state/references.js';
import { fields, savable } from '../../ckpt/state/savable.js';
import { EBUSY, EIO, SysError } from '../abi/errno.js';
import { DT_CHR, S_IFCHR, S_IFDIR, S_IFMT } from '../abi/stat.js';
import { DirectoryFile } from '../vfs/directory-file.js';
import {
  fileAttributes,
  Inode,
  inodeFields,
  type ByteString,
  type DirectoryEntry,
  type FileAttributes,
  type Owner,
} from '../vfs/inode.js';
import type { Location } from '../vfs/location.js';
import type { OpenFile } from '../vfs/open-file.js';
import { makeDevice } from '../vfs/special-files.js';
import { DevPts } from './devpts.js';
import { PtyMaster } from './pty-master.js';
import { TerminalFile } from './terminal-file.js';
import { Terminal } from './terminal.js';

/** Numbers of /dev/pts/N and /dev/ptmx. */
const PTS_MAJOR = 136;
const DEV_PTMX = makeDevice(5, 2);
/** Inode numbers: the directory, ptmx, and terminals from there on. */
const ROOT_INO = 1;
const PTMX_INO = 2;
const FIRST_INO = 3;
const ROOT_OWNER = { uid: 0, gid: 0 };
const PTMX_NAME = 'ptmx';

interface InodeOptions {
  readonly ino: number;
  readonly mode: number;
  readonly owner: Owner;
  readonly rdev: number;
}

abstract class DevPtsInode extends Inode {
  readonly fs: DevPts;
  readonly ino: number;
  readonly type: number;
  readonly attrs: FileAttributes;

  constructor(fs: DevPts, { ino, mode, owner, rdev }: InodeOptions) {
    super();
    this.fs = fs;
    this.ino = ino;
    this.type = mode & S_IFMT;
    const now = fs.clock.realtimeNs();
    const times = { atimeNs: now, mtimeNs: now, ctimeNs: now, btimeNs: now };
    this.attrs = { mode, uid: owner.uid, gid: owner.gid, nlink: 1, sizeBytes: 0, rdev, ...times };
  }

  override attributes(): FileAttributes {
    return this.attrs;
  }

  override setAttributes(changes: Partial<FileAttributes>): void {
    Object.assign(this.attrs, changes, { ctimeNs: changes.ctimeNs ?? this.fs.clock.realtimeNs() });
  }

  override truncate(): void {
    // O_TRUNC means nothing to devices (open(2)).
  }
}

const devPtsFields = {
  ...inodeFields,
  ...fields<Pick<DevPtsInode, 'fs' | 'ino' | 'type' | 'attrs'>>({
    fs: ref(() => DevPts),
    ino: uint,
    type: uint,
    attrs: fileAttributes,
  }),
};

export class DevPtsDirectory extends DevPtsInode {
  constructor(fs: DevPts) {
    super(fs, { ino: ROOT_INO, mode: S_IFDIR | 0o755, owner: ROOT_OWNER, rdev: 0 });
  }

  override open(flags: number, location?: Location): DirectoryFile {
    return new DirectoryFile(this, flags, location);
  }

  override lookup(name: ByteString): Inode | undefined {
    if (name === PTMX_NAME) return this.fs.multiplexer;
    return /^(0|[1-9]\d{0,3})$/.test(name) ? this.fs.terminals.get(Number(name)) : undefined;
  }

  override entries(): DirectoryEntry[] {
    const indexes = [...this.fs.terminals.keys()].sort((a, b) => a - b);
    return [
      ...indexes.map((index) => ({ name: String(index), ino: FIRST_INO + index, type: DT_CHR })),
      { name: PTMX_NAME, ino: PTMX_INO, type: DT_CHR },
    ];
  }
}

export class DevPtsMultiplexer extends DevPtsInode {
  constructor(fs: DevPts) {
    super(fs, { ino: PTMX_INO, mode: S_IFCHR | 0o666, owner: ROOT_OWNER, rdev: DEV_PTMX });
  }

  override open(flags: number, location?: Location): OpenFile {
    return this.fs.open(this, flags, location);
  }
}

export class DevPtsTerminal extends DevPtsInode {
  readonly terminal: Terminal;

  constructor(fs: DevPts, index: number, terminal: Terminal, owner: Owner) {
    const rdev = makeDevice(PTS_MAJOR, index);
    super(fs, { ino: FIRST_INO + index, mode: S_IFCHR | 0o620, owner, rdev });
    this.terminal = terminal;
    terminal.deviceNumber = rdev;
  }

  /** @throws SysError EIO when it is locked or its master is gone, EBUSY when somebody wants it alone (TIOCEXCL) */
  override open(flags: number, location?: Location): TerminalFile {
    const { terminal } = this;
    const { peer } = terminal;
    if (peer.gone || (peer instanceof PtyMaster && peer.locked)) throw new SysError(EIO);
    if (terminal.exclusive && terminal.opens > 0 && !this.fs.jobs.callerIsPrivileged())
      throw new SysError(EBUSY);
    return new TerminalFile(this, terminal, flags, location);
  }
}

savable<DevPtsDirectory>('tty.DevPtsDirectory', DevPtsDirectory, devPtsFields);
savable<DevPtsMultiplexer>('tty.DevPtsMultiplexer', DevPtsMultiplexer, devPtsFields);
savable<DevPtsTerminal>('tty.DevPtsTerminal', DevPtsTerminal, {
  ...devPtsFields,
  terminal: ref(() => Terminal),
});
