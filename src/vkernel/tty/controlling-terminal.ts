/** /dev/tty: the controlling terminal of whoever opens it (tty(4)). */
import { refRole } from '../../ckpt/state/references.js';
import { savable } from '../../ckpt/state/savable.js';
import { EIO, ENXIO, SysError } from '../abi/errno.js';
import type { Inode } from '../vfs/inode.js';
import type { Location } from '../vfs/location.js';
import { driver, type Driver } from '../vfs/special-files.js';
import { jobControl, type JobControl } from './job-control.js';
import { TerminalFile } from './terminal-file.js';

export class ControllingTerminal implements Driver {
  readonly jobs: JobControl;

  constructor(jobs: JobControl) {
    this.jobs = jobs;
  }

  /** @throws SysError ENXIO without a terminal, EIO when its line is gone */
  open(inode: Inode, flags: number, location: Location | undefined): TerminalFile {
    const terminal = this.jobs.callerTerminal();
    if (terminal === undefined) throw new SysError(ENXIO);
    if (terminal.peer.gone) throw new SysError(EIO);
    return new TerminalFile(inode, terminal, flags, location);
  }
}

savable<ControllingTerminal>(
  'tty.ControllingTerminal',
  ControllingTerminal,
  { jobs: refRole(jobControl) },
  { roles: [driver] },
);
