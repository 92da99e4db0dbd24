/** Writing into the memory of an imported process, also where the process itself may not. */
import { PAGE_BYTES } from '../mm/frames.js';
import { VM_ACCESS, VM_WRITE } from '../mm/vma.js';
import { vmaAt } from '../mm/vma-list.js';
import type { AddressSpace } from '../mm/address-space.js';

/** The bits of a VMA are those of mprotect(2). The range lies in one mapping. @throws SysError EFAULT, ENOMEM */
export function overwrite(space: AddressSpace, address: number, bytes: Uint8Array): void {
  const flags = vmaAt(space.vmas, address)?.flags ?? VM_WRITE;
  if ((flags & VM_WRITE) !== 0) return space.memory.copyOut(address, bytes);
  const first = address - (address % PAGE_BYTES);
  const length = Math.ceil((address + bytes.length - first) / PAGE_BYTES) * PAGE_BYTES;
  space.protect(first, length, (flags & VM_ACCESS) | VM_WRITE);
  space.memory.copyOut(address, bytes);
  space.protect(first, length, flags & VM_ACCESS);
}
