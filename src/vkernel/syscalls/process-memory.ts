/** Another process's memory: process_vm_readv(2), process_vm_writev(2). */
import { EINVAL, ESRCH, SysError } from '../abi/errno.js';
import { assertMayLookInto } from '../kernel/process-access.js';
import { syscall, type SyscallDeclaration } from '../kernel/syscall.js';
import type { Task } from '../kernel/task.js';
import type { IoSegment, UserMemory } from '../mm/user-memory.js';
import { int, size, uint } from './arguments.js';
import { iovec, iovecOut } from './structures.js';

/** One step of a transfer: bounds the views that are held at once. */
const CHUNK_BYTES = 1 << 20;

/** Copies as much as both sides allow; what a vector promises beyond the other's end is left out. */
function transfer(
  from: UserMemory,
  source: readonly IoSegment[],
  to: UserMemory,
  target: readonly IoSegment[],
): number {
  let done = 0;
  let [i, j, readAt, writeAt] = [0, 0, 0, 0];
  while (i < source.length && j < target.length) {
    const count = Math.min(source[i]!.length - readAt, target[j]!.length - writeAt, CHUNK_BYTES);
    if (count > 0) {
      try {
        to.copyOut(target[j]!.address + writeAt, from.copyIn(source[i]!.address + readAt, count));
      } catch (error) {
        if (error instanceof SysError && done > 0) return done;
        throw error;
      }
    }
    done += count;
    readAt += count;
    writeAt += count;
    if (readAt === source[i]!.length) [i, readAt] = [i + 1, 0];
    if (writeAt === target[j]!.length) [j, writeAt] = [j + 1, 0];
  }
  return done;
}

function run(
  task: Task,
  pid: number,
  local: readonly [address: number, count: number],
  remote: readonly [address: number, count: number],
  bits: number,
  writes: boolean,
): number {
  if (bits !== 0) throw new SysError(EINVAL);
  const mine = task.memory.iovec(...local);
  const theirs = task.memory.iovec(...remote);
  if (mine.every(({ length }) => length === 0)) return 0;
  const target = task.kernel.tasks.get(pid) ?? task.kernel.processes.get(pid)?.leader;
  if (target === undefined) throw new SysError(ESRCH);
  assertMayLookInto(task.process, target.process);
  return writes
    ? transfer(task.memory, mine, target.memory, theirs)
    : transfer(target.memory, theirs, task.memory, mine);
}

export const processMemorySyscalls: readonly SyscallDeclaration[] = [
  syscall(
    'process_vm_readv',
    [int, iovecOut(2), size, iovec(4), size, uint],
    (task, pid, local, localCount, remote, remoteCount, bits) =>
      run(task, pid, [local, localCount], [remote, remoteCount], bits, false),
  ),
  syscall(
    'process_vm_writev',
    [int, iovec(2), size, iovec(4), size, uint],
    (task, pid, local, localCount, remote, remoteCount, bits) =>
      run(task, pid, [local, localCount], [remote, remoteCount], bits, true),
  ),
];
