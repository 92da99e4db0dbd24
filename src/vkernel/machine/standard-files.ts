/** Descriptors 0, 1 and 2 of the boot process. */
import { O_RDWR } from '../abi/fcntl.js';
import type { Kernel } from '../kernel/kernel.js';
import type { Task } from '../kernel/task.js';
import { HostStreamFs } from '../tty/host-stream.js';
import type { OpenFile } from '../vfs/open-file.js';
import { isTerminal, type Console, type ConsoleStreams } from './console.js';
import { placeAt } from './file-tree.js';

/** A stream that is a terminal on the host is one for the guest; the others are pipes, as they mostly are on the host. */
export function openStandardFiles(
  task: Task,
  kernel: Kernel,
  console: Console,
  streams: ConsoleStreams,
): void {
  const { terminal } = console;
  const pipes = new HostStreamFs(kernel.mounts.allocateDevice(), kernel.clock);
  let tty: OpenFile | undefined;
  if (terminal !== undefined) {
    const place = placeAt(task.fs.root, '/dev/pts/0');
    tty = terminal.open(place.inode, O_RDWR, place);
    terminal.session = task.process.sid;
    terminal.foregroundGroup = task.process.pgrp;
  }
  const ends = [console.input, console.output, console.errorOutput] as const;
  [streams.stdin, streams.stdout, streams.stderr].forEach((stream, fd) => {
    const file = tty !== undefined && isTerminal(stream) ? tty : pipes.openEnd(ends[fd]!);
    task.files.install(file, kernel.maxFiles);
  });
}
