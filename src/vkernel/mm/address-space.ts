/** An address space: what a process's addresses mean. The VMAs are the truth, the page tables a cache of them. */
import { bool, listOf, uint } from '../../ckpt/state/codecs.js';
import { external, ref } from '../../ckpt/state/references.js';
import { accessor, derived, savable } from '../../ckpt/state/savable.js';
import { RLIMIT_AS, RLIMIT_DATA, RLIMIT_MEMLOCK, RLIMIT_STACK } from '../abi/resource.js';
import type { Inode, PageUser } from '../vfs/inode.js';
import type { OpenFile } from '../vfs/open-file.js';
import { accountAll, emptyUsage, type Usage } from './accounting.js';
import { advise } from './advise.js';
import { setBreak } from './brk.js';
import { handleFault } from './fault.js';
import type { FaultResult } from './fault-result.js';
import { fork } from './fork.js';
import { PAGE_BYTES, type FrameAllocator } from './frames.js';
import { DEFAULT_MMAP_BASE, USER_END } from './layout.js';
import { defaultLimits, memoryLimits, type MemoryLimits } from './limits.js';
import { lock, lockAll, residency, sync, unlock } from './lock.js';
import { map, type MapRequest } from './map.js';
import { mmuService, type Mmu } from './mmu.js';
import { dropFilePages, registerUser } from './page-users.js';
import { PageTables, PTE_DIRTY, PTE_WAS_DIRTY } from './page-tables.js';
import { pageTables } from './saved-tables.js';
import { GapCache } from './placement.js';
import { protect } from './protect.js';
import { remap } from './remap.js';
import { installPages, residentRuns, type ResidentRun } from './resident.js';
import { unmap, writeBack } from './unmap.js';
import { SharedMemoryFile, SharedMemoryFileSystem } from './shared-anonymous.js';
import { UserMemory } from './user-memory.js';
import { VdsoFile } from './vdso-file.js';
import { VM_MAYSHARE, Vma } from './vma.js';
import { MAX_MAP_COUNT, vmaAt } from './vma-list.js';

export class AddressSpace implements PageUser {
  readonly mmu: Mmu;
  /** Sorted, not overlapping; changed by this folder only. */
  readonly vmas: Vma[] = [];
  /** The heap is [brkStart, brk): brk(2). */
  brkStart = 0;
  brk = 0;
  /** The highest address at which mappings are placed when the program leaves it to the kernel. */
  mmapBase = DEFAULT_MMAP_BASE;
  /** An address in the VMA that /proc/self/maps calls [stack]; 0 when there is none. */
  stackStart = 0;
  /** Bytes of the program's writable segments, which RLIMIT_DATA counts with the heap. */
  dataBytes = 0;
  /** VM_ flags that every new mapping gets: mlockall(2). */
  defaultFlags = 0;
  /**
   * The task whose system call runs has CAP_IPC_LOCK and CAP_SYS_RAWIO: it may lock beyond the limit, and map the lowest pages.
   * Whoever calls in here on a task's behalf sets it.
   */
  privileged = false;
  readonly limits: MemoryLimits = defaultLimits();
  /** Where MAP_SHARED|MAP_ANONYMOUS memory comes from; the same for all that descend by fork. */
  sharedMemory: SharedMemoryFileSystem;
  tables: PageTables;
  memory: UserMemory;
  gaps = new GapCache();
  /** Pages of the VMAs by what the limits count. */
  usage: Usage = emptyUsage();

  /** @throws SysError ENOMEM */
  constructor(mmu: Mmu) {
    this.mmu = mmu;
    this.sharedMemory = new SharedMemoryFileSystem(mmu.frames);
    this.tables = new PageTables(mmu.frames);
    this.memory = new UserMemory(this);
  }

  get frames(): FrameAllocator {
    return this.mmu.frames;
  }

  /** Makes the guest run here: to be called at each switch to a task of another process. */
  activate(): void {
    this.mmu.activate(this.tables);
  }

  /** Follows a setrlimit(2): `soft` in bytes, Infinity for none. Resources that are not about memory are ignored. */
  setLimit(resource: number, soft: number): void {
    if (resource === RLIMIT_AS) this.limits.addressSpaceBytes = soft;
    if (resource === RLIMIT_DATA) this.limits.dataBytes = soft;
    if (resource === RLIMIT_STACK) this.limits.stackBytes = soft;
    if (resource === RLIMIT_MEMLOCK) this.limits.lockedBytes = soft;
  }

  /** mmap(2). @returns the address @throws SysError as the man page says */
  map(request: MapRequest): number {
    return map(this, request);
  }

  /** munmap(2). @throws SysError EINVAL, ENOMEM */
  unmap(address: number, length: number): void {
    unmap(this, address, length);
  }

  /** mprotect(2). @throws SysError EINVAL, ENOMEM, EACCES */
  protect(address: number, length: number, protection: number): void {
    protect(this, address, length, protection);
  }

  /** mremap(2). @returns the new address @throws SysError EINVAL, EFAULT, ENOMEM, EAGAIN */
  remap(address: number, oldLength: number, newLength: number, flags: number, newAddress: number): number {
    return remap(this, address, oldLength, newLength, flags, newAddress);
  }

  /** madvise(2). @throws SysError EINVAL, ENOMEM and what the advice's own failures are */
  advise(address: number, length: number, advice: number): void {
    advise(this, address, length, advice);
  }

  /** brk(2), the system call: @returns the new break, or the unchanged one on failure */
  setBreak(address: number): number {
    return setBreak(this, address);
  }

  /** msync(2). @throws SysError EINVAL, ENOMEM, EBUSY */
  sync(address: number, length: number, flags: number): void {
    sync(this, address, length, flags);
  }

  /** mincore(2): one byte a page, bit 0 set where a page is resident, in pieces. @throws SysError EINVAL, ENOMEM */
  residency(address: number, length: number): Iterable<Uint8Array> {
    return residency(this, address, length);
  }

  /** mlock(2), mlock2(2) with MLOCK_ONFAULT. @throws SysError EINVAL, ENOMEM, EPERM, EAGAIN */
  lock(address: number, length: number, onFault: boolean): void {
    lock(this, address, length, onFault);
  }

  /** munlock(2). @throws SysError EINVAL, ENOMEM */
  unlock(address: number, length: number): void {
    unlock(this, address, length);
  }

  /** mlockall(2); 0 is munlockall(2). @throws SysError EINVAL, ENOMEM, EPERM */
  lockAll(flags: number): void {
    lockAll(this, flags);
  }

  /**
   * Deals with a page fault at `address`. `errorCode` has the FAULT_ bits of cpu.ts that say what was tried; without FAULT_WRITE
   * and FAULT_FETCH it was a read.
   */
  handleFault(address: number, errorCode: number): FaultResult {
    return handleFault(this, address, errorCode);
  }

  /**
   * For a futex (futex(2)) in memory that processes may share: the physical address of a word of a MAP_SHARED mapping, the same
   * for all who map it. Undefined for private memory.
   * @throws SysError EFAULT, ENOMEM
   */
  sharedPhysicalAddress(address: number): number | undefined {
    const vma = vmaAt(this.vmas, address);
    if (vma !== undefined && (vma.flags & VM_MAYSHARE) === 0) return undefined;
    return this.memory.physicalAddress(address);
  }

  /** The VMA that holds an address. */
  vmaAt(address: number): Vma | undefined {
    return vmaAt(this.vmas, address);
  }

  /** The name in /proc/self/maps of a VMA whose file has no location: "[heap]", "[stack]", "/dev/zero (deleted)" or "". */
  nameOf(vma: Vma): string {
    if (vma.file instanceof VdsoFile) return VdsoFile.nameOf(vma);
    if (vma.file instanceof SharedMemoryFile) return '/dev/zero (deleted)';
    if (vma.file !== undefined) return '';
    if (vma.start < this.brk && vma.end > this.brkStart && this.brk > this.brkStart) return '[heap]';
    return vma.start <= this.stackStart && this.stackStart < vma.end ? '[stack]' : '';
  }

  /** Pages that have a frame, and the most that had one at the same time: VmRSS and VmHWM of proc(5). */
  get residentPages(): number {
    return this.tables.residentPages;
  }
  get peakPages(): number {
    return this.tables.peakPages;
  }

  /** The pages that have a frame, in runs of consecutive addresses and frames. */
  residentRuns(start = 0, end = USER_END): Iterable<ResidentRun> {
    return residentRuns(this, start, end);
  }

  /** For a resume: see installPages of resident.ts. @throws RangeError outside the VMAs, or where a page is @throws SysError ENOMEM */
  installPages(address: number, firstFrame: number, pages: number, shared = false): void {
    installPages(this, address, firstFrame, pages, shared);
  }

  /** A copy for fork(2): private pages are shared until one side writes. @throws SysError ENOMEM */
  fork(): AddressSpace {
    return fork(this, new AddressSpace(this.mmu));
  }

  /** PageUser: see page-users.ts. */
  dropPages(inode: Inode, firstPage: number): void {
    dropFilePages(this, inode, firstPage);
  }

  /** Unmaps everything and frees the tables: the last task is gone. Another address space must be activated before the guest runs. */
  destroy(): void {
    for (const vma of this.vmas) writeBack(this, vma, vma.start, vma.end, PTE_DIRTY | PTE_WAS_DIRTY);
    const files: OpenFile[] = [];
    for (const { file } of this.vmas) {
      file?.inode.removePageUser(this);
      if (file) files.push(file);
    }
    this.vmas.length = 0;
    this.mmu.forget(this.tables);
    this.tables.destroy();
    for (const file of files) file.release();
  }
}

savable(
  'mm.AddressSpace',
  AddressSpace,
  {
    mmu: external(mmuService),
    vmas: listOf(ref(() => Vma)),
    brkStart: uint,
    brk: uint,
    mmapBase: uint,
    stackStart: uint,
    dataBytes: uint,
    defaultFlags: uint,
    privileged: bool,
    limits: memoryLimits,
    sharedMemory: ref(() => SharedMemoryFileSystem),
    tables: pageTables,
    memory: derived((self: AddressSpace) => new UserMemory(self)),
    gaps: derived(() => new GapCache()),
    usage: derived((self: AddressSpace) => accountAll(self.vmas)),
    frames: accessor,
    residentPages: accessor,
    peakPages: accessor,
  },
  {
    afterLoad: (self, loader) => {
      const problem = problemOf(self);
      if (problem !== undefined) throw loader.error(problem);
      for (const vma of self.vmas) registerUser(self, vma);
    },
  },
);

/** What is wrong with an address space that was loaded: everything here relies on sorted, aligned and separate VMAs. */
function problemOf({ vmas, brkStart, brk, mmapBase }: AddressSpace): string | undefined {
  const isPlace = (address: number): boolean => address % PAGE_BYTES === 0 && address <= USER_END;
  let end = 0;
  for (const vma of vmas) {
    const at = `the mapping at 0x${vma.start.toString(16)}`;
    if (!isPlace(vma.start) || !isPlace(vma.end) || vma.end <= vma.start)
      return `${at} has impossible bounds`;
    if (vma.start < end) return `${at} overlaps another`;
    if (vma.fileOffset % PAGE_BYTES !== 0) return `${at} has an impossible offset`;
    if (vma.file !== undefined && vma.file.references === 0) return `${at} has a file that nobody holds`;
    end = vma.end;
  }
  if (vmas.length > MAX_MAP_COUNT + 1) return 'has too many mappings';
  if (!isPlace(mmapBase) || brkStart > brk || brk > USER_END) return 'has an impossible layout';
  return undefined;
}
