/** What glibc knows about the CPU (its `struct cpu_features`, since 2.33), changed to the virtual CPU, which has SSE4.2 and no AVX. */
import type { MappedFile } from '../../ckpt/elfcore/core-image.js';
import { SysError } from '../abi/errno.js';
import type { AddressSpace } from '../mm/address-space.js';
import { VM_EXEC, VM_READ } from '../mm/vma.js';
import { vmasIn } from '../mm/vma-list.js';
import { overwrite } from './import-write.js';

/** Kind, highest leaf, family, model and stepping come first; then, for each leaf, four registers of CPUID and four of what is used of them. */
const HEAD_WORDS = 5;
const LEAF_WORDS = 8;
const LEAF_REGISTERS = 4;
const KINDS = 5;
/** A family, model or stepping is smaller. */
const MODELS = 512;
const FEWEST_LEAVES = 7;
const MOST_LEAVES = 16;
/** Behind the leaves: which variants the CPU likes, and the levels of the architecture that it has. */
const TAIL_WORDS = 2;
const LEVELS_BEFORE_AVX = 3;

/** What is searched of a mapping, and of all of them together. */
const MOST_SEARCHED_BYTES = 2 ** 24;
const MOST_SEARCHED_BYTES_IN_ALL = 2 ** 30;
/** Nobody has as many of what is looked for. */
const MOST_FOUND = 64;

/** The second byte and the operand of XSAVEC, XSAVE and XRSTOR with 8 or 32 bits of displacement, and the operand of FXSAVE or FXRSTOR. */
const PLAIN_SAVES = new Map([
  [0xc764, 0x44],
  [0xc7a4, 0x84],
  [0xae64, 0x44],
  [0xaea4, 0x84],
  [0xae6c, 0x4c],
  [0xaeac, 0x8c],
]);
/** The operand is at an offset from RSP. */
const STACK_BASE = 0x24;

/** Leaf 1: TSC, CX8, CMOV, MMX, FXSR, SSE, SSE2 in EDX, which every x86-64 has. */
const LEAF_1_EDX = 0x0780_8110;
/** Leaf 1 ECX: SSE3, PCLMULQDQ, SSSE3, CX16, SSE4.1, SSE4.2, POPCNT, AES. */
const LEAF_1_ECX = 0x0298_2203;
/** Leaf 0x80000001 ECX: LAHF. */
const LEAF_80000001_ECX = 1;

/** Says that the CPU has nothing that the virtual one lacks. @returns the paths of those that have such a structure */
export function maskCpuFeatures(space: AddressSpace, files: readonly MappedFile[]): Set<string> {
  const found = new Set<string>();
  let left = MOST_FOUND;
  for (const { file, start, bytes } of dataOf(space, files)) {
    const words = new Uint32Array(bytes.buffer, 0, bytes.length >> 2);
    for (let at = 0; at + HEAD_WORDS < words.length && left > 0; at++) {
      const leaves = leavesAt(words, at);
      if (leaves === 0) continue;
      const masked = words.slice(at, at + HEAD_WORDS + leaves * LEAF_WORDS + TAIL_WORDS);
      mask(masked, leaves);
      overwrite(space, start + at * 4, new Uint8Array(masked.buffer));
      found.add(file.path);
      left--;
    }
  }
  return found;
}

/** The variables of these files: what of them is not code, and the memory right behind them. */
function* dataOf(
  space: AddressSpace,
  files: readonly MappedFile[],
): Generator<{ readonly file: MappedFile; readonly start: number; readonly bytes: Uint8Array }> {
  const starts = new Set<number>();
  let left = MOST_SEARCHED_BYTES_IN_ALL;
  for (const file of files)
    for (const { start, end, flags, file: open } of vmasIn(space.vmas, file.start, file.end + 1)) {
      const readable = (flags & VM_READ) !== 0 && (flags & VM_EXEC) === 0;
      if (!readable || starts.has(start) || (start >= file.end && open !== undefined)) continue;
      starts.add(start);
      const bytes = readAsFarAs(space, start, Math.min(end - start, MOST_SEARCHED_BYTES, left));
      if (bytes === undefined) continue;
      left -= bytes.length;
      yield { file, start, bytes };
    }
}

/** Undefined where a file is shorter than its mapping. */
function readAsFarAs(space: AddressSpace, start: number, length: number): Uint8Array | undefined {
  try {
    return space.memory.copyIn(start, length);
  } catch (error) {
    if (error instanceof SysError) return undefined;
    throw error;
  }
}

/** How many leaves the structure has that begins here, if one does. */
function leavesAt(words: Uint32Array, at: number): number {
  const first = at + HEAD_WORDS;
  const edx = words[first + LEAF_REGISTERS + 3]!;
  if ((edx & LEAF_1_EDX) >>> 0 !== LEAF_1_EDX) return 0;
  const [kind, , family, model, stepping] = words.subarray(at, first);
  if (kind! < 1 || kind! > KINDS || family! >= MODELS || model! >= MODELS || stepping! >= MODELS) return 0;
  let leaves = 0;
  while (leaves < MOST_LEAVES && isLeaf(words, first + leaves * LEAF_WORDS)) leaves++;
  return leaves >= FEWEST_LEAVES ? leaves : 0;
}

/** What is used of a leaf is a part of it. */
function isLeaf(words: Uint32Array, at: number): boolean {
  if (at + LEAF_WORDS + TAIL_WORDS > words.length) return false;
  for (let i = at; i < at + LEAF_REGISTERS; i++)
    if ((words[i + LEAF_REGISTERS]! & ~words[i]!) !== 0) return false;
  return true;
}

function mask(words: Uint32Array, leaves: number): void {
  const leaf = (number: number): number => HEAD_WORDS + number * LEAF_WORDS + LEAF_REGISTERS;
  const keep = (at: number, bits: number): void => void (words[at] = (words[at]! & bits) >>> 0);
  keep(leaf(0) + 2, LEAF_1_ECX);
  keep(leaf(2) + 2, LEAF_80000001_ECX);
  for (const number of Array.from({ length: leaves }, (_, i) => i))
    if (number !== 0 && number !== 2) words.fill(0, leaf(number), leaf(number) + LEAF_REGISTERS);
  const tail = HEAD_WORDS + leaves * LEAF_WORDS;
  words[tail] = 0;
  keep(tail + 1, LEVELS_BEFORE_AVX);
}

/**
 * The functions that bind a symbol at its first call save the vector registers around it by XSAVEC or XSAVE, to a place on the stack
 * that has room for what FXSAVE saves. Its instructions are as long, and differ in two bytes.
 */
export function usePlainSaves(space: AddressSpace, files: readonly MappedFile[]): void {
  let left = MOST_FOUND;
  // A dynamic linker is small, and so is a static program, which is searched whole.
  let leftBytes = MOST_SEARCHED_BYTES_IN_ALL;
  for (const file of files)
    for (const { start, end, flags } of vmasIn(space.vmas, file.start, file.end)) {
      const searched = (flags & VM_EXEC) !== 0 && end - start <= Math.min(MOST_SEARCHED_BYTES, leftBytes);
      const code = searched && left > 0 ? readAsFarAs(space, start, end - start) : undefined;
      if (code === undefined) continue;
      leftBytes -= code.length;
      for (const { at, bytes } of plainSaves(code).slice(0, left)) {
        overwrite(space, start + at, bytes);
        left--;
      }
    }
}

function plainSaves(code: Uint8Array): { readonly at: number; readonly bytes: Uint8Array }[] {
  const found: { readonly at: number; readonly bytes: Uint8Array }[] = [];
  for (let at = code.indexOf(0x0f); at >= 0 && at + 4 <= code.length; at = code.indexOf(0x0f, at + 1)) {
    const instead = PLAIN_SAVES.get(code[at + 1]! * 256 + code[at + 2]!);
    if (instead !== undefined && code[at + 3] === STACK_BASE)
      found.push({ at: at + 1, bytes: Uint8Array.of(0xae, instead) });
  }
  return found;
}
