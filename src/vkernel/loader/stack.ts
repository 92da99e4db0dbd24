/** The stack a program starts with: strings, auxiliary vector, environment, arguments (System V ABI for x86-64, section 3.4.1). */
import { E2BIG, EFAULT, ENOMEM, SysError } from '../abi/errno.js';
import * as elf from '../abi/elf.js';
import type { AddressSpace } from '../mm/address-space.js';
import { PAGE_BYTES } from '../mm/frames.js';
import { mapRange } from '../mm/map.js';
import { VM_EXEC, VM_GROWSDOWN, VM_MAYEXEC, VM_MAYREAD, VM_MAYWRITE, VM_READ, VM_WRITE } from '../mm/vma.js';
import type { ByteString } from '../vfs/inode.js';

const WORD_BYTES = 8;
/** MAX_ARG_STRLEN: 32 pages for one string with its zero. */
const MAX_STRING_BYTES = 32 * PAGE_BYTES;
/** A quarter of the stack limit for all of it, but never less than ARG_MAX and never more than three quarters of 8 MiB. */
const MIN_TOTAL_BYTES = 32 * PAGE_BYTES;
const MAX_TOTAL_BYTES = 6 * 1024 * 1024;
/** The stack is this much larger than what is on it, so that the first pushes are no growth. */
const STACK_EXPAND_BYTES = 131072;
const PLATFORM = 'x86_64';

export interface StackStrings {
  readonly argv: readonly ByteString[];
  readonly envp: readonly ByteString[];
  /** AT_EXECFN: the path given to execve(2). */
  readonly path: ByteString;
}

/** Where the strings lie. */
export interface StringArea {
  /** The lowest byte. */
  readonly bottom: number;
  readonly argStart: number;
  readonly argEnd: number;
  readonly envEnd: number;
  readonly path: number;
}

/**
 * Makes the stack's VMA, which ends at `top`, and copies the strings to its end.
 * @throws SysError E2BIG, ENOMEM
 */
export function makeStack(
  space: AddressSpace,
  top: number,
  strings: StackStrings,
  executable: boolean,
): StringArea {
  const { argv, envp, path } = strings;
  const limit = Math.max(Math.min(MAX_TOTAL_BYTES, space.limits.stackBytes / 4), MIN_TOTAL_BYTES);
  const pointers = (Math.max(argv.length, 1) + envp.length) * WORD_BYTES;
  let total = 0;
  for (const string of [path, ...envp, ...argv]) {
    if (string.length + 1 > MAX_STRING_BYTES) throw new SysError(E2BIG);
    total += string.length + 1;
  }
  if (total + pointers > limit) throw new SysError(E2BIG);

  const args = argv.map((string) => `${string}\0`).join('');
  const environment = envp.map((string) => `${string}\0`).join('');
  const bottom = top - WORD_BYTES - total;
  const used = top - (bottom - (bottom % PAGE_BYTES));
  // What a small limit leaves of the stack; the strings themselves do not count.
  const size = Math.max(used, Math.min(used + STACK_EXPAND_BYTES, space.limits.stackBytes));
  const start = top - Math.floor(size / PAGE_BYTES) * PAGE_BYTES;
  const flags = VM_READ | VM_WRITE | VM_GROWSDOWN | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;
  mapRange(space, start, top, executable ? flags | VM_EXEC : flags, undefined, 0);
  space.stackStart = bottom;
  space.memory.copyOut(bottom, Buffer.from(`${args}${environment}${path}\0`, 'latin1'));
  const argEnd = bottom + args.length;
  const envEnd = argEnd + environment.length;
  return { bottom, argStart: bottom, argEnd, envEnd, path: envEnd };
}

export interface AuxiliaryValues {
  readonly headersAddress: number;
  readonly headerCount: number;
  readonly interpreterBase: number;
  readonly entry: number;
  /** The vDSO's ELF header. */
  readonly vdsoAddress: number | undefined;
  readonly uid: number;
  readonly euid: number;
  readonly gid: number;
  readonly egid: number;
  readonly secure: boolean;
  /** CPUID leaf 1 EDX, and the kernel's own bits for AT_HWCAP2. */
  readonly hwcap: number;
  readonly hwcap2: number;
  /** AT_MINSIGSTKSZ: bytes of the largest signal frame. */
  readonly minimumSignalStackBytes: number;
}

const PHDR_BYTES = 56;
/** AT_CLKTCK: USER_HZ. */
const TICKS_PER_SECOND = 100;

/**
 * Writes everything below the strings.
 * @param area where the strings are
 * @param below how many bytes further down to start, before aligning
 * @param random the 16 bytes of AT_RANDOM
 * @returns the stack pointer, 16-byte aligned, and the auxiliary vector's bytes
 * @throws SysError ENOMEM when the image took the stack's place
 */
export function fillStack(
  space: AddressSpace,
  strings: StackStrings,
  area: StringArea,
  below: number,
  random: Uint8Array,
  values: AuxiliaryValues,
): { stackPointer: number; auxv: Uint8Array } {
  const aligned = Math.floor((area.bottom - below) / 16) * 16;
  const platform = aligned - (PLATFORM.length + 1);
  const randomAddress = platform - random.length;
  const auxv = wordsOf(auxiliaryVector(values, area.path, platform, randomAddress));
  const vectors = [
    strings.argv.length,
    ...addresses(area.argStart, strings.argv),
    0,
    ...addresses(area.argEnd, strings.envp),
    0,
  ];
  const bytes = vectors.length * WORD_BYTES + auxv.length;
  const stackPointer = Math.floor((randomAddress - bytes) / 16) * 16;
  try {
    space.memory.copyOut(platform, Buffer.from(`${PLATFORM}\0`, 'latin1'));
    space.memory.copyOut(randomAddress, random);
    space.memory.copyOut(stackPointer, wordsOf(vectors));
    space.memory.copyOut(stackPointer + vectors.length * WORD_BYTES, auxv);
  } catch (error) {
    if (error instanceof SysError && error.errno === EFAULT) throw new SysError(ENOMEM);
    throw error;
  }
  return { stackPointer, auxv };
}

/** In Linux's order, without the AT_RSEQ_ entries (rseq(2) is not implemented). */
function auxiliaryVector(values: AuxiliaryValues, path: number, platform: number, random: number): number[] {
  return [
    ...(values.vdsoAddress === undefined ? [] : [[elf.AT_SYSINFO_EHDR, values.vdsoAddress]]),
    [elf.AT_MINSIGSTKSZ, values.minimumSignalStackBytes],
    [elf.AT_HWCAP, values.hwcap],
    [elf.AT_PAGESZ, PAGE_BYTES],
    [elf.AT_CLKTCK, TICKS_PER_SECOND],
    [elf.AT_PHDR, values.headersAddress],
    [elf.AT_PHENT, PHDR_BYTES],
    [elf.AT_PHNUM, values.headerCount],
    [elf.AT_BASE, values.interpreterBase],
    [elf.AT_FLAGS, 0],
    [elf.AT_ENTRY, values.entry],
    [elf.AT_UID, values.uid],
    [elf.AT_EUID, values.euid],
    [elf.AT_GID, values.gid],
    [elf.AT_EGID, values.egid],
    [elf.AT_SECURE, values.secure ? 1 : 0],
    [elf.AT_RANDOM, random],
    [elf.AT_HWCAP2, values.hwcap2],
    [elf.AT_EXECFN, path],
    [elf.AT_PLATFORM, platform],
    [elf.AT_NULL, 0],
  ].flat();
}

/** The addresses of strings that follow each other from `start` on. */
function addresses(start: number, strings: readonly ByteString[]): number[] {
  let at = start;
  return strings.map((string) => {
    const address = at;
    at += string.length + 1;
    return address;
  });
}

function wordsOf(values: readonly number[]): Uint8Array {
  return new Uint8Array(BigUint64Array.from(values, BigInt).buffer);
}
