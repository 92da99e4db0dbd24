/** Who a process is: getpid(2), getuid(2), setuid(2) and their kin, setpgid(2), setsid(2), vhangup(2), setgroups(2). */
import { CAP_SETGID, CAP_SETUID, CAP_SYS_TTY_CONFIG } from '../abi/capability.js';
import { EACCES, EINVAL, EPERM, ESRCH, SysError } from '../abi/errno.js';
import type { Credentials } from '../kernel/credentials.js';
import type { Process } from '../kernel/process.js';
import { syscall, type SyscallDeclaration } from '../kernel/syscall.js';
import type { Task } from '../kernel/task.js';
import { assertCapability, hasCapability } from '../vfs/access.js';
import { id, int } from './arguments.js';
import { groups, groupsOut, uintOut } from './structures.js';

/** An id of -1 leaves what it stands for alone. */
const UNCHANGED = 0xffff_ffff;
const NGROUPS_MAX = 65536;

type Kind = 'uid' | 'gid';
type Ids = readonly [real: number, effective: number, saved: number];

const read = (c: Credentials, kind: Kind): Ids =>
  kind === 'uid' ? [c.ruid, c.euid, c.suid] : [c.rgid, c.egid, c.sgid];

/** A process that is somebody else now does not dump core, is not looked into, and forgets PR_SET_PDEATHSIG (prctl(2)). */
function write(task: Task, kind: Kind, ids: Ids): void {
  const { process } = task;
  const { credentials } = process;
  const { euid, egid } = credentials;
  if (kind === 'uid') credentials.setUserIds(...ids);
  else credentials.setGroupIds(...ids);
  if (credentials.euid === euid && credentials.egid === egid) return;
  process.dumpable = 0;
  task.parentDeathSignal = 0;
}

const isPrivileged = (task: Task, kind: Kind): boolean =>
  hasCapability(task.process.credentials, kind === 'uid' ? CAP_SETUID : CAP_SETGID);

/** setuid(2), setgid(2): with the capability all three ids change for good, otherwise the effective one to one of the others. */
function setId(task: Task, kind: Kind, value: number): number {
  if (value === UNCHANGED) throw new SysError(EINVAL);
  const { credentials } = task.process;
  const [real, , saved] = read(credentials, kind);
  if (isPrivileged(task, kind)) write(task, kind, [value, value, value]);
  else if (value === real || value === saved) write(task, kind, [real, value, saved]);
  else throw new SysError(EPERM);
  return 0;
}

/** setreuid(2), setregid(2): the saved id follows the effective one when the real one is set or the two come to differ. */
function setRealAndEffective(task: Task, kind: Kind, newReal: number, newEffective: number): number {
  const { credentials } = task.process;
  const [real, effective, saved] = read(credentials, kind);
  if (!isPrivileged(task, kind)) {
    if (newReal !== UNCHANGED && newReal !== real && newReal !== effective) throw new SysError(EPERM);
    if (newEffective !== UNCHANGED && ![real, effective, saved].includes(newEffective))
      throw new SysError(EPERM);
  }
  const nextReal = newReal === UNCHANGED ? real : newReal;
  const nextEffective = newEffective === UNCHANGED ? effective : newEffective;
  const follows = newReal !== UNCHANGED || (newEffective !== UNCHANGED && newEffective !== real);
  write(task, kind, [nextReal, nextEffective, follows ? nextEffective : saved]);
  return 0;
}

/** setresuid(2), setresgid(2). */
function setAll(task: Task, kind: Kind, ...wanted: Ids): number {
  const { credentials } = task.process;
  const current = read(credentials, kind);
  if (!isPrivileged(task, kind) && wanted.some((value) => value !== UNCHANGED && !current.includes(value))) {
    throw new SysError(EPERM);
  }
  const choose = (i: 0 | 1 | 2): number => (wanted[i] === UNCHANGED ? current[i] : wanted[i]);
  write(task, kind, [choose(0), choose(1), choose(2)]);
  return 0;
}

function getAll(task: Task, kind: Kind, ...addresses: Ids): number {
  read(task.process.credentials, kind).forEach((value, i) => task.memory.writeU32(addresses[i]!, value));
  return 0;
}

function getGroups(task: Task, count: number, address: number): number {
  const list = task.process.credentials.groups;
  if (count < 0) throw new SysError(EINVAL);
  if (count === 0) return list.length;
  if (count < list.length) throw new SysError(EINVAL);
  list.forEach((gid, i) => task.memory.writeU32(address + i * 4, gid));
  return list.length;
}

function setGroups(task: Task, count: number, address: number): number {
  if (!isPrivileged(task, 'gid')) throw new SysError(EPERM);
  if (count < 0 || count > NGROUPS_MAX) throw new SysError(EINVAL);
  task.process.credentials.groups = Array.from({ length: count }, (_, i) =>
    task.memory.readU32(address + i * 4),
  );
  return 0;
}

/** The process that `pid` names; 0 is the caller's. @throws SysError ESRCH */
function processOf(task: Task, pid: number): Process {
  if (pid === 0) return task.process;
  const found = task.kernel.processes.get(pid);
  if (found === undefined) throw new SysError(ESRCH);
  return found;
}

function setProcessGroup(task: Task, pid: number, group: number): number {
  if (group < 0) throw new SysError(EINVAL);
  const target = processOf(task, pid);
  if (target !== task.process && target.parent !== task.process) throw new SysError(ESRCH);
  if (target !== task.process && target.hasExeced) throw new SysError(EACCES);
  if (target.sid !== task.process.sid || target.sid === target.pid) throw new SysError(EPERM);
  const wanted = group === 0 ? target.pid : group;
  const isKnown = [...task.kernel.processes.values()].some((p) => p.pgrp === wanted && p.sid === target.sid);
  if (wanted !== target.pid && !isKnown) throw new SysError(EPERM);
  target.pgrp = wanted;
  return 0;
}

function createSession({ process, kernel }: Task): number {
  if ([...kernel.processes.values()].some(({ pgrp }) => pgrp === process.pid)) throw new SysError(EPERM);
  process.sid = process.pgrp = process.pid;
  process.terminal = undefined;
  return process.pid;
}

/** The session's terminal is dead for all that have it open. Without one there is nothing to do. */
function hangUp({ process }: Task): number {
  assertCapability(process.credentials, CAP_SYS_TTY_CONFIG);
  process.terminal?.hangUp();
  return 0;
}

/** setfsuid(2), setfsgid(2): @returns the id before, whether or not it could be changed */
function setFileId(task: Task, kind: Kind, wanted: number): number {
  const { credentials } = task.process;
  const before = kind === 'uid' ? credentials.fsuid : credentials.fsgid;
  const isOwn = wanted === before || read(credentials, kind).includes(wanted);
  if (wanted === UNCHANGED || (!isOwn && !isPrivileged(task, kind))) return before;
  if (kind === 'uid') credentials.setFileUserId(wanted);
  else credentials.fsgid = wanted;
  return before;
}

export const identitySyscalls: readonly SyscallDeclaration[] = [
  syscall('getpid', [], (task) => task.process.pid),
  syscall('gettid', [], (task) => task.tid),
  syscall('getppid', [], (task) => task.process.ppid),
  syscall('getuid', [], (task) => task.process.credentials.ruid),
  syscall('geteuid', [], (task) => task.process.credentials.euid),
  syscall('getgid', [], (task) => task.process.credentials.rgid),
  syscall('getegid', [], (task) => task.process.credentials.egid),
  syscall('setuid', [id], (task, value) => setId(task, 'uid', value)),
  syscall('setgid', [id], (task, value) => setId(task, 'gid', value)),
  syscall('setreuid', [id, id], (task, real, effective) => setRealAndEffective(task, 'uid', real, effective)),
  syscall('setregid', [id, id], (task, real, effective) => setRealAndEffective(task, 'gid', real, effective)),
  syscall('setresuid', [id, id, id], (task, r, e, s) => setAll(task, 'uid', r, e, s)),
  syscall('setresgid', [id, id, id], (task, r, e, s) => setAll(task, 'gid', r, e, s)),
  syscall('getresuid', [uintOut, uintOut, uintOut], (task, r, e, s) => getAll(task, 'uid', r, e, s)),
  syscall('getresgid', [uintOut, uintOut, uintOut], (task, r, e, s) => getAll(task, 'gid', r, e, s)),
  syscall('setfsuid', [id], (task, value) => setFileId(task, 'uid', value)),
  syscall('setfsgid', [id], (task, value) => setFileId(task, 'gid', value)),
  syscall('getgroups', [int, groupsOut], getGroups),
  syscall('setgroups', [int, groups(0)], setGroups),
  syscall('getpgrp', [], (task) => task.process.pgrp),
  syscall('getpgid', [int], (task, pid) => processOf(task, pid).pgrp),
  syscall('setpgid', [int, int], setProcessGroup),
  syscall('getsid', [int], (task, pid) => processOf(task, pid).sid),
  syscall('setsid', [], createSession),
  syscall('vhangup', [], hangUp),
];
