/** A task starts a program (execve(2)). */
import { EACCES, ELOOP, ENOENT, ETXTBSY, SysError } from '../abi/errno.js';
import { O_RDONLY, X_OK } from '../abi/fcntl.js';
import { IN_OPEN } from '../abi/inotify.js';
import { MS_NOEXEC, MS_NOSUID } from '../abi/mount.js';
import { SS_DISABLE } from '../abi/signal.js';
import { S_ISGID, S_ISUID, S_IXGRP } from '../abi/stat.js';
import { ADDR_NO_RANDOMIZE } from '../abi/system.js';
import { HWCAP, HWCAP2 } from '../arch/hwcap.js';
import { FXSAVE_BYTES, RIP, RSP } from '../arch/registers.js';
import { FRAME_BYTES } from '../arch/signal-frame.js';
import { parseScript, SCRIPT_HEADER_BYTES } from '../loader/script.js';
import { loadProgram, type LoadedProgram } from '../loader/program.js';
import { NO_RANDOMIZATION, randomize, type Randomization } from '../loader/randomization.js';
import { AddressSpace } from '../mm/address-space.js';
import { checkAccess } from '../vfs/access.js';
import type { ByteString } from '../vfs/inode.js';
import type { Location } from '../vfs/location.js';
import { notifyFile } from '../vfs/notify.js';
import type { OpenFile } from '../vfs/open-file.js';
import { find } from '../vfs/path-walk.js';
import { detachTask, endVfork } from './exit.js';
import type { Credentials } from './credentials.js';
import { addUsage, NO_USAGE, type Process } from './process.js';
import { SignalActions } from './signal-actions.js';
import type { Task } from './task.js';

/** Interpreters of interpreters, no deeper (BINPRM_MAX_RECURSION). */
const MAX_SCRIPT_DEPTH = 5;
const COMM_BYTES = 15;
/** The largest signal frame: the frame, the FXSAVE image, and what aligning them may cost. */
const MINIMUM_SIGNAL_STACK_BYTES = FRAME_BYTES + FXSAVE_BYTES + 64 + 16 + 8;

export interface ExecRequest {
  readonly program: Location;
  /** As the caller named it, also where that is a script: AT_EXECFN, the task's name, what a script's interpreter is given. */
  readonly path: ByteString;
  /** The path leads through a descriptor that the exec closes: an interpreter could not open it. */
  readonly pathGoes?: boolean;
  readonly argv: readonly ByteString[];
  readonly envp: readonly ByteString[];
}

/**
 * Replaces what the task runs. Its other threads end. When this throws, the task is as it was.
 * @throws SysError as execve(2) says; ImageError with a sentence for the user
 */
export function exec(task: Task, request: ExecRequest): void {
  const { kernel } = task;
  const resolved = resolveScripts(task, request, request.path, 0);
  const file = openProgram(task, resolved.program).retain();
  const space = new AddressSpace(kernel.mmu);
  let loaded: LoadedProgram;
  try {
    task.process.limits.applyTo(space);
    loaded = load(task, space, file, resolved);
  } catch (error) {
    space.destroy();
    throw error;
  } finally {
    file.release();
  }
  become(task, space, loaded, resolved);
}

/** Opens a file for execution. @throws SysError EACCES unless it is a regular file with an x bit; ETXTBSY while it is written */
function openProgram(task: Task, location: Location): OpenFile {
  const { inode } = location;
  if (!inode.isRegular) throw new SysError(EACCES);
  if (((location.mount?.flags ?? 0) & MS_NOEXEC) !== 0) throw new SysError(EACCES);
  checkAccess(inode, task.process.credentials, X_OK);
  if (inode.writerCount > 0) throw new SysError(ETXTBSY);
  const file = inode.open(O_RDONLY, location);
  notifyFile(inode, location, IN_OPEN);
  return file;
}

/**
 * Follows `#!` lines to the program that will run, with the arguments it gets. The path stays that of the first script.
 * @param script what the next interpreter is given as its script
 * @throws SysError ELOOP, ENOENT
 */
function resolveScripts(task: Task, request: ExecRequest, script: ByteString, depth: number): ExecRequest {
  const file = openProgram(task, request.program).retain();
  const header = new Uint8Array(SCRIPT_HEADER_BYTES);
  let length: number;
  try {
    length = file.read(header, 0);
  } finally {
    file.release();
  }
  const line = parseScript(header.subarray(0, Math.max(0, length)));
  if (line === undefined) return request;
  if (request.pathGoes === true) throw new SysError(ENOENT);
  if (depth >= MAX_SCRIPT_DEPTH) throw new SysError(ELOOP);
  const { interpreter, argument } = line;
  const argv = [interpreter, ...(argument === undefined ? [] : [argument]), script, ...request.argv.slice(1)];
  const program = findProgram(task, interpreter);
  return resolveScripts(task, { ...request, program, argv }, interpreter, depth + 1);
}

/** Finds a program by its path. @throws SysError as the path walk */
export function findProgram(task: Task, path: ByteString): Location {
  const { root, cwd } = task.fs;
  return find(path, { root, start: cwd, subject: task.process.credentials, follow: true });
}

function layoutOf({ kernel, process }: Task): Randomization {
  const fixed = !kernel.aslr || (process.personality & ADDR_NO_RANDOMIZE) !== 0;
  return fixed ? NO_RANDOMIZATION : randomize(kernel.random, kernel.codePlace);
}

function load(task: Task, space: AddressSpace, file: OpenFile, request: ExecRequest): LoadedProgram {
  const { kernel, process } = task;
  const { ruid, euid, rgid, egid } = idsAfter(process, request.program);
  return loadProgram(space, {
    file,
    openInterpreter: (path) => openProgram(task, findProgram(task, path)),
    strings: { argv: request.argv, envp: request.envp, path: request.path },
    vdso: kernel.vdso.fileFrom(kernel.frames),
    randomBytes: kernel.random.bytes(16),
    layout: layoutOf(task),
    values: {
      uid: ruid,
      euid,
      gid: rgid,
      egid,
      secure: ruid !== euid || rgid !== egid,
      hwcap: HWCAP,
      hwcap2: HWCAP2,
      minimumSignalStackBytes: MINIMUM_SIGNAL_STACK_BYTES,
    },
  });
}

/** The point of no return. */
function become(task: Task, space: AddressSpace, loaded: LoadedProgram, request: ExecRequest): void {
  const { kernel, process } = task;
  for (const other of [...process.tasks.values()]) if (other !== task) detachTask(other);
  becomeLeader(task);
  for (const child of process.children) child.parentThread = task.tid;
  const old = task.mm;
  process.exitedUsage = addUsage(process.exitedUsage, { ...NO_USAGE, peakPages: old.peakPages });
  task.mm = space;
  // The turn goes on in the new program: the old tables must not be the CPU's any more when their frames are free.
  space.activate();
  if (![...kernel.tasks.values()].some((other) => other.mm === old)) old.destroy();
  endVfork(process);
  process.hasExeced = true;
  takeIds(process, request.program);

  task.registers.reset();
  task.registers.setSigned(RIP, loaded.entry);
  task.registers.setSigned(RSP, loaded.stackPointer);
  kernel.cpu.loadFpu(task.registers);
  task.signalStack = { address: 0, flags: SS_DISABLE, sizeBytes: 0 };
  task.clearTidAddress = 0;
  task.robustListHead = 0;
  task.restart = undefined;
  task.comm = request.path.slice(request.path.lastIndexOf('/') + 1).slice(0, COMM_BYTES);
  if (task.files.references > 1) {
    const own = task.files.copy();
    task.files.release();
    task.files = own;
  }
  task.files.closeOnExec();
  const actions = new SignalActions();
  for (const [signo, action] of process.actions.actions) actions.set(signo, action);
  actions.resetForExec();
  process.actions = actions;
  process.timers.resetForExec();
  process.program = {
    location: request.program,
    auxv: loaded.auxv,
    argStart: loaded.argStart,
    argEnd: loaded.argEnd,
    envStart: loaded.envStart,
    envEnd: loaded.envEnd,
  };
}

/** The thread that calls execve takes over the leader's id: to everybody else the process goes on. */
function becomeLeader(task: Task): void {
  const { kernel, process } = task;
  if (task.tid === process.pid) return;
  kernel.tasks.delete(task.tid);
  process.tasks.delete(task.tid);
  task.tid = process.pid;
  kernel.tasks.set(task.tid, task);
  process.tasks.set(task.tid, task);
}

/** The set-user-ID and set-group-ID bits, unless the process has given up new privileges (execve(2), prctl(2)). */
function idsAfter(
  { credentials, noNewPrivileges }: Process,
  { inode, mount }: Location,
): Pick<Credentials, 'ruid' | 'euid' | 'rgid' | 'egid'> {
  const { ruid, euid, rgid, egid } = credentials;
  const { mode, uid, gid } = inode.attributes();
  const mayGain = !noNewPrivileges && ((mount?.flags ?? 0) & MS_NOSUID) === 0;
  const setsUser = mayGain && (mode & S_ISUID) !== 0;
  const setsGroup = mayGain && (mode & S_ISGID) !== 0 && (mode & S_IXGRP) !== 0;
  return { ruid, euid: setsUser ? uid : euid, rgid, egid: setsGroup ? gid : egid };
}

function takeIds(process: Process, program: Location): void {
  const { credentials } = process;
  const { euid, egid } = idsAfter(process, program);
  process.dumpable = euid === credentials.ruid && egid === credentials.rgid ? 1 : 0;
  credentials.startProgram(euid, egid);
}
