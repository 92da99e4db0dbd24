/** Who a process is: getpid(2), getuid(2), setuid(2) and their kin, setpgid(2), setsid(2), capabilities(7), setgroups(2). */
import { EACCES, EFAULT, EINVAL, EPERM, ESRCH, SysError } from '../abi/errno.js';
import {
  _LINUX_CAPABILITY_VERSION_1,
  _LINUX_CAPABILITY_VERSION_2,
  _LINUX_CAPABILITY_VERSION_3,
  CAP_LAST_CAP,
} from '../abi/system.js';
import type { Credentials } from '../kernel/credentials.js';
import type { Process } from '../kernel/process.js';
import { syscall, type SyscallDeclaration } from '../kernel/syscall.js';
import type { Task } from '../kernel/task.js';
import { id, int, pointer, uint } from './arguments.js';
import { groups, groupsOut, uintOut } from './structures.js';

/** An id of -1 leaves what it stands for alone. */
const UNCHANGED = 0xffff_ffff;
const NGROUPS_MAX = 65536;

type Kind = 'uid' | 'gid';
type Ids = readonly [real: number, effective: number, saved: number];

const read = (c: Credentials, kind: Kind): Ids =>
  kind === 'uid' ? [c.ruid, c.euid, c.suid] : [c.rgid, c.egid, c.sgid];

function write(c: Credentials, kind: Kind, [real, effective, saved]: Ids): void {
  if (kind === 'uid') [c.ruid, c.euid, c.suid] = [real, effective, saved];
  else [c.rgid, c.egid, c.sgid] = [real, effective, saved];
}

/** Here CAP_SETUID, CAP_SETGID and all others are what root has. */
const isPrivileged = (task: Task): boolean => task.process.credentials.euid === 0;

/** setuid(2), setgid(2): root changes all three ids for good, others the effective one to one they have. */
function setId(task: Task, kind: Kind, value: number): number {
  if (value === UNCHANGED) throw new SysError(EINVAL);
  const { credentials } = task.process;
  const [real, , saved] = read(credentials, kind);
  if (isPrivileged(task)) write(credentials, kind, [value, value, value]);
  else if (value === real || value === saved) write(credentials, kind, [real, value, saved]);
  else throw new SysError(EPERM);
  return 0;
}

/** setreuid(2), setregid(2): the saved id follows the effective one when the real one is set or the two come to differ. */
function setRealAndEffective(task: Task, kind: Kind, newReal: number, newEffective: number): number {
  const { credentials } = task.process;
  const [real, effective, saved] = read(credentials, kind);
  if (!isPrivileged(task)) {
    if (newReal !== UNCHANGED && newReal !== real && newReal !== effective) throw new SysError(EPERM);
    if (newEffective !== UNCHANGED && ![real, effective, saved].includes(newEffective))
      throw new SysError(EPERM);
  }
  const nextReal = newReal === UNCHANGED ? real : newReal;
  const nextEffective = newEffective === UNCHANGED ? effective : newEffective;
  const follows = newReal !== UNCHANGED || (newEffective !== UNCHANGED && newEffective !== real);
  write(credentials, kind, [nextReal, nextEffective, follows ? nextEffective : saved]);
  return 0;
}

/** setresuid(2), setresgid(2). */
function setAll(task: Task, kind: Kind, ...wanted: Ids): number {
  const { credentials } = task.process;
  const current = read(credentials, kind);
  if (!isPrivileged(task) && wanted.some((value) => value !== UNCHANGED && !current.includes(value))) {
    throw new SysError(EPERM);
  }
  const choose = (i: 0 | 1 | 2): number => (wanted[i] === UNCHANGED ? current[i] : wanted[i]);
  write(credentials, kind, [choose(0), choose(1), choose(2)]);
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
  if (!isPrivileged(task)) throw new SysError(EPERM);
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

const ALL_CAPABILITIES = (1n << BigInt(CAP_LAST_CAP + 1)) - 1n;

/**
 * The header of capget and capset: checks its version, and looks up whom it is about.
 * @returns the process, and whether sets have 32 or 64 bits; undefined when the caller only probes for the version
 */
function readCapabilityHeader(
  task: Task,
  header: number,
  data: number,
): { process: Process; wide: boolean } | undefined {
  const version = task.memory.readU32(header);
  const wide = version === _LINUX_CAPABILITY_VERSION_2 || version === _LINUX_CAPABILITY_VERSION_3;
  if (!wide && version !== _LINUX_CAPABILITY_VERSION_1) {
    task.memory.writeU32(header, _LINUX_CAPABILITY_VERSION_3);
    if (data === 0) return undefined;
    throw new SysError(EINVAL);
  }
  const pid = task.memory.readI32(header + 4);
  if (pid < 0) throw new SysError(EINVAL);
  return {
    process: pid === 0 ? task.process : (task.kernel.tasks.get(pid)?.process ?? processOf(task, pid)),
    wide,
  };
}

/** Effective, permitted, inheritable: root has all but what is inherited, everybody else none. */
function capabilitySets({ credentials }: Process): readonly [bigint, bigint, bigint] {
  const all = credentials.euid === 0 ? ALL_CAPABILITIES : 0n;
  return [all, all, 0n];
}

function capget(task: Task, header: number, data: number): number {
  const found = readCapabilityHeader(task, header, data);
  if (found === undefined) return 0;
  if (data === 0) throw new SysError(EFAULT);
  const sets = capabilitySets(found.process);
  for (const half of found.wide ? [0, 1] : [0]) {
    sets.forEach((set, i) => {
      task.memory.writeU32(data + half * 12 + i * 4, Number((set >> BigInt(half * 32)) & 0xffff_ffffn));
    });
  }
  return 0;
}

/** Only what is so already can be set: a process has what its user has. */
function capset(task: Task, header: number, data: number): number {
  const found = readCapabilityHeader(task, header, data);
  if (found === undefined) throw new SysError(EINVAL);
  if (found.process !== task.process) throw new SysError(EPERM);
  const wanted = capabilitySets(task.process).map((_, i) => {
    const word = (half: number): bigint => BigInt(task.memory.readU32(data + half * 12 + i * 4));
    return found.wide ? word(0) | (word(1) << 32n) : word(0);
  });
  const mask = found.wide ? ALL_CAPABILITIES : 0xffff_ffffn;
  const [effective, permitted] = capabilitySets(task.process);
  if (wanted[0] !== (effective & mask) || wanted[1] !== (permitted & mask)) {
    task.kernel.log('capset: giving up capabilities is not supported: EPERM');
    throw new SysError(EPERM);
  }
  return 0;
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
  syscall('setfsuid', [uint], (task) => task.process.credentials.euid, {
    missing: 'the file system id is always the effective one',
  }),
  syscall('setfsgid', [uint], (task) => task.process.credentials.egid, {
    missing: 'the file system id is always the effective one',
  }),
  syscall('getgroups', [int, groupsOut], getGroups),
  syscall('setgroups', [int, groups(0)], setGroups),
  syscall('getpgrp', [], (task) => task.process.pgrp),
  syscall('getpgid', [int], (task, pid) => processOf(task, pid).pgrp),
  syscall('setpgid', [int, int], setProcessGroup),
  syscall('getsid', [int], (task, pid) => processOf(task, pid).sid),
  syscall('setsid', [], createSession),
  syscall('capget', [pointer, pointer], capget, {
    missing: 'root has all capabilities, everybody else none',
  }),
  syscall('capset', [pointer, pointer], capset, { missing: 'capabilities cannot be given up: EPERM' }),
];
