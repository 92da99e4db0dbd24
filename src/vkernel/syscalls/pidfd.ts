/** Descriptors of processes: pidfd_open(2), pidfd_send_signal(2), pidfd_getfd(2). */
import { EBADF, EINVAL, ENOENT, EPERM, ESRCH, SysError } from '../abi/errno.js';
import { O_EXCL, O_NONBLOCK, O_RDWR } from '../abi/fcntl.js';
import { SI_TKILL, SI_USER } from '../abi/signal.js';
import { SIGINFO_BYTES, SigInfo } from '../arch/siginfo.js';
import { assertMayLookInto } from '../kernel/process-access.js';
import { PidFile } from '../kernel/pid-file.js';
import type { Process } from '../kernel/process.js';
import { sendToProcess } from '../kernel/signal-send.js';
import { syscall, type SyscallDeclaration } from '../kernel/syscall.js';
import type { Task } from '../kernel/task.js';
import { fd, flags, int, signal, uint } from './arguments.js';
import { descriptorLimit } from './file-lookup.js';
import { anonFs } from './internal-fs.js';
import { assertMayKill, assertSignal } from './signal.js';
import { siginfo } from './structures.js';

/** Enters a new descriptor of a process; like all of them it is closed on exec. @throws SysError EMFILE */
export function installPidFile(task: Task, process: Process, status = 0): number {
  const fs = anonFs(task.kernel);
  const file = new PidFile(process, fs.root, O_RDWR | status, fs.location('[pidfd]'));
  return task.files.installNew(file, descriptorLimit(task), true);
}

/** @throws SysError EBADF unless the descriptor is one of a process */
export function pidFileOf(task: Task, descriptor: number): PidFile {
  const file = task.files.get(descriptor);
  if (!(file instanceof PidFile)) throw new SysError(EBADF);
  return file;
}

const PIDFD_NONBLOCK = O_NONBLOCK;
/** Asks for a thread that leads no group. */
const PIDFD_THREAD = O_EXCL;

function open(task: Task, pid: number, given: number): number {
  if ((given & ~PIDFD_NONBLOCK) !== 0) {
    if ((given & ~(PIDFD_NONBLOCK | PIDFD_THREAD)) === 0)
      task.kernel.log('pidfd_open: no PIDFD_THREAD: EINVAL');
    throw new SysError(EINVAL);
  }
  if (pid <= 0) throw new SysError(EINVAL);
  const process = task.kernel.processes.get(pid);
  if (process === undefined) throw new SysError(task.kernel.tasks.has(pid) ? ENOENT : ESRCH);
  return installPidFile(task, process, given);
}

function sendSignal(task: Task, descriptor: number, signo: number, address: number, bits: number): number {
  if (bits !== 0) throw new SysError(EINVAL);
  const file = pidFileOf(task, descriptor);
  const { process: target } = file;
  const { pid, credentials } = task.process;
  let info = SigInfo.fromProcess(signo, SI_USER, pid, credentials.ruid);
  if (address !== 0) {
    const bytes = task.memory.copyIn(address, SIGINFO_BYTES);
    info = SigInfo.decode(signo, bytes);
    if (new DataView(bytes.buffer, bytes.byteOffset).getInt32(0, true) !== signo) throw new SysError(EINVAL);
    if (target !== task.process && (info.code >= 0 || info.code === SI_TKILL)) throw new SysError(EPERM);
  }
  if (file.reaped) throw new SysError(ESRCH);
  assertSignal(signo);
  assertMayKill(task, target, signo);
  if (signo !== 0) sendToProcess(target, info);
  return 0;
}

function getDescriptor(task: Task, descriptor: number, wanted: number, bits: number): number {
  if (bits !== 0) throw new SysError(EINVAL);
  const { process } = pidFileOf(task, descriptor);
  const { leader } = process;
  if (leader === undefined) throw new SysError(ESRCH);
  assertMayLookInto(task.process, process);
  return task.files.install(leader.files.getAny(wanted), descriptorLimit(task), true);
}

export const pidfdSyscalls: readonly SyscallDeclaration[] = [
  syscall('pidfd_open', [int, flags({ PIDFD_NONBLOCK, PIDFD_THREAD })], open, { missing: 'PIDFD_THREAD' }),
  syscall('pidfd_send_signal', [fd, signal, siginfo, uint], sendSignal, { missing: 'PIDFD_SIGNAL_* flags' }),
  syscall('pidfd_getfd', [fd, int, uint], getDescriptor),
];
