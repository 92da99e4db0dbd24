/** pipe(2) and pipe2(2). */
import { EINVAL, SysError } from '../abi/errno.js';
import { O_CLOEXEC, O_DIRECT, O_NONBLOCK } from '../abi/fcntl.js';
import { syscall, type SyscallDeclaration } from '../kernel/syscall.js';
import type { Task } from '../kernel/task.js';
import { flags } from './arguments.js';
import { installPair } from './file-lookup.js';
import { pipeFs } from './internal-fs.js';
import { fdPairOut } from './structures.js';

function pipe(task: Task, address: number, given: number): number {
  if ((given & ~(O_CLOEXEC | O_DIRECT | O_NONBLOCK)) !== 0) throw new SysError(EINVAL);
  const { euid, egid } = task.process.credentials;
  const { reader, writer } = pipeFs(task.kernel).create({ uid: euid, gid: egid }, given & ~O_CLOEXEC);
  const ends = installPair(task, [reader, writer], (given & O_CLOEXEC) !== 0);
  try {
    task.memory.copyOut(address, new Uint8Array(Int32Array.from(ends).buffer));
  } catch (error) {
    for (const end of ends) task.files.close(end);
    throw error;
  }
  return 0;
}

export const pipeSyscalls: readonly SyscallDeclaration[] = [
  syscall('pipe', [fdPairOut], (task, address) => pipe(task, address, 0)),
  syscall('pipe2', [fdPairOut, flags({ O_CLOEXEC, O_DIRECT, O_NONBLOCK })], pipe),
];
