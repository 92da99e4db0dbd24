/** System V shared memory: shmget(2), shmat(2), shmdt(2), shmctl(2). */
import { CAP_IPC_LOCK } from '../abi/capability.js';
import { EINVAL, ENOMEM, EPERM, SysError } from '../abi/errno.js';
import { O_RDONLY, O_RDWR } from '../abi/fcntl.js';
import * as ipc from '../abi/ipc.js';
import { MAP_FIXED, MAP_SHARED, PROT_EXEC, PROT_READ, PROT_WRITE } from '../abi/mman.js';
import { RLIMIT_MEMLOCK } from '../abi/resource.js';
import { IpcPermissions } from '../ipc/permissions.js';
import { AttachedFile, SharedSegment } from '../ipc/shared-memory.js';
import { syscall, type SyscallDeclaration } from '../kernel/syscall.js';
import type { Task } from '../kernel/task.js';
import { PAGE_BYTES } from '../mm/frames.js';
import type { SharedMemory } from '../mm/shared-anonymous.js';
import { pageAlign } from '../mm/unmap.js';
import { flags, int, oneOf, pointer, size } from './arguments.js';
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
import { hasCapability } from '../vfs/access.js';

const { SHM_EXEC, SHM_RDONLY, SHM_REMAP, SHM_RND } = ipc;

function shmget(task: Task, wanted: number, sizeBytes: number, bits: number): number {
  const { kernel, process } = task;
  const { segments } = kernel.ipc;
  const subject = process.credentials;
  const segment = segments.get(wanted, bits, subject, {
    limit: ipc.SHMMNI,
    assertFits: (existing) => {
      if (existing.sizeBytes < sizeBytes) throw new SysError(EINVAL);
    },
    create: (id) => {
      if (sizeBytes < ipc.SHMMIN || sizeBytes > Number(ipc.SHMMAX)) throw new SysError(EINVAL);
      if ((bits & ipc.SHM_HUGETLB) !== 0) {
        kernel.logOnce('shmget: SHM_HUGETLB is not supported: ENOMEM');
        throw new SysError(ENOMEM);
      }
      if (sizeBytes > kernel.frames.totalFrames * PAGE_BYTES) throw new SysError(ENOMEM);
      return new SharedSegment({
        id,
        permissions: new IpcPermissions(wanted, bits, subject),
        table: segments,
        clock: kernel.clock,
        sizeBytes,
        memory: kernel.ipc.memoryFrom(kernel.frames).create(pageAlign(sizeBytes)),
        pid: process.pid,
      });
    },
  });
  return segment.id;
}

/** Where it is to go: a multiple of SHMLBA, or rounded down to one. @throws SysError EINVAL */
function placeOf(address: number, bits: number): number {
  if (address === 0 && (bits & SHM_REMAP) !== 0) throw new SysError(EINVAL);
  if (address % PAGE_BYTES === 0) return address;
  const rounded = address - (address % PAGE_BYTES);
  if ((bits & SHM_RND) === 0 || (rounded === 0 && (bits & SHM_REMAP) !== 0)) throw new SysError(EINVAL);
  return rounded;
}

function shmat(task: Task, id: number, wanted: number, bits: number): number {
  assertId(id);
  const address = placeOf(wanted, bits);
  const segment = task.kernel.ipc.segments.find(id);
  const readOnly = (bits & SHM_RDONLY) !== 0;
  const executes = (bits & SHM_EXEC) !== 0;
  const needed = (readOnly ? 0o444 : 0o666) | (executes ? 0o111 : 0);
  segment.permissions.check(task.process.credentials, needed);
  if (address !== 0 && (bits & SHM_REMAP) === 0) {
    const end = address + segment.sizeBytes;
    if (task.mm.vmas.some((vma) => vma.start < end && vma.end > address)) throw new SysError(EINVAL);
  }
  const file = segment.open(readOnly ? O_RDONLY : O_RDWR).retain();
  try {
    const start = task.mm.map({
      address,
      length: segment.sizeBytes,
      protection: PROT_READ | (readOnly ? 0 : PROT_WRITE) | (executes ? PROT_EXEC : 0),
      flags: MAP_SHARED | (address === 0 ? 0 : MAP_FIXED),
      file,
    });
    segment.lastPid = task.process.pid;
    return start;
  } finally {
    const { detachedAt } = segment;
    file.release();
    if (file.references > 0) segment.detachedAt = detachedAt;
  }
}

/** Takes away all pieces of the attachment that starts at `address`, whatever else was mapped among them. */
function shmdt(task: Task, address: number): number {
  if (address % PAGE_BYTES !== 0) throw new SysError(EINVAL);
  const first = task.mm.vmas.find(
    ({ start, fileOffset, file }) => file instanceof AttachedFile && start - fileOffset === address,
  );
  if (first === undefined) throw new SysError(EINVAL);
  const { segment } = first.file as AttachedFile;
  const pieces = task.mm.vmas.filter(
    ({ start, fileOffset, file }) => file === first.file && start - fileOffset === address,
  );
  for (const { start, end } of pieces) task.mm.unmap(start, end - start);
  segment.lastPid = task.process.pid;
  return 0;
}

const SHMID_DS_BYTES = 112;

function writeStatus(task: Task, segment: SharedSegment, address: number): void {
  const view = permissionsView(segment, SHMID_DS_BYTES);
  view.setBigUint64(48, BigInt(segment.sizeBytes), true);
  view.setBigInt64(56, segment.attachedAt, true);
  view.setBigInt64(64, segment.detachedAt, true);
  view.setBigInt64(72, segment.changedAt, true);
  view.setInt32(80, segment.creatorPid, true);
  view.setInt32(84, segment.lastPid, true);
  view.setBigUint64(88, BigInt(segment.attached), true);
  copyOut(task, address, view);
}

function writeLimits(task: Task, address: number): void {
  const view = new DataView(new ArrayBuffer(72));
  const words = [ipc.SHMMAX, BigInt(ipc.SHMMIN), BigInt(ipc.SHMMNI), BigInt(ipc.SHMMNI), ipc.SHMMAX];
  words.forEach((word, i) => view.setBigUint64(i * 8, word, true));
  copyOut(task, address, view);
}

function writeUsage(task: Task, address: number): void {
  const segments = [...task.kernel.ipc.segments.objects.values()];
  const sum = (of: (segment: SharedSegment) => number): bigint =>
    BigInt(segments.reduce((total, segment) => total + of(segment), 0));
  const view = new DataView(new ArrayBuffer(48));
  view.setInt32(0, segments.length, true);
  view.setBigUint64(
    8,
    sum(({ sizeBytes }) => pageAlign(sizeBytes) / PAGE_BYTES),
    true,
  );
  view.setBigUint64(
    16,
    sum(({ memory }) => (memory.inode as SharedMemory).pages.size),
    true,
  );
  copyOut(task, address, view);
}

/** SHM_LOCK and SHM_UNLOCK: nothing is ever swapped out, so that only the mark is left to keep. */
function lock(task: Task, segment: SharedSegment, locked: boolean): void {
  const { process } = task;
  const { euid } = process.credentials;
  const { permissions } = segment;
  if (!hasCapability(process.credentials, CAP_IPC_LOCK)) {
    if (euid !== permissions.uid && euid !== permissions.creatorUid) throw new SysError(EPERM);
    if (locked && process.limits.soft(RLIMIT_MEMLOCK) === 0) throw new SysError(EPERM);
  }
  permissions.mode = locked ? permissions.mode | ipc.SHM_LOCKED : permissions.mode & ~ipc.SHM_LOCKED;
}

const segments: ControlledKind<SharedSegment> = {
  table: ({ kernel }) => kernel.ipc.segments,
  info: ipc.SHM_INFO,
  stat: ipc.SHM_STAT,
  statAny: ipc.SHM_STAT_ANY,
  writeInfo: (task, address, inUse) => {
    if (inUse) writeUsage(task, address);
    else writeLimits(task, address);
  },
  writeStatus,
  change: (task, segment, address) => {
    changePermissions(task, segment, address);
    segment.changedAt = nowSeconds(task);
  },
  remove: (_table, segment) => {
    segment.remove();
  },
  other: (task, id, command) => {
    if (command !== ipc.SHM_LOCK && command !== ipc.SHM_UNLOCK) throw new SysError(EINVAL);
    lock(task, segments.table(task).find(id), command === ipc.SHM_LOCK);
    return 0;
  },
};

const shmctl = (task: Task, id: number, command: number, address: number): number =>
  controlIpc(task, segments, id, command, address);

const { IPC_INFO, IPC_RMID, IPC_SET, IPC_STAT, SHM_INFO, SHM_LOCK, SHM_STAT, SHM_STAT_ANY, SHM_UNLOCK } = ipc;
const commands = oneOf({
  ...{ IPC_INFO, IPC_RMID, IPC_SET, IPC_STAT },
  ...{ SHM_INFO, SHM_LOCK, SHM_STAT, SHM_STAT_ANY, SHM_UNLOCK },
});
const { SHM_HUGETLB, SHM_NORESERVE } = ipc;

export const sharedMemorySyscalls: readonly SyscallDeclaration[] = [
  syscall('shmget', [key, size, getFlags({ SHM_HUGETLB, SHM_NORESERVE })], shmget, {
    missing: 'no SHM_HUGETLB',
  }),
  syscall('shmat', [int, pointer, flags({ SHM_RDONLY, SHM_RND, SHM_REMAP, SHM_EXEC })], shmat, {
    showResult: (result) => `0x${result.toString(16)}`,
  }),
  syscall('shmdt', [pointer], shmdt),
  syscall('shmctl', [int, commands, pointer], shmctl),
];
