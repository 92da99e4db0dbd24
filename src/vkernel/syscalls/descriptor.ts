/** Descriptors: close(2), dup(2), fcntl(2), ioctl(2), flock(2), fsync(2). */
import { CAP_SYS_RESOURCE } from '../abi/capability.js';
import { EBADF, EINVAL, ENOTTY, EPERM, ESPIPE, SysError } from '../abi/errno.js';
import * as fcntl from '../abi/fcntl.js';
import {
  FD_CLOEXEC,
  F_ADD_SEALS,
  F_DUPFD,
  F_DUPFD_CLOEXEC,
  F_GETFD,
  F_GETFL,
  F_GETLK,
  F_GETOWN,
  F_GETOWN_EX,
  F_GETPIPE_SZ,
  F_GETSIG,
  F_GET_SEALS,
  F_OFD_GETLK,
  F_OFD_SETLK,
  F_OFD_SETLKW,
  F_SETFD,
  F_SETFL,
  F_SETLK,
  F_SETLKW,
  F_SETOWN,
  F_SETOWN_EX,
  F_SETPIPE_SZ,
  F_SETSIG,
  LOCK_EX,
  LOCK_NB,
  LOCK_SH,
  LOCK_UN,
  O_APPEND,
  O_ASYNC,
  O_CLOEXEC,
  O_DIRECT,
  O_LARGEFILE,
  O_NOATIME,
  O_NOCTTY,
  O_NONBLOCK,
  O_PATH,
} from '../abi/fcntl.js';
import { FIOASYNC, FIOCLEX, FIONBIO, FIONCLEX, FIONREAD, FIOQSIZE, TIOCGPTPEER } from '../abi/termios.js';
import * as termios from '../abi/termios.js';
import { SIGRTMAX } from '../abi/signal.js';
import { PipeFile } from '../fs/pipefs/pipe-file.js';
import { adoptTerminal } from '../kernel/job-control.js';
import { syscall, type Result, type SyscallDeclaration } from '../kernel/syscall.js';
import type { Task } from '../kernel/task.js';
import { nameOf, select, whenShown } from '../strace/names.js';
import { PtyMasterFile } from '../tty/pty-master-file.js';
import { hasCapability, ownsOrRoot } from '../vfs/access.js';
import { writeInt, type OpenFile } from '../vfs/open-file.js';
import { fd, flags, long, oneOf, uint } from './arguments.js';
import { flock, recordLock } from './file-locking.js';
import { descriptorLimit } from './file-lookup.js';

/** Status flags that F_SETFL can change. */
const CHANGEABLE = O_APPEND | O_ASYNC | O_DIRECT | O_NOATIME | O_NONBLOCK;

/** dup2 and dup3. @throws SysError EBADF */
function duplicate(task: Task, from: number, to: number, closeOnExec: boolean): number {
  const file = task.files.getAny(from);
  if (to < 0 || to >= descriptorLimit(task)) throw new SysError(EBADF);
  task.files.replace(to, file, closeOnExec);
  return to;
}

function duplicateFrom(task: Task, file: OpenFile, lowest: number, closeOnExec: boolean): number {
  const limit = descriptorLimit(task);
  if (lowest < 0 || lowest >= limit) throw new SysError(EINVAL);
  return task.files.install(file, limit, closeOnExec, lowest);
}

function setStatusFlags(task: Task, file: OpenFile, wanted: number): number {
  if (
    (wanted & O_NOATIME) !== 0 &&
    (file.flags & O_NOATIME) === 0 &&
    !ownsOrRoot(file.inode, task.process.credentials)
  ) {
    throw new SysError(EPERM);
  }
  file.flags = (file.flags & ~CHANGEABLE) | (wanted & CHANGEABLE);
  return 0;
}

const F_OWNER_PID = 1;
const F_OWNER_PGRP = 2;

/** F_GETOWN_EX: struct f_owner_ex. */
function getOwner(task: Task, file: OpenFile, address: number): number {
  task.memory.writeU32(address, file.owner < 0 ? F_OWNER_PGRP : F_OWNER_PID);
  task.memory.writeU32(address + 4, Math.abs(file.owner));
  return 0;
}

function setOwner(task: Task, file: OpenFile, address: number): number {
  const type = task.memory.readU32(address);
  if (type > F_OWNER_PGRP) throw new SysError(EINVAL);
  const pid = task.memory.readI32(address + 4);
  file.owner = type === F_OWNER_PGRP ? -pid : pid;
  return 0;
}

function pipeOf(file: OpenFile): PipeFile {
  if (!(file instanceof PipeFile)) throw new SysError(EBADF);
  return file;
}

/** Commands that an O_PATH descriptor takes (open(2)). */
const WITH_O_PATH = new Set([F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL]);

function control(task: Task, descriptor: number, command: number, argument: number): Result {
  const file = task.files.getAny(descriptor);
  if ((file.flags & O_PATH) !== 0 && !WITH_O_PATH.has(command)) throw new SysError(EBADF);
  const number = argument | 0;
  switch (command) {
    case F_DUPFD:
      return duplicateFrom(task, file, number, false);
    case F_DUPFD_CLOEXEC:
      return duplicateFrom(task, file, number, true);
    case F_GETFD:
      return task.files.closesOnExec[descriptor] === true ? FD_CLOEXEC : 0;
    case F_SETFD:
      task.files.closesOnExec[descriptor] = (number & FD_CLOEXEC) !== 0;
      return 0;
    case F_GETFL:
      return file.flags;
    case F_SETFL:
      return setStatusFlags(task, file, number);
    case F_GETLK:
    case F_SETLK:
    case F_SETLKW:
    case F_OFD_GETLK:
    case F_OFD_SETLK:
    case F_OFD_SETLKW:
      return recordLock(task, file, command, argument);
    case F_GETOWN:
      return file.owner;
    case F_SETOWN:
      file.owner = number;
      return 0;
    case F_GETOWN_EX:
      return getOwner(task, file, argument);
    case F_SETOWN_EX:
      return setOwner(task, file, argument);
    case F_GETSIG:
      return file.ownerSignal;
    case F_SETSIG:
      if (number < 0 || number > SIGRTMAX) throw new SysError(EINVAL);
      file.ownerSignal = number;
      return 0;
    case F_GETPIPE_SZ:
      return pipeOf(file).pipe.capacityBytes;
    case F_SETPIPE_SZ:
      return pipeOf(file).pipe.resize(
        argument % 2 ** 32,
        hasCapability(task.process.credentials, CAP_SYS_RESOURCE),
      );
    case F_GET_SEALS:
      return file.inode.seals();
    case F_ADD_SEALS:
      if (!file.writable) throw new SysError(EPERM);
      file.inode.addSeals(number);
      return 0;
    default:
      throw new SysError(EINVAL);
  }
}

/** ioctl(2): what every file knows is done here, the rest by the file. */
function ioctl(task: Task, descriptor: number, request: number, argument: number): number {
  const file = task.files.get(descriptor);
  switch (request) {
    case FIOCLEX:
    case FIONCLEX:
      task.files.closesOnExec[descriptor] = request === FIOCLEX;
      return 0;
    case FIONBIO:
    case FIOASYNC: {
      const bit = request === FIONBIO ? O_NONBLOCK : O_ASYNC;
      file.flags = task.memory.readI32(argument) !== 0 ? file.flags | bit : file.flags & ~bit;
      return 0;
    }
    case FIONREAD:
      if (!file.inode.isRegular) break;
      writeInt(task.memory, argument, file.attributes().sizeBytes - file.offset);
      return 0;
    case FIOQSIZE:
      if (!file.inode.isRegular && !file.inode.isDirectory) throw new SysError(ENOTTY);
      task.memory.writeNumber64(argument, file.attributes().sizeBytes);
      return 0;
    default:
  }
  if (request === TIOCGPTPEER && file instanceof PtyMasterFile) return openPeer(task, file, argument);
  return file.ioctl(request, argument, task.memory);
}

/** TIOCGPTPEER: the argument is open(2)'s flags. */
function openPeer(task: Task, master: PtyMasterFile, given: number): number {
  task.files.checkRoom(descriptorLimit(task));
  const peer = master.openPeer((given & ~(O_CLOEXEC | O_NOCTTY)) | O_LARGEFILE);
  const descriptor = task.files.installNew(peer, descriptorLimit(task), (given & O_CLOEXEC) !== 0);
  if ((given & O_NOCTTY) === 0) adoptTerminal(task, peer);
  return descriptor;
}

const CLOSE_RANGE_UNSHARE = 2;
const CLOSE_RANGE_CLOEXEC = 4;

function closeRange(task: Task, first: number, last: number, given: number): number {
  if ((given & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC)) !== 0 || first > last)
    throw new SysError(EINVAL);
  if ((given & CLOSE_RANGE_UNSHARE) !== 0 && task.files.references > 1) {
    const own = task.files.copy();
    task.files.release();
    task.files = own;
  }
  for (const descriptor of [...task.files.descriptors()]) {
    if (descriptor < first || descriptor > last) continue;
    if ((given & CLOSE_RANGE_CLOEXEC) !== 0) task.files.closesOnExec[descriptor] = true;
    else task.files.close(descriptor);
  }
  return 0;
}

/** @throws SysError EINVAL for files that cannot be synchronised: pipes, sockets, devices */
function sync(task: Task, descriptor: number): number {
  const file = task.files.get(descriptor);
  if (!file.inode.isRegular && !file.inode.isDirectory) throw new SysError(EINVAL);
  file.sync();
  return 0;
}

/** posix_fadvise(2), readahead(2): advice that changes nothing here, checked as Linux checks it. */
function advise(task: Task, descriptor: number, length: number, advice: number): number {
  const file = task.files.get(descriptor);
  if (file instanceof PipeFile) throw new SysError(ESPIPE);
  if (length < 0 || advice < 0 || advice > 5) throw new SysError(EINVAL);
  return 0;
}

const SYNC_FILE_RANGE = {
  SYNC_FILE_RANGE_WAIT_BEFORE: 1,
  SYNC_FILE_RANGE_WRITE: 2,
  SYNC_FILE_RANGE_WAIT_AFTER: 4,
};

function syncRange(task: Task, descriptor: number, position: number, length: number, given: number): number {
  if ((given & ~7) !== 0 || position < 0 || length < 0) throw new SysError(EINVAL);
  const file = task.files.get(descriptor);
  if (!file.seekable) throw new SysError(ESPIPE);
  file.sync();
  return 0;
}

const commands = oneOf(
  whenShown(() =>
    Object.fromEntries(
      Object.entries(select(fcntl, 'F_')).filter(
        ([name]) => !/^F_(OK|RDLCK|WRLCK|UNLCK|EXLCK|SHLCK|SEAL_.*)$/.test(name),
      ),
    ),
  ),
  'F',
);
const requests = whenShown(() => ({
  ...select(termios, 'TC'),
  ...select(termios, 'TIO'),
  ...select(termios, 'FIO'),
}));
const request = {
  decode: uint.decode,
  show: (word: bigint) => nameOf(requests, Number(BigInt.asUintN(32, word))),
};
/** An argument that is a number or an address, as the command wants. */
const numberOrAddress = {
  decode: long.decode,
  show: (word: bigint) => (word < 4096n ? word.toString() : `0x${word.toString(16)}`),
};
const FADV = {
  POSIX_FADV_NORMAL: 0,
  POSIX_FADV_RANDOM: 1,
  POSIX_FADV_SEQUENTIAL: 2,
  POSIX_FADV_WILLNEED: 3,
  POSIX_FADV_DONTNEED: 4,
  POSIX_FADV_NOREUSE: 5,
};

export const descriptorSyscalls: readonly SyscallDeclaration[] = [
  syscall('close', [fd], (task, descriptor) => {
    task.files.close(descriptor);
    return 0;
  }),
  syscall('close_range', [uint, uint, flags({ CLOSE_RANGE_UNSHARE, CLOSE_RANGE_CLOEXEC })], closeRange),
  syscall('dup', [fd], (task, descriptor) =>
    task.files.install(task.files.getAny(descriptor), descriptorLimit(task)),
  ),
  syscall('dup2', [fd, fd], (task, from, to) => {
    if (from === to) {
      task.files.getAny(from);
      return to;
    }
    return duplicate(task, from, to, false);
  }),
  syscall('dup3', [fd, fd, flags({ O_CLOEXEC })], (task, from, to, given) => {
    if ((given & ~O_CLOEXEC) !== 0 || from === to) throw new SysError(EINVAL);
    return duplicate(task, from, to, (given & O_CLOEXEC) !== 0);
  }),
  syscall('fcntl', [fd, commands, numberOrAddress], control, {
    missing: 'no leases, F_NOTIFY or read/write hints; SIGIO is never sent',
  }),
  syscall('ioctl', [fd, request, numberOrAddress], ioctl),
  syscall('flock', [fd, flags({ LOCK_SH, LOCK_EX, LOCK_NB, LOCK_UN })], flock),
  syscall('fsync', [fd], sync),
  syscall('fdatasync', [fd], sync),
  syscall('sync', [], (task) => {
    for (const mount of task.kernel.mounts.mounts) mount.fs.sync();
    return 0;
  }),
  syscall('syncfs', [fd], (task, descriptor) => {
    task.files.get(descriptor).inode.fs.sync();
    return 0;
  }),
  syscall('sync_file_range', [fd, long, long, flags(SYNC_FILE_RANGE)], syncRange),
  syscall(
    'fadvise64',
    [fd, long, long, oneOf(FADV, 'POSIX_FADV')],
    (task, descriptor, _position, length, advice) => advise(task, descriptor, length, advice),
  ),
  syscall('readahead', [fd, long, long], (task, descriptor) => {
    const file = task.files.get(descriptor);
    file.assertReadable();
    if (!file.inode.isRegular) throw new SysError(EINVAL);
    return 0;
  }),
];
