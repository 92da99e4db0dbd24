/** Descriptors 0, 1 and 2 of the boot process. */
import { SysError } from '../abi/errno.js';
import { O_RDWR } from '../abi/fcntl.js';
import { DEV_CONSOLE } from '../fs/devfs/populate.js';
import { setControlling } from '../kernel/job-control.js';
import type { Kernel } from '../kernel/kernel.js';
import type { Task } from '../kernel/task.js';
import type { HostLine } from '../tty/host-line.js';
import { HostStreamFs } from '../tty/host-stream.js';
import type { OpenFile } from '../vfs/open-file.js';
import type { Console } from './console.js';
import { placeAt } from './file-tree.js';
import { MachineError } from './machine-error.js';

/** They are the terminal, if the guest has one; else pipes, as they mostly are on the host. */
export function openStandardFiles(task: Task, kernel: Kernel, console: Console): void {
  const { line, hasErrorStream } = console;
  const pipes = new HostStreamFs(kernel.mounts.allocateDevice(), kernel.clock);
  const tty = line === undefined ? undefined : openTerminal(task, kernel, line);
  const files = [
    tty ?? pipes.openEnd(console.input),
    tty ?? pipes.openEnd(console.output),
    tty === undefined || hasErrorStream ? pipes.openEnd(console.errorOutput) : tty,
  ];
  for (const file of files) task.files.install(file, kernel.maxFiles);
}

function openTerminal(task: Task, kernel: Kernel, line: HostLine): OpenFile {
  kernel.mounts.special.add('c', DEV_CONSOLE, line);
  setControlling(task.process, line.terminal);
  try {
    const place = placeAt(task.fs.root, '/dev/pts/0');
    return place.inode.open(O_RDWR, place);
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    throw new MachineError(
      'a terminal needs the directory /dev in the root: make it there, or give the guest none (--no-tty)',
    );
  }
}
