/** Small ELF programs, made byte by byte. */
import {
  ELFCLASS64,
  ELFDATA2LSB,
  EM_X86_64,
  ET_EXEC,
  PF_R,
  PF_W,
  PF_X,
  PT_GNU_STACK,
  PT_INTERP,
  PT_LOAD,
} from '../../../src/vkernel/abi/elf.js';

export const EHDR_BYTES = 64;
export const PHDR_BYTES = 56;

export interface BuiltSegment {
  type: number;
  flags: number;
  offset: number;
  vaddr: number;
  fileBytes: number;
  memoryBytes: number;
  align?: number;
}

export interface BuiltElf {
  type?: number;
  machine?: number;
  entry?: number;
  segments?: BuiltSegment[];
  sizeBytes?: number;
  /** Written at 0x800. */
  interpreter?: string;
}

export const INTERPRETER_OFFSET = 0x800;

/** Text in the first page, data and bss in the second, as a linker would. */
export function typicalSegments(base: number): BuiltSegment[] {
  return [
    { type: PT_LOAD, flags: PF_R | PF_X, offset: 0, vaddr: base, fileBytes: 0x1000, memoryBytes: 0x1000 },
    {
      type: PT_LOAD,
      flags: PF_R | PF_W,
      offset: 0x1000,
      vaddr: base + 0x1000,
      fileBytes: 0x234,
      memoryBytes: 0x3456,
    },
    { type: PT_GNU_STACK, flags: PF_R | PF_W, offset: 0, vaddr: 0, fileBytes: 0, memoryBytes: 0 },
  ];
}

export function buildElf(options: BuiltElf = {}): Uint8Array {
  const segments = [...(options.segments ?? typicalSegments(0x40_0000))];
  const bytes = new Uint8Array(options.sizeBytes ?? 0x2000).fill(0xcc, 0x1000);
  const view = new DataView(bytes.buffer);
  if (options.interpreter !== undefined) {
    const name = Buffer.from(`${options.interpreter}\0`);
    bytes.set(name, INTERPRETER_OFFSET);
    const length = name.length;
    const place = {
      offset: INTERPRETER_OFFSET,
      vaddr: INTERPRETER_OFFSET,
      fileBytes: length,
      memoryBytes: length,
    };
    segments.unshift({ type: PT_INTERP, flags: PF_R, ...place });
  }
  bytes.set([0x7f, 0x45, 0x4c, 0x46, ELFCLASS64, ELFDATA2LSB, 1]);
  view.setUint16(16, options.type ?? ET_EXEC, true);
  view.setUint16(18, options.machine ?? EM_X86_64, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(24, BigInt(options.entry ?? 0x40_0500), true);
  view.setBigUint64(32, BigInt(EHDR_BYTES), true);
  view.setUint16(52, EHDR_BYTES, true);
  view.setUint16(54, PHDR_BYTES, true);
  view.setUint16(56, segments.length, true);
  segments.forEach((segment, i) => {
    const at = EHDR_BYTES + i * PHDR_BYTES;
    view.setUint32(at, segment.type, true);
    view.setUint32(at + 4, segment.flags, true);
    const { offset, vaddr, fileBytes, memoryBytes, align = 0x1000 } = segment;
    [offset, vaddr, vaddr, fileBytes, memoryBytes, align].forEach((value, j) => {
      view.setBigUint64(at + 8 + j * 8, BigInt(value), true);
    });
  });
  return bytes;
}
