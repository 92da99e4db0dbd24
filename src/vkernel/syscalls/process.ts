/** Processes: execve(2), wait4(2), waitid(2). */
import { E2BIG, EACCES, EAGAIN, ECHILD, EINVAL, ELOOP, ENOENT, ESRCH, SysError } from '../abi/errno.js';
import { AT_EMPTY_PATH, AT_FDCWD, AT_SYMLINK_NOFOLLOW } from '../abi/fcntl.js';
import * as sched from '../abi/sched.js';
import { SIGCHLD } from '../abi/signal.js';
import { SIGINFO_BYTES, SigInfo } from '../arch/siginfo.js';
import { exec } from '../kernel/exec.js';
import { addUsage, type Process } from '../kernel/process.js';
import { syscall, type Result, type SyscallDeclaration } from '../kernel/syscall.js';
import type { Task } from '../kernel/task.js';
import { Wait } from '../kernel/wait.js';
import { candidates, takeReport, type ChildReport, type Wanted } from '../kernel/wait-child.js';
import { select, whenShown } from '../strace/names.js';
import type { ByteString } from '../vfs/inode.js';
import { dirfd, flags, int, oneOf, path, pointer } from './arguments.js';
import { findAt } from './file-lookup.js';
import { pidFileOf } from './pidfd.js';
import { encodeRusage } from './rusage.js';

/** Bytes in one argument or variable with its zero (MAX_ARG_STRLEN), and in all of them: what the stack could never hold. */
const MAX_STRING_BYTES = 131072;
const MAX_TOTAL_BYTES = 8 * 1024 * 1024;

/** An array of strings that ends with NULL; NULL itself is an empty one, as on Linux. @throws SysError EFAULT, E2BIG */
function readStrings({ memory }: Task, address: number): ByteString[] {
  const strings: ByteString[] = [];
  if (address === 0) return strings;
  let total = 0;
  for (let at = address; ; at += 8) {
    const pointer = memory.readNumber64(at);
    if (pointer === 0) return strings;
    const text = memory.string(pointer, MAX_STRING_BYTES);
    total += text.length + 1 + 8;
    if (text.length >= MAX_STRING_BYTES || total > MAX_TOTAL_BYTES) throw new SysError(E2BIG);
    strings.push(text);
  }
}

function execveat(
  task: Task,
  directory: number,
  name: ByteString,
  argv: number,
  envp: number,
  bits: number,
): number {
  if ((bits & ~(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW)) !== 0) throw new SysError(EINVAL);
  const emptyPath = (bits & AT_EMPTY_PATH) !== 0;
  if (name === '' && !emptyPath) throw new SysError(ENOENT);
  const program = findAt(task, directory, name, { follow: (bits & AT_SYMLINK_NOFOLLOW) === 0, emptyPath });
  if (program.inode.isSymlink) throw new SysError(ELOOP);
  if (program.mount === undefined && !program.inode.isRegular) throw new SysError(EACCES);
  const called =
    name.startsWith('/') || directory === AT_FDCWD ? name : `/dev/fd/${directory}${name && `/${name}`}`;
  exec(task, {
    program,
    path: called,
    pathGoes: called !== name && task.files.closesOnExec[directory] === true,
    argv: readStrings(task, argv),
    envp: readStrings(task, envp),
  });
  return 0;
}

/** The children a wait names, or ECHILD when there are none it could ever end for. */
function waitFor(task: Task, wanted: Wanted, options: number): ChildReport | Wait | undefined {
  const children = candidates(task, wanted, options);
  if (children.length === 0) throw new SysError(ECHILD);
  const report = takeReport(children, options);
  if (report !== undefined) return report;
  if ((options & sched.WNOHANG) !== 0) return undefined;
  return task.wait ?? new Wait({ on: [task.process] });
}

const usageOf = (child: Process): Uint8Array => encodeRusage(addUsage(child.usage(), child.childrenUsage));

const WAIT4_OPTIONS =
  sched.WNOHANG | sched.WUNTRACED | sched.WCONTINUED | sched.__WNOTHREAD | sched.__WALL | sched.__WCLONE;

function wait4(task: Task, pid: number, status: number, options: number, rusage: number): Result {
  if ((options & ~WAIT4_OPTIONS) !== 0) throw new SysError(EINVAL);
  // There is no group whose number this would be.
  if (pid === -0x8000_0000) throw new SysError(ESRCH);
  const wanted: Wanted =
    pid > 0
      ? { kind: 'pid', pid }
      : pid === -1
        ? { kind: 'any' }
        : { kind: 'group', pgrp: pid === 0 ? task.process.pgrp : -pid };
  const found = waitFor(task, wanted, options | sched.WEXITED);
  if (found === undefined) return 0;
  if (found instanceof Wait) return found;
  if (status !== 0) task.memory.writeU32(status, found.waitStatus);
  if (rusage !== 0) task.memory.copyOut(rusage, usageOf(found.child));
  return found.child.pid;
}

const WAITID_STATES = sched.WEXITED | sched.WSTOPPED | sched.WCONTINUED;
const WAITID_OPTIONS =
  WAITID_STATES | sched.WNOHANG | sched.WNOWAIT | sched.__WNOTHREAD | sched.__WALL | sched.__WCLONE;

function wantedById(task: Task, idType: number, id: number): Wanted {
  switch (idType) {
    case sched.P_ALL:
      return { kind: 'any' };
    case sched.P_PID:
      if (id <= 0) throw new SysError(EINVAL);
      return { kind: 'pid', pid: id };
    case sched.P_PIDFD:
      if (id < 0) throw new SysError(EINVAL);
      return { kind: 'process', process: pidFileOf(task, id).process };
    case sched.P_PGID:
      if (id < 0) throw new SysError(EINVAL);
      return { kind: 'group', pgrp: id === 0 ? task.process.pgrp : id };
    default:
      throw new SysError(EINVAL);
  }
}

function waitid(
  task: Task,
  idType: number,
  id: number,
  info: number,
  options: number,
  rusage: number,
): Result {
  if ((options & ~WAITID_OPTIONS) !== 0 || (options & WAITID_STATES) === 0) throw new SysError(EINVAL);
  const found = waitFor(task, wantedById(task, idType, id), options);
  if (found instanceof Wait) {
    return idType === sched.P_PIDFD && pidFileOf(task, id).nonBlocking ? -EAGAIN : found;
  }
  if (info !== 0) task.memory.copyOut(info, waitInfo(found));
  if (found !== undefined && rusage !== 0) task.memory.copyOut(rusage, usageOf(found.child));
  return 0;
}

/** The fields of siginfo_t that waitid fills: without a child they are zero. */
function waitInfo(found: ChildReport | undefined): Uint8Array {
  if (found === undefined) return new Uint8Array(SIGINFO_BYTES);
  const { child, code, status } = found;
  return SigInfo.child(SIGCHLD, code, child.pid, child.credentials.ruid, status, 0, 0).encode();
}

const waitOptions = flags(whenShown(() => ({ ...select(sched, 'W'), ...select(sched, '__W') })));
const { P_ALL, P_PID, P_PGID, P_PIDFD } = sched;

export const processSyscalls: readonly SyscallDeclaration[] = [
  syscall('execve', [path, pointer, pointer], (task, name, argv, envp) =>
    execveat(task, AT_FDCWD, name, argv, envp, 0),
  ),
  syscall(
    'execveat',
    [dirfd, path, pointer, pointer, flags({ AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW })],
    execveat,
  ),
  syscall('wait4', [int, pointer, waitOptions, pointer], wait4),
  syscall('waitid', [oneOf({ P_ALL, P_PID, P_PGID, P_PIDFD }), int, pointer, waitOptions, pointer], waitid),
];
