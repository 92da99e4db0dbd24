/** The machine's terminals: /dev/pts, /dev/ptmx and /dev/tty. */
import { DEV_PTMX, DEV_TTY } from '../fs/devfs/populate.js';
import { KernelJobControl } from '../kernel/job-control.js';
import type { Kernel } from '../kernel/kernel.js';
import { ControllingTerminal } from '../tty/controlling-terminal.js';
import { DevPts } from '../tty/devpts.js';
import type { Location } from '../vfs/location.js';
import { mountAt } from './file-tree.js';

/** @returns where pseudoterminals have their names, mounted at /dev/pts */
export function addTerminals(kernel: Kernel, root: Location): DevPts {
  const { mounts } = kernel;
  const jobs = new KernelJobControl(kernel);
  const devpts = new DevPts(mounts.allocateDevice(), kernel.clock, jobs);
  mounts.special.add('c', DEV_PTMX, devpts);
  mounts.special.add('c', DEV_TTY, new ControllingTerminal(jobs));
  mountAt(mounts, root, '/dev/pts', devpts, kernel.log);
  return devpts;
}
