/** /dev/pts and /dev/ptmx: pseudoterminals by number (pts(4)). The machine's own terminal is one of them. */
import { mapOf, oneOf, uint } from '../../ckpt/state/codecs.js';
import { external, ref, refRole } from '../../ckpt/state/references.js';
import { savable } from '../../ckpt/state/savable.js';
import { EIO, ENOSPC, SysError } from '../abi/errno.js';
import type { Clock } from '../time/clock.js';
import { fileSystem, type FileSystem, type FileSystemUsage } from '../vfs/file-system.js';
import type { Inode, Owner } from '../vfs/inode.js';
import { Location } from '../vfs/location.js';
import { clockService } from '../vfs/services.js';
import { driver, type Driver } from '../vfs/special-files.js';
import { DevPtsDirectory, DevPtsMultiplexer, DevPtsTerminal } from './devpts-inodes.js';
import { jobControl, type JobControl } from './job-control.js';
import { PtyMasterFile, ptyDirectory, type PtyDirectory } from './pty-master-file.js';
import { PtyMaster } from './pty-master.js';
import type { TerminalFile } from './terminal-file.js';
import type { Terminal } from './terminal.js';

const DEVPTS_MAGIC = 0x1cd1;
/** /proc/sys/kernel/pty/max. */
const MOST_PTYS = 4096;
/** As Debian mounts it: gid=5, the group tty. */
const TTY_GROUP = 5;

export class DevPts implements FileSystem, Driver, PtyDirectory {
  readonly type = 'devpts';
  readonly magic = DEVPTS_MAGIC;
  readonly readOnly = false;
  readonly device: number;
  readonly clock: Clock;
  readonly jobs: JobControl;
  readonly terminals = new Map<number, DevPtsTerminal>();
  readonly root: DevPtsDirectory;
  /** /dev/pts/ptmx. */
  readonly multiplexer: DevPtsMultiplexer;

  constructor(device: number, clock: Clock, jobs: JobControl) {
    this.device = device;
    this.clock = clock;
    this.jobs = jobs;
    this.root = new DevPtsDirectory(this);
    this.multiplexer = new DevPtsMultiplexer(this);
  }

  /** Gives a terminal the lowest free number. @throws SysError ENOSPC */
  add(owner: Owner, make: (index: number) => Terminal): DevPtsTerminal {
    let index = 0;
    while (this.terminals.has(index)) index++;
    if (index >= MOST_PTYS) throw new SysError(ENOSPC);
    const inode = new DevPtsTerminal(this, index, make(index), { uid: owner.uid, gid: TTY_GROUP });
    this.terminals.set(index, inode);
    return inode;
  }

  remove(index: number): void {
    this.terminals.delete(index);
  }

  /** /dev/ptmx: a new pseudoterminal. @throws SysError ENOSPC */
  open(inode: Inode, flags: number, location: Location | undefined): PtyMasterFile {
    let master: PtyMaster | undefined;
    this.add(this.jobs.callerOwner(), (index) => {
      master = new PtyMaster(index, this.jobs);
      return master.terminal;
    });
    return new PtyMasterFile(inode, master!, this, flags, location);
  }

  openPeer(index: number, flags: number): TerminalFile {
    const inode = this.terminals.get(index);
    if (inode === undefined) throw new SysError(EIO);
    return inode.open(flags, Location.anonymous(inode, `/dev/pts/${index}`));
  }

  usage(): FileSystemUsage {
    return { blocks: 0, blocksFree: 0, files: 0, filesFree: 0 };
  }

  sync(): void {
    // Nothing lies behind it.
  }
}

savable<DevPts>(
  'tty.DevPts',
  DevPts,
  {
    type: oneOf('devpts'),
    magic: oneOf(DEVPTS_MAGIC),
    readOnly: oneOf(false),
    device: uint,
    clock: external(clockService),
    jobs: refRole(jobControl),
    terminals: mapOf(
      uint,
      ref(() => DevPtsTerminal),
    ),
    root: ref(() => DevPtsDirectory),
    multiplexer: ref(() => DevPtsMultiplexer),
  },
  { roles: [fileSystem, driver, ptyDirectory] },
);
