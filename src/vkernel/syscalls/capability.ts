/** capget(2) and capset(2). */
import { ALL_CAPABILITIES, CAP_SETPCAP } from '../abi/capability.js';
import { EFAULT, EINVAL, EPERM, ESRCH, SysError } from '../abi/errno.js';
import {
  _LINUX_CAPABILITY_VERSION_1,
  _LINUX_CAPABILITY_VERSION_2,
  _LINUX_CAPABILITY_VERSION_3,
} from '../abi/system.js';
import type { Process } from '../kernel/process.js';
import { syscall, type SyscallDeclaration } from '../kernel/syscall.js';
import type { Task } from '../kernel/task.js';
import { hasCapability } from '../vfs/access.js';
import { pointer } from './arguments.js';

/**
 * The header of capget and capset: checks its version, and looks up whom it is about.
 * @returns the process, and whether sets have 32 or 64 bits; undefined when the caller only probes for the version
 */
function readHeader(
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
  const { tasks, processes } = task.kernel;
  const process = pid === 0 ? task.process : (tasks.get(pid)?.process ?? processes.get(pid));
  if (process === undefined) throw new SysError(ESRCH);
  return { process, wide };
}

function capget(task: Task, header: number, data: number): number {
  const found = readHeader(task, header, data);
  if (found === undefined) return 0;
  if (data === 0) throw new SysError(EFAULT);
  const { effective, permitted, inheritable } = found.process.credentials;
  for (const half of found.wide ? [0, 1] : [0]) {
    [effective, permitted, inheritable].forEach((set, i) => {
      task.memory.writeU32(data + half * 12 + i * 4, Number((set >> BigInt(half * 32)) & 0xffff_ffffn));
    });
  }
  return 0;
}

/** Only the caller's own, and never more than there was: but what programs inherit may be any capability with CAP_SETPCAP. */
function capset(task: Task, header: number, data: number): number {
  const found = readHeader(task, header, data);
  if (found === undefined) throw new SysError(EINVAL);
  if (found.process !== task.process) throw new SysError(EPERM);
  const { credentials } = task.process;
  const [effective, permitted, inheritable] = [0, 1, 2].map((i) => {
    const word = (half: number): bigint => BigInt(task.memory.readU32(data + half * 12 + i * 4));
    return (found.wide ? word(0) | (word(1) << 32n) : word(0)) & ALL_CAPABILITIES;
  }) as [bigint, bigint, bigint];
  const within = (set: bigint, bounds: bigint): boolean => (set & ~bounds) === 0n;
  const mayInherit = hasCapability(credentials, CAP_SETPCAP)
    ? credentials.inheritable | credentials.bounding
    : credentials.inheritable | (credentials.permitted & credentials.bounding);
  if (!within(inheritable, mayInherit)) throw new SysError(EPERM);
  if (!within(permitted, credentials.permitted) || !within(effective, permitted)) throw new SysError(EPERM);
  const ambient = credentials.ambient & permitted & inheritable;
  Object.assign(credentials, { effective, permitted, inheritable, ambient });
  return 0;
}

export const capabilitySyscalls: readonly SyscallDeclaration[] = [
  syscall('capget', [pointer, pointer], capget),
  syscall('capset', [pointer, pointer], capset),
];
