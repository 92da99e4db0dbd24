/** Loading a program into a fresh address space: what execve(2) does between the point of no return and the first instruction. */
import { ET_EXEC, PF_X, PT_GNU_STACK } from '../abi/elf.js';
import { EACCES, EINVAL, ELIBBAD, ENOENT, ENOEXEC, SysError } from '../abi/errno.js';
import { MAP_PRIVATE, PROT_EXEC, PROT_READ } from '../abi/mman.js';
import type { AddressSpace } from '../mm/address-space.js';
import { PAGE_BYTES } from '../mm/frames.js';
import { STACK_GUARD_BYTES, USER_END } from '../mm/layout.js';
import type { VdsoFile } from '../mm/vdso-file.js';
import { VM_MAYEXEC, VM_MAYWRITE } from '../mm/vma.js';
import { vmaAt } from '../mm/vma-list.js';
import type { ByteString } from '../vfs/inode.js';
import type { OpenFile } from '../vfs/open-file.js';
import { loadable, readElfImage, type ElfImage } from './elf-image.js';
import { ImageError } from './image-error.js';
import { STACK_RANDOM_PAGES, type Randomization } from './randomization.js';
import { mapSegments, type Placed } from './segments.js';
import { fillStack, makeStack, type AuxiliaryValues, type StackStrings } from './stack.js';

/** ELF_ET_DYN_BASE: two thirds of the address space, where position-independent programs lie. */
const PROGRAM_BASE = 0x5555_5555_4000;
/** Where the heap of a static position-independent program starts: the same, rounded the other way. */
const STATIC_PIE_BRK = 0x5555_5555_5000;
const MIN_STACK_GAP_BYTES = 128 * 1024 * 1024;
const MAX_STACK_GAP_BYTES = Math.floor(USER_END / 6) * 5;

/** What the vector holds that does not come from the image. */
export type MachineValues = Omit<
  AuxiliaryValues,
  'headersAddress' | 'headerCount' | 'interpreterBase' | 'entry' | 'vdsoAddress'
>;

export interface LoadRequest {
  /** The program, open for reading. */
  readonly file: OpenFile;
  /** Opens the dynamic linker the program asks for. @throws SysError if there is none */
  readonly openInterpreter: (path: ByteString) => OpenFile;
  readonly strings: StackStrings;
  /** The data page and the code of the vDSO; undefined: the program gets none. */
  readonly vdso?: VdsoFile;
  /** For AT_RANDOM: 16 bytes. */
  readonly randomBytes: Uint8Array;
  readonly layout: Randomization;
  readonly values: MachineValues;
}

export interface LoadedProgram {
  /** The first instruction: the interpreter's if there is one. */
  readonly entry: number;
  readonly stackPointer: number;
  /** For /proc/PID/auxv and the core's NT_AUXV. */
  readonly auxv: Uint8Array;
  readonly brkStart: number;
  /** Where the strings lie, for /proc/PID/cmdline and environ; the environment starts where the arguments end. */
  readonly argStart: number;
  readonly argEnd: number;
  readonly envStart: number;
  readonly envEnd: number;
}

/**
 * Loads a program into `space`, which is empty, and sets its heap, stack and mmap base. After a failure the address space is good
 * for nothing but `destroy`.
 * @throws ImageError (a SysError with a sentence) or SysError: ENOEXEC, EINVAL, ENOMEM, E2BIG, EACCES, ELIBBAD, EFAULT, EPERM and
 * what `openInterpreter` throws
 */
export function loadProgram(space: AddressSpace, request: LoadRequest): LoadedProgram {
  if (!request.file.inode.isRegular) throw new ImageError(EACCES, 'is not a regular file');
  const image = readElfImage(request.file);
  if (image.interpreter === undefined) return loadImage(space, request, image, undefined);
  const file = openInterpreter(image.interpreter, request).retain();
  try {
    return loadImage(space, request, image, readInterpreter(image.interpreter, file));
  } finally {
    file.release(); // Its mappings hold it.
  }
}

function loadImage(
  space: AddressSpace,
  request: LoadRequest,
  image: ElfImage,
  interpreter: ElfImage | undefined,
): LoadedProgram {
  const { layout, values } = request;
  // Linux adds an empty argument where there is none: programs believe in argv[0].
  const strings = request.strings.argv.length > 0 ? request.strings : { ...request.strings, argv: [''] };

  const stackTop = USER_END - layout.stackTop;
  space.mmapBase = mmapBaseOf(space.limits.stackBytes, layout);
  const area = makeStack(space, stackTop, strings, hasExecutableStack(image));
  const staticPie = image.type !== ET_EXEC && interpreter === undefined;
  const placed = mapSegments(space, image, baseOf(image, staticPie, layout));
  setHeap(space, placed, staticPie, layout);

  const entry = image.entry + placed.bias;
  if (entry >= USER_END) throw new ImageError(EINVAL, 'is damaged: it starts outside the address space');
  const linker = interpreter === undefined ? undefined : mapInterpreter(space, interpreter);
  const { stackPointer, auxv } = fillStack(space, strings, area, layout.stackPointer, request.randomBytes, {
    ...values,
    headersAddress: headersAddress(image, placed.bias),
    headerCount: image.segments.length,
    interpreterBase: linker?.bias ?? 0,
    entry,
    vdsoAddress: request.vdso && mapVdso(space, request.vdso),
  });
  const { argStart, argEnd, envEnd } = area;
  const { brkStart } = space;
  return {
    entry: linker?.entry ?? entry,
    stackPointer,
    auxv,
    brkStart,
    argStart,
    argEnd,
    envStart: argEnd,
    envEnd,
  };
}

function baseOf(image: ElfImage, staticPie: boolean, layout: Randomization): number | 'anywhere' | undefined {
  if (image.type === ET_EXEC) return undefined;
  return staticPie ? 'anywhere' : PROGRAM_BASE + layout.program;
}

/** mmap_base of arch/x86/mm/mmap.c: below the largest stack the limit allows, within reason. */
function mmapBaseOf(stackLimit: number, layout: Randomization): number {
  const pad = STACK_GUARD_BYTES + (layout.enabled ? STACK_RANDOM_PAGES * PAGE_BYTES : 0);
  const gap = Math.min(Math.max(stackLimit + pad, MIN_STACK_GAP_BYTES), MAX_STACK_GAP_BYTES);
  return Math.ceil((USER_END - gap - layout.mmapBase) / PAGE_BYTES) * PAGE_BYTES;
}

/** A static PIE lies among the mappings, where a heap behind it could not grow: its heap is put where other programs lie. */
function setHeap(space: AddressSpace, placed: Placed, staticPie: boolean, layout: Randomization): void {
  const behind = staticPie ? STATIC_PIE_BRK : Math.ceil(placed.end / PAGE_BYTES) * PAGE_BYTES;
  space.brkStart = behind + layout.brk;
  space.brk = space.brkStart;
  space.dataBytes = placed.dataBytes;
}

function hasExecutableStack(image: ElfImage): boolean {
  const header = image.segments.findLast(({ type }) => type === PT_GNU_STACK);
  return header !== undefined && (header.flags & PF_X) !== 0;
}

/** Where the program finds its own headers: in the segment that holds them, if one does. */
function headersAddress(image: ElfImage, bias: number): number {
  const { headersOffset } = image;
  const holder = loadable(image).find(
    ({ offset, fileBytes }) => offset <= headersOffset && headersOffset < offset + fileBytes,
  );
  return holder === undefined ? 0 : headersOffset - holder.offset + holder.vaddr + bias;
}

/** Maps the vDSO as mmap places it, behind what is mapped already. @returns where its ELF header is */
function mapVdso(space: AddressSpace, file: VdsoFile): number {
  const data = space.map({ length: 2 * PAGE_BYTES, protection: PROT_READ, flags: MAP_PRIVATE, file });
  const code = data + PAGE_BYTES;
  space.protect(code, PAGE_BYTES, PROT_READ | PROT_EXEC);
  // A debugger may write to the code, but nobody to the kernel's own page.
  vmaAt(space.vmas, data)!.flags &= ~(VM_MAYWRITE | VM_MAYEXEC);
  return code;
}

function openInterpreter(path: ByteString, request: LoadRequest): OpenFile {
  try {
    return request.openInterpreter(path);
  } catch (error) {
    if (!(error instanceof SysError) || error.errno !== ENOENT) throw error;
    throw new ImageError(ENOENT, `needs the interpreter ${path}, which is not in the guest root`);
  }
}

function readInterpreter(path: ByteString, file: OpenFile): ElfImage {
  try {
    return readElfImage(file);
  } catch (error) {
    if (!(error instanceof ImageError) || error.errno !== ENOEXEC) throw error;
    throw new ImageError(ELIBBAD, `needs the interpreter ${path}, which ${error.sentence}`);
  }
}

function mapInterpreter(space: AddressSpace, image: ElfImage): { bias: number; entry: number } {
  const { bias } = mapSegments(space, image, image.type === ET_EXEC ? undefined : 'anywhere');
  const entry = image.entry + bias;
  if (entry >= USER_END)
    throw new ImageError(EINVAL, 'has an interpreter that starts outside the address space');
  return { bias, entry };
}
