/** The VMAs of an address space, sorted by address, never overlapping. */
import { ENOMEM, SysError } from '../abi/errno.js';
import { Vma } from './vma.js';

/** vm.max_map_count of proc(5). */
export const MAX_MAP_COUNT = 65530;

/** The index of the first VMA that ends above `address`: the one that holds it, or the next one. */
export function indexAbove(vmas: readonly Vma[], address: number): number {
  let low = 0;
  let high = vmas.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (vmas[middle]!.end > address) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The VMA that holds `address`. */
export function vmaAt(vmas: readonly Vma[], address: number): Vma | undefined {
  const vma = vmas[indexAbove(vmas, address)];
  return vma !== undefined && vma.start <= address ? vma : undefined;
}

/** The VMAs that have a byte in [start, end). */
export function vmasIn(vmas: readonly Vma[], start: number, end: number): Vma[] {
  const first = indexAbove(vmas, start);
  let last = first;
  while (last < vmas.length && vmas[last]!.start < end) last++;
  return vmas.slice(first, last);
}

/** True if a VMA has a byte in [start, end). */
export function intersects(vmas: readonly Vma[], start: number, end: number): boolean {
  const vma = vmas[indexAbove(vmas, start)];
  return vma !== undefined && vma.start < end;
}

/** Makes `address` a border: the VMA that has it inside becomes two. @throws SysError ENOMEM above MAX_MAP_COUNT */
export function splitAt(vmas: Vma[], address: number): void {
  const index = indexAbove(vmas, address);
  const vma = vmas[index];
  if (vma === undefined || vma.start >= address) return;
  if (vmas.length >= MAX_MAP_COUNT) throw new SysError(ENOMEM);
  const fileOffset = vma.file === undefined ? 0 : vma.fileOffset + (address - vma.start);
  const upper = new Vma(address, vma.end, vma.flags, vma.file?.retain(), fileOffset);
  vma.end = address;
  vmas.splice(index + 1, 0, upper);
}

/** Joins the VMAs that touch [start, end] with their neighbours where nothing tells them apart. */
export function mergeAround(vmas: Vma[], start: number, end: number): void {
  let index = Math.max(0, indexAbove(vmas, start - 1));
  while (index + 1 < vmas.length && vmas[index]!.end <= end) {
    const vma = vmas[index]!;
    const next = vmas[index + 1]!;
    if (!vma.continuesInto(next)) {
      index++;
      continue;
    }
    vma.end = next.end;
    vma.populatedEnd = next.populatedEnd;
    vma.populatedPages = next.populatedPages;
    next.file?.release();
    vmas.splice(index + 1, 1);
  }
}

/** Enters a VMA where nothing is mapped. */
export function insert(vmas: Vma[], vma: Vma): void {
  vmas.splice(indexAbove(vmas, vma.start), 0, vma);
}
