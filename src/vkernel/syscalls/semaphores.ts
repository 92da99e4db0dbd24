/** System V semaphores: semget(2), semop(2), semtimedop(2), semctl(2). */
import { E2BIG, EAGAIN, EINTR, EINVAL, SysError } from '../abi/errno.js';
import * as ipc from '../abi/ipc.js';
import { MAY_READ, MAY_WRITE, IpcPermissions } from '../ipc/permissions.js';
import { SemaphoreSet, SemaphoreUndo, type SemaphoreOperation } from '../ipc/semaphores.js';
import { countWaiting, SemaphoreWait } from '../kernel/semaphore-wait.js';
import { syscall, type Result, type SyscallDeclaration } from '../kernel/syscall.js';
import type { Task } from '../kernel/task.js';
import { Wait } from '../kernel/wait.js';
import { flagsText } from '../strace/names.js';
import { int, oneOf, pointer, size } from './arguments.js';
import { controlIpc, type ControlledKind } from './ipc-control.js';
import {
  assertId,
  changePermissions,
  copyOut,
  getFlags,
  key,
  nowSeconds,
  permissionsView,
} from './ipc-structures.js';
import { array, timespec } from './structures.js';
import { readTimespecNs } from './time-values.js';

function semget(task: Task, wanted: number, count: number, bits: number): number {
  if (count < 0 || count > ipc.SEMMSL) throw new SysError(EINVAL);
  const subject = task.process.credentials;
  return task.kernel.ipc.semaphores.get(wanted, bits, subject, {
    limit: ipc.SEMMNI,
    assertFits: (existing) => {
      if (count > existing.semaphores.length) throw new SysError(EINVAL);
    },
    create: (id) => {
      if (count === 0) throw new SysError(EINVAL);
      return new SemaphoreSet(id, new IpcPermissions(wanted, bits, subject), count, nowSeconds(task));
    },
  }).id;
}

const SEMBUF_BYTES = 6;

function readOperations(task: Task, address: number, count: number): SemaphoreOperation[] {
  const bytes = task.memory.copyIn(address, count * SEMBUF_BYTES);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: count }, (_, i) => ({
    index: view.getUint16(i * SEMBUF_BYTES, true),
    change: view.getInt16(i * SEMBUF_BYTES + 2, true),
    flags: view.getInt16(i * SEMBUF_BYTES + 4, true),
  }));
}

function semtimedop(task: Task, id: number, address: number, count: number, timeout: number): Result {
  const { wait, process, kernel } = task;
  if (count < 1 || id < 0) throw new SysError(EINVAL);
  if (count > ipc.SEMOPM) throw new SysError(E2BIG);
  const operations = readOperations(task, address, count);
  const timeoutNs = timeout === 0 || wait !== undefined ? undefined : readTimespecNs(task.memory, timeout);
  const set = wait === undefined ? kernel.ipc.semaphores.find(id) : (wait.detail as SemaphoreWait).set;
  const changes = operations.some(({ change }) => change !== 0);
  if (wait === undefined) set.permissions.check(process.credentials, changes ? MAY_WRITE : MAY_READ);
  const undoes = operations.some(({ flags }) => (flags & ipc.SEM_UNDO) !== 0);
  const undo = undoes ? (task.semaphoreUndo ??= new SemaphoreUndo()) : undefined;
  const obstacle = set.operate(operations, process.pid, undo);
  if (obstacle === undefined) {
    set.operatedAt = nowSeconds(task);
    return 0;
  }
  const now = kernel.clock.monotonicNs();
  if (wait !== undefined) {
    (wait.detail as SemaphoreWait).obstacle = obstacle;
    return wait.expired(now) ? -EAGAIN : wait;
  }
  const deadlineNs = timeoutNs === undefined ? undefined : now + timeoutNs;
  if (timeoutNs === 0) return -EAGAIN;
  return new Wait({ on: [set], deadlineNs, interruptedBy: EINTR, detail: new SemaphoreWait(set, obstacle) });
}

const SEMID_DS_BYTES = 104;

function writeStatus(task: Task, set: SemaphoreSet, address: number): void {
  const view = permissionsView(set, SEMID_DS_BYTES);
  view.setBigInt64(48, set.operatedAt, true);
  view.setBigInt64(64, set.changedAt, true);
  view.setBigUint64(80, BigInt(set.semaphores.length), true);
  copyOut(task, address, view);
}

/** struct seminfo; its last fields are limits for IPC_INFO, and what is in use for SEM_INFO. */
function writeInfo(task: Task, address: number, inUse: boolean): void {
  const sets = [...task.kernel.ipc.semaphores.objects.values()];
  const total = sets.reduce((sum, { semaphores }) => sum + semaphores.length, 0);
  const { SEMMNS, SEMMNI, SEMMSL, SEMOPM, SEMVMX } = ipc;
  const last = inUse ? [sets.length, SEMVMX, total] : [20, SEMVMX, SEMVMX];
  const words = [SEMMNS, SEMMNI, SEMMNS, SEMMNS, SEMMSL, SEMOPM, SEMOPM, ...last];
  const view = new DataView(new ArrayBuffer(words.length * 4));
  words.forEach((word, i) => view.setInt32(i * 4, word, true));
  copyOut(task, address, view);
}

/** The commands about all values of a set. */
function controlAll(task: Task, set: SemaphoreSet, command: number, address: number): number {
  const { memory, process } = task;
  const count = set.semaphores.length;
  if (command === ipc.GETALL) {
    set.permissions.check(process.credentials, MAY_READ);
    const view = new DataView(new ArrayBuffer(count * 2));
    set.semaphores.forEach(({ value }, i) => view.setUint16(i * 2, value, true));
    copyOut(task, address, view);
    return 0;
  }
  set.permissions.check(process.credentials, MAY_WRITE);
  const bytes = memory.copyIn(address, count * 2);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  set.set(new Map(set.semaphores.map((_, i) => [i, view.getUint16(i * 2, true)])), process.pid);
  set.changedAt = nowSeconds(task);
  return 0;
}

/** The commands about one semaphore. */
function controlOne(task: Task, set: SemaphoreSet, index: number, command: number, value: number): number {
  const { process, kernel } = task;
  set.permissions.check(process.credentials, command === ipc.SETVAL ? MAY_WRITE : MAY_READ);
  const semaphore = set.semaphores[index];
  if (semaphore === undefined) throw new SysError(EINVAL);
  switch (command) {
    case ipc.GETVAL:
      return semaphore.value;
    case ipc.GETPID:
      return semaphore.pid;
    case ipc.SETVAL:
      set.set(new Map([[index, value]]), process.pid);
      set.changedAt = nowSeconds(task);
      return 0;
    default:
      return countWaiting(kernel, set, { index, forZero: command === ipc.GETZCNT });
  }
}

const semaphoreSets: ControlledKind<SemaphoreSet> = {
  table: ({ kernel }) => kernel.ipc.semaphores,
  info: ipc.SEM_INFO,
  stat: ipc.SEM_STAT,
  statAny: ipc.SEM_STAT_ANY,
  writeInfo,
  writeStatus,
  change: (task, set, address) => {
    changePermissions(task, set, address);
    set.changedAt = nowSeconds(task);
  },
  remove: (table, set) => {
    table.delete(set);
    set.remove();
  },
  other: (task, id, command, argument) => {
    if (command !== ipc.GETALL && command !== ipc.SETALL) throw new SysError(EINVAL);
    return controlAll(task, semaphoreSets.table(task).find(id), command, argument);
  },
};

function semctl(task: Task, id: number, index: number, command: number, argument: number): number {
  switch (command) {
    case ipc.GETVAL:
    case ipc.GETPID:
    case ipc.GETNCNT:
    case ipc.GETZCNT:
    case ipc.SETVAL:
      assertId(id);
      // The value is an int, in the low half of the word.
      return controlOne(
        task,
        semaphoreSets.table(task).find(id),
        index,
        command,
        (argument % 0x1_0000_0000) | 0,
      );
    default:
      return controlIpc(task, semaphoreSets, id, command, argument);
  }
}

const operationsText = array(SEMBUF_BYTES, 2, (v) => {
  const { IPC_NOWAIT, SEM_UNDO } = ipc;
  const bits = flagsText({ IPC_NOWAIT, SEM_UNDO }, v.getInt16(4, true));
  return `{sem_num=${v.getUint16(0, true)}, sem_op=${v.getInt16(2, true)}, sem_flg=${bits}}`;
});
const { GETALL, GETNCNT, GETPID, GETVAL, GETZCNT, SETALL, SETVAL, SEM_INFO, SEM_STAT, SEM_STAT_ANY } = ipc;
const { IPC_INFO, IPC_RMID, IPC_SET, IPC_STAT } = ipc;
const commands = oneOf({
  ...{ GETALL, GETNCNT, GETPID, GETVAL, GETZCNT, SETALL, SETVAL, SEM_INFO, SEM_STAT, SEM_STAT_ANY },
  ...{ IPC_INFO, IPC_RMID, IPC_SET, IPC_STAT },
});

export const semaphoreSyscalls: readonly SyscallDeclaration[] = [
  syscall('semget', [key, int, getFlags()], semget),
  syscall('semop', [int, operationsText, size], (task, id, address, count) =>
    semtimedop(task, id, address, count, 0),
  ),
  syscall('semtimedop', [int, operationsText, size, timespec], semtimedop),
  syscall('semctl', [int, int, commands, pointer], semctl),
];
