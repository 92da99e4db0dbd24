/** Memory: mmap(2), munmap(2), mprotect(2), mremap(2), madvise(2), brk(2), msync(2), mincore(2), mlock(2). */
import { CAP_IPC_LOCK } from '../abi/capability.js';
import { EINVAL, SysError } from '../abi/errno.js';
import * as mman from '../abi/mman.js';
import { syscall, type Argument, type SyscallDeclaration } from '../kernel/syscall.js';
import type { Task } from '../kernel/task.js';
import type { AddressSpace } from '../mm/address-space.js';
import { PAGE_BYTES } from '../mm/frames.js';
import { select, whenShown } from '../strace/names.js';
import { flags, int, oneOf, pointer, size } from './arguments.js';
import { hasCapability } from '../vfs/access.js';

const MLOCK_ONFAULT = 1;

/** A file offset, which strace prints in hexadecimal here. */
const hexOffset: Argument<number> = {
  decode: size.decode,
  show: (word) => (word === 0n ? '0' : `0x${word.toString(16)}`),
};

const protection = flags(
  {
    PROT_READ: mman.PROT_READ,
    PROT_WRITE: mman.PROT_WRITE,
    PROT_EXEC: mman.PROT_EXEC,
    PROT_GROWSDOWN: mman.PROT_GROWSDOWN,
    PROT_GROWSUP: mman.PROT_GROWSUP,
  },
  'PROT_NONE',
);
const mapFlags = flags(
  whenShown(() => {
    const { MAP_FAILED: _failed, MAP_TYPE: _type, MAP_SHARED_VALIDATE, ...names } = select(mman, 'MAP_');
    // The sum of two others must be looked for first.
    return { MAP_SHARED_VALIDATE: MAP_SHARED_VALIDATE!, ...names };
  }),
);
const advice = oneOf(
  whenShown(() => select(mman, 'MADV_')),
  'MADV',
);

const hexResult = { showResult: (result: number): string => `0x${result.toString(16)}` };

/** The caller's address space, which is told what the caller may do. */
function memoryOf(task: Task): AddressSpace {
  task.mm.privileged = hasCapability(task.process.credentials, CAP_IPC_LOCK);
  return task.mm;
}

export const memorySyscalls: readonly SyscallDeclaration[] = [
  syscall(
    'mmap',
    [pointer, size, protection, mapFlags, int, hexOffset],
    (task, address, length, prot, mapBits, fd, offset) => {
      if (offset % PAGE_BYTES !== 0) throw new SysError(EINVAL);
      const file = (mapBits & mman.MAP_ANONYMOUS) !== 0 ? undefined : task.files.get(fd);
      if (file?.inode.mapsAsAnonymous() === true) {
        const anonymous = mapBits | mman.MAP_ANONYMOUS;
        return memoryOf(task).map({
          address,
          length,
          protection: prot,
          flags: anonymous,
          file: undefined,
          offset,
        });
      }
      return memoryOf(task).map({ address, length, protection: prot, flags: mapBits, file, offset });
    },
    hexResult,
  ),
  syscall('munmap', [pointer, size], (task, address, length) => {
    task.mm.unmap(address, length);
    return 0;
  }),
  syscall('mprotect', [pointer, size, protection], (task, address, length, prot) => {
    task.mm.protect(address, length, prot);
    return 0;
  }),
  syscall(
    'mremap',
    [pointer, size, size, flags(whenShown(() => select(mman, 'MREMAP_'))), pointer],
    (task, address, oldLength, newLength, bits, newAddress) =>
      memoryOf(task).remap(address, oldLength, newLength, bits, newAddress),
    hexResult,
  ),
  syscall('madvise', [pointer, size, advice], (task, address, length, what) => {
    task.mm.advise(address, length, what);
    return 0;
  }),
  syscall('brk', [pointer], (task, address) => memoryOf(task).setBreak(address), hexResult),
  syscall(
    'msync',
    [pointer, size, flags(whenShown(() => select(mman, 'MS_')))],
    (task, address, length, bits) => {
      task.mm.sync(address, length, bits);
      return 0;
    },
  ),
  syscall('mincore', [pointer, size, pointer], (task, address, length, vector) => {
    let at = vector;
    for (const resident of task.mm.residency(address, length)) {
      task.memory.copyOut(at, resident);
      at += resident.length;
    }
    return 0;
  }),
  syscall('mlock', [pointer, size], (task, address, length) => {
    memoryOf(task).lock(address, length, false);
    return 0;
  }),
  syscall('mlock2', [pointer, size, flags({ MLOCK_ONFAULT })], (task, address, length, bits) => {
    if ((bits & ~MLOCK_ONFAULT) !== 0) throw new SysError(EINVAL);
    memoryOf(task).lock(address, length, bits === MLOCK_ONFAULT);
    return 0;
  }),
  syscall('munlock', [pointer, size], (task, address, length) => {
    task.mm.unlock(address, length);
    return 0;
  }),
  syscall('mlockall', [flags(whenShown(() => select(mman, 'MCL_')))], (task, bits) => {
    if (bits === 0) throw new SysError(EINVAL);
    memoryOf(task).lockAll(bits);
    return 0;
  }),
  syscall('munlockall', [], (task) => {
    task.mm.lockAll(0);
    return 0;
  }),
];
