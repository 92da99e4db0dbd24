/** A descriptor that refers to a process (pidfd_open(2)): readable once it has ended. */
import { ref } from '../../ckpt/state/references.js';
import { accessor, savable } from '../../ckpt/state/savable.js';
import { POLLHUP, POLLIN, POLLRDNORM } from '../abi/poll.js';
import type { WaitQueue } from '../lib/wait-queue.js';
import type { Inode } from '../vfs/inode.js';
import type { Location } from '../vfs/location.js';
import { OpenFile, openFileFields } from '../vfs/open-file.js';
import { waitSource } from '../vfs/wait-source.js';
import { Process } from './process.js';

export class PidFile extends OpenFile {
  readonly process: Process;

  constructor(process: Process, inode: Inode, flags: number, location: Location) {
    super(inode, flags, location);
    this.process = process;
  }

  override get waiters(): WaitQueue {
    return this.process.waiters;
  }

  /** Somebody has waited for the process: it is known no more. */
  get reaped(): boolean {
    return this.process.kernel.processes.get(this.process.pid) !== this.process;
  }

  override poll(): number {
    if (!this.process.zombie) return 0;
    return POLLIN | POLLRDNORM | (this.reaped ? POLLHUP : 0);
  }

  override info(): string {
    const pid = this.reaped ? -1 : this.process.pid;
    return `Pid:\t${pid}\nNSpid:\t${pid}\n`;
  }
}

savable<PidFile>(
  'PidFile',
  PidFile,
  { ...openFileFields, process: ref(() => Process), reaped: accessor },
  { roles: [waitSource] },
);
