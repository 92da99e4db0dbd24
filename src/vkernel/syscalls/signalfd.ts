/** signalfd(2). */
import { EINVAL, SysError } from '../abi/errno.js';
import { O_CLOEXEC, O_NONBLOCK, O_RDWR } from '../abi/fcntl.js';
import { SignalFile } from '../kernel/signal-file.js';
import { UNBLOCKABLE } from '../kernel/signal-set.js';
import { syscall, type SyscallDeclaration } from '../kernel/syscall.js';
import type { Task } from '../kernel/task.js';
import { fd, flags, size } from './arguments.js';
import { descriptorLimit } from './file-lookup.js';
import { anonFs } from './internal-fs.js';
import { sigset } from './structures.js';

const SIGSET_BYTES = 8;

/** @param descriptor an existing signalfd whose set is to change, or -1 for a new one */
function signalfd(task: Task, descriptor: number, set: number, setBytes: number, given: number): number {
  if (setBytes !== SIGSET_BYTES) throw new SysError(EINVAL);
  if ((given & ~(O_CLOEXEC | O_NONBLOCK)) !== 0) throw new SysError(EINVAL);
  const wanted = task.memory.readU64(set) & ~UNBLOCKABLE;
  if (descriptor !== -1) {
    const file = task.files.get(descriptor);
    if (!(file instanceof SignalFile)) throw new SysError(EINVAL);
    file.change(wanted);
    return descriptor;
  }
  const fs = anonFs(task.kernel);
  const status = O_RDWR | (given & O_NONBLOCK);
  const file = new SignalFile(task.kernel, fs.root, status, fs.location('[signalfd]'), wanted);
  return task.files.installNew(file, descriptorLimit(task), (given & O_CLOEXEC) !== 0);
}

const SFD = { SFD_CLOEXEC: O_CLOEXEC, SFD_NONBLOCK: O_NONBLOCK };

export const signalfdSyscalls: readonly SyscallDeclaration[] = [
  syscall('signalfd', [fd, sigset, size], (task, descriptor, set, setBytes) =>
    signalfd(task, descriptor, set, setBytes, 0),
  ),
  syscall('signalfd4', [fd, sigset, size, flags(SFD)], signalfd),
];
