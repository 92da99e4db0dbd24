/** mmap(2): the checks in the order of Linux's do_mmap, so that a call with several faults gets the same error. */
import {
  EACCES,
  EAGAIN,
  EEXIST,
  EINVAL,
  ENODEV,
  ENOMEM,
  EOPNOTSUPP,
  EOVERFLOW,
  EPERM,
  SysError,
} from '../abi/errno.js';
import {
  MAP_32BIT,
  MAP_ANONYMOUS,
  MAP_DENYWRITE,
  MAP_EXECUTABLE,
  MAP_FIXED,
  MAP_FIXED_NOREPLACE,
  MAP_GROWSDOWN,
  MAP_LOCKED,
  MAP_NONBLOCK,
  MAP_NORESERVE,
  MAP_POPULATE,
  MAP_PRIVATE,
  MAP_SHARED,
  MAP_SHARED_VALIDATE,
  MAP_STACK,
  MAP_TYPE,
  PROT_EXEC,
  PROT_READ,
  PROT_WRITE,
} from '../abi/mman.js';
import { F_SEAL_FUTURE_WRITE, F_SEAL_WRITE } from '../abi/fcntl.js';
import { S_IFBLK, S_IFCHR, S_IFREG } from '../abi/stat.js';
import type { OpenFile } from '../vfs/open-file.js';
import { MAX_FILE_BYTES } from '../vfs/regular-file.js';
import { account, assertEnoughMemory, assertMayLock, exceedsLockLimit, mayExpand } from './accounting.js';
import type { AddressSpace } from './address-space.js';
import { PAGE_BYTES } from './frames.js';
import { MMAP_MIN_ADDRESS } from './layout.js';
import { registerUser } from './page-users.js';
import { place } from './placement.js';
import { populateRange } from './populate.js';
import { pageAlign, unmapRange } from './unmap.js';
import * as vm from './vma.js';
import { Vma } from './vma.js';
import { insert, intersects, MAX_MAP_COUNT, mergeAround, vmasIn } from './vma-list.js';

export interface MapRequest {
  /** A hint, or the address itself with MAP_FIXED; 0 for none. */
  readonly address?: number;
  /** In bytes; rounded up to pages. */
  readonly length: number;
  /** PROT_* bits. */
  readonly protection: number;
  /** MAP_* bits. */
  readonly flags: number;
  /** Undefined with MAP_ANONYMOUS. The mapping takes a reference of its own. */
  readonly file?: OpenFile | undefined;
  /** In bytes, page-aligned. */
  readonly offset?: number;
}

/** What MAP_SHARED_VALIDATE knows: every flag of ordinary files. */
const VALIDATED_FLAGS =
  MAP_TYPE |
  MAP_FIXED |
  MAP_ANONYMOUS |
  MAP_DENYWRITE |
  MAP_EXECUTABLE |
  MAP_GROWSDOWN |
  MAP_LOCKED |
  MAP_NORESERVE |
  MAP_POPULATE |
  MAP_NONBLOCK |
  MAP_STACK |
  MAP_32BIT |
  MAP_FIXED_NOREPLACE;

export function map(space: AddressSpace, request: MapRequest): number {
  const { flags, protection, file } = request;
  const offset = request.offset ?? 0;
  let hint = request.address ?? 0;
  if (offset % PAGE_BYTES !== 0 || request.length === 0) throw new SysError(EINVAL);
  const fixed = (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) !== 0;
  if (!fixed) hint = roundHint(hint);
  const length = pageAlign(request.length);
  if (length >= 2 ** 64) throw new SysError(ENOMEM);
  if (file !== undefined && offset + length > MAX_FILE_BYTES) throw new SysError(EOVERFLOW);
  if (space.vmas.length > MAX_MAP_COUNT) throw new SysError(ENOMEM);
  const start = place(space, hint, length, fixed ? flags | MAP_FIXED : flags);
  const end = start + length;
  if (start < MMAP_MIN_ADDRESS && !space.privileged) throw new SysError(EPERM);
  if ((flags & MAP_FIXED_NOREPLACE) !== 0 && intersects(space.vmas, start, end)) throw new SysError(EEXIST);

  const vmFlags =
    file === undefined ? anonymousFlags(space, flags, protection) : fileFlags(space, flags, protection, file);
  if ((flags & MAP_LOCKED) !== 0) assertMayLock(space);
  if ((vmFlags & vm.VM_LOCKED) !== 0 && exceedsLockLimit(space, length / PAGE_BYTES))
    throw new SysError(EAGAIN);
  mapRange(space, start, end, vmFlags, file, offset);
  const wantsPages = (flags & (MAP_POPULATE | MAP_NONBLOCK)) === MAP_POPULATE;
  if (wantsPages || (vmFlags & (vm.VM_LOCKED | vm.VM_LOCKONFAULT)) === vm.VM_LOCKED)
    populateRange(space, start, end);
  return start;
}

/**
 * Makes [start, end) a VMA with these flags, in place of what is there. The file, if any, gets one reference more.
 * @throws SysError ENOMEM for the limits, ENODEV for a file that cannot be mapped
 */
export function mapRange(
  space: AddressSpace,
  start: number,
  end: number,
  vmFlags: number,
  file: OpenFile | undefined,
  offset: number,
): void {
  const { vmas, usage } = space;
  const pages = (end - start) / PAGE_BYTES;
  let replaced = 0;
  for (const vma of vmasIn(vmas, start, end)) {
    replaced += (Math.min(end, vma.end) - Math.max(start, vma.start)) / PAGE_BYTES;
  }
  if (!mayExpand(space, vmFlags, pages - replaced)) throw new SysError(ENOMEM);
  if (file === undefined && (vmFlags & vm.VM_MAYSHARE) !== 0) {
    if ((vmFlags & vm.VM_NORESERVE) === 0) assertEnoughMemory(space, vm.VM_WRITE, pages);
  } else {
    assertEnoughMemory(space, vmFlags, pages);
  }
  if (replaced > 0) unmapRange(space, start, end);
  const isShared = file === undefined && (vmFlags & vm.VM_MAYSHARE) !== 0;
  const backing = isShared ? space.sharedMemory.create(end - start) : file;
  const vma = new Vma(start, end, vmFlags, backing?.retain(), backing === undefined ? 0 : offset);
  insert(vmas, vma);
  registerUser(space, vma);
  account(usage, vmFlags, pages);
  mergeAround(vmas, start, end);
}

/** A hint is rounded down, and up to the lowest address an unprivileged program may map. */
function roundHint(hint: number): number {
  const rounded = hint - (hint % PAGE_BYTES);
  return rounded !== 0 && rounded < MMAP_MIN_ADDRESS ? MMAP_MIN_ADDRESS : rounded;
}

/** The VM_ flags that do not depend on what is mapped. */
function commonFlags(space: AddressSpace, flags: number, protection: number): number {
  return (
    (protection & (PROT_READ | PROT_WRITE | PROT_EXEC)) |
    ((flags & MAP_GROWSDOWN) !== 0 ? vm.VM_GROWSDOWN : 0) |
    ((flags & MAP_LOCKED) !== 0 ? vm.VM_LOCKED : 0) |
    ((flags & MAP_NORESERVE) !== 0 ? vm.VM_NORESERVE : 0) |
    vm.VM_MAYREAD |
    vm.VM_MAYWRITE |
    vm.VM_MAYEXEC |
    space.defaultFlags
  );
}

function anonymousFlags(space: AddressSpace, flags: number, protection: number): number {
  const common = commonFlags(space, flags, protection);
  switch (flags & MAP_TYPE) {
    case MAP_SHARED:
      if ((flags & MAP_GROWSDOWN) !== 0) throw new SysError(EINVAL);
      return common | vm.VM_SHARED | vm.VM_MAYSHARE;
    case MAP_PRIVATE:
      return common;
    default:
      throw new SysError(EINVAL);
  }
}

function fileFlags(space: AddressSpace, flags: number, protection: number, file: OpenFile): number {
  let vmFlags = commonFlags(space, flags, protection);
  const type = flags & MAP_TYPE;
  if (type === MAP_SHARED_VALIDATE && (flags & ~VALIDATED_FLAGS) !== 0) throw new SysError(EOPNOTSUPP);
  if (type === MAP_SHARED || type === MAP_SHARED_VALIDATE) {
    if ((protection & PROT_WRITE) !== 0 && !file.writable) throw new SysError(EACCES);
    vmFlags |= file.writable ? vm.VM_SHARED | vm.VM_MAYSHARE : vm.VM_MAYSHARE;
    const sealed = (sealsOf(file) & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) !== 0;
    if (sealed && file.writable && (protection & PROT_WRITE) !== 0) throw new SysError(EPERM);
    if (sealed || !file.writable) vmFlags &= ~vm.VM_MAYWRITE;
  } else if (type !== MAP_PRIVATE) {
    throw new SysError(EINVAL);
  }
  if (!file.readable) throw new SysError(EACCES);
  const kind = file.inode.type;
  if (kind !== S_IFREG && kind !== S_IFCHR && kind !== S_IFBLK) throw new SysError(ENODEV);
  if ((flags & MAP_GROWSDOWN) !== 0) throw new SysError(EINVAL);
  // Asking for the first page tells whether this kind of file has pages at all.
  if (kind !== S_IFREG) file.inode.page(0);
  return vmFlags;
}

/** F_SEAL_* of a file (fcntl(2)), 0 for a kind that has none. */
function sealsOf(file: OpenFile): number {
  try {
    return file.inode.seals();
  } catch (error) {
    if (error instanceof SysError) return 0;
    throw error;
  }
}
