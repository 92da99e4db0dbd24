/** A virtual memory area: one stretch of an address space whose pages come from the same place with the same rights. */
import { opt, uint } from '../../ckpt/state/codecs.js';
import { ref } from '../../ckpt/state/references.js';
import { accessor, derived, savable } from '../../ckpt/state/savable.js';
import { PROT_EXEC, PROT_READ, PROT_WRITE } from '../abi/mman.js';
import { OpenFile } from '../vfs/open-file.js';
import { PAGE_BYTES } from './frames.js';

// The flags of include/linux/mm.h, with Linux's values.
export const VM_READ = 0x1;
export const VM_WRITE = 0x2;
export const VM_EXEC = 0x4;
/** Stores go to the shared object. Not set for a MAP_SHARED mapping of a file that was opened for reading only. */
export const VM_SHARED = 0x8;
/** What mprotect may grant. */
export const VM_MAYREAD = 0x10;
export const VM_MAYWRITE = 0x20;
export const VM_MAYEXEC = 0x40;
/** Made with MAP_SHARED. */
export const VM_MAYSHARE = 0x80;
export const VM_GROWSDOWN = 0x100;
export const VM_LOCKED = 0x2000;
export const VM_SEQ_READ = 0x8000;
export const VM_RAND_READ = 0x10000;
export const VM_DONTCOPY = 0x20000;
export const VM_LOCKONFAULT = 0x80000;
export const VM_NORESERVE = 0x200000;
export const VM_WIPEONFORK = 0x2000000;
export const VM_DONTDUMP = 0x4000000;

export const VM_ACCESS = VM_READ | VM_WRITE | VM_EXEC;

export class Vma {
  /** Page-aligned addresses: the first byte, and the one behind the last. */
  start: number;
  end: number;
  /** VM_* bits. */
  flags: number;
  /** What is mapped, with one reference of this VMA's own; undefined for private anonymous memory. */
  readonly file: OpenFile | undefined;
  /** The offset in `file` of the byte at `start`. */
  fileOffset: number;
  /** Fault-around: where the pages populated last end, and how many they were. A hint, never the truth. */
  populatedEnd = 0;
  populatedPages = 0;

  constructor(start: number, end: number, flags: number, file: OpenFile | undefined, fileOffset: number) {
    this.start = start;
    this.end = end;
    this.flags = flags;
    this.file = file;
    this.fileOffset = fileOffset;
  }

  get pages(): number {
    return (this.end - this.start) / PAGE_BYTES;
  }

  /** PROT_READ, PROT_WRITE and PROT_EXEC, which have the values of the VM_ bits. */
  get protection(): number {
    return this.flags & (PROT_READ | PROT_WRITE | PROT_EXEC);
  }

  /** The index in `file` of the page at an address of this VMA. */
  pageIndex(address: number): number {
    return (this.fileOffset + (address - this.start)) / PAGE_BYTES;
  }

  /** True if `next` continues this VMA in every respect, so that Linux shows the two as one. */
  continuesInto(next: Vma): boolean {
    return (
      this.end === next.start &&
      this.flags === next.flags &&
      this.file === next.file &&
      (this.file === undefined || this.fileOffset + (this.end - this.start) === next.fileOffset)
    );
  }
}

savable('mm.Vma', Vma, {
  start: uint,
  end: uint,
  flags: uint,
  file: opt(ref(() => OpenFile)),
  fileOffset: uint,
  populatedEnd: derived(() => 0),
  populatedPages: derived(() => 0),
  pages: accessor,
  protection: accessor,
});
