/** The headers of an ELF program (elf(5)), checked as Linux's fs/binfmt_elf.c does. Nothing of the file is trusted. */
import { EIO, ENOEXEC } from '../abi/errno.js';
import * as elf from '../abi/elf.js';
import type { OpenFile } from '../vfs/open-file.js';
import { ImageError } from './image-error.js';

/** Bytes of Elf64_Ehdr and Elf64_Phdr. */
export const EHDR_BYTES = 64;
export const PHDR_BYTES = 56;
/** Linux reads no larger table of program headers. */
const MAX_PHDR_TABLE_BYTES = 65536;
/** Longest name of an interpreter with its zero: PATH_MAX. */
const MAX_INTERPRETER_BYTES = 4096;

export interface Segment {
  readonly type: number;
  /** PF_* bits. */
  readonly flags: number;
  /** Numbers as they stand in the file, up to 2^64. */
  readonly offset: number;
  readonly vaddr: number;
  readonly fileBytes: number;
  readonly memoryBytes: number;
  readonly align: number;
}

export interface ElfImage {
  readonly file: OpenFile;
  /** ET_EXEC or ET_DYN. */
  readonly type: number;
  readonly entry: number;
  readonly headersOffset: number;
  readonly segments: readonly Segment[];
  /** The path in PT_INTERP, a byte string. */
  readonly interpreter: string | undefined;
}

/** Reads [position, position + length) of a file, or as much as there is. @throws SysError of the file */
export function readAt(file: OpenFile, position: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const count = file.read(bytes.subarray(done), position + done);
    if (count <= 0) break;
    done += count;
  }
  return bytes.subarray(0, done);
}

/** @throws ImageError ENOEXEC unless the file is an x86-64 program with sane headers */
export function readElfImage(file: OpenFile): ElfImage {
  const header = readAt(file, 0, EHDR_BYTES);
  checkIdentity(header);
  if (header.length < EHDR_BYTES) throw damaged('its ELF header is cut off');
  const view = viewOf(header);
  const type = view.getUint16(16, true);
  checkMachine(header, view.getUint16(18, true));
  checkType(type);
  const headersOffset = number64(view, 32);
  const segments = readSegments(file, headersOffset, view.getUint16(54, true), view.getUint16(56, true));
  const interp = segments.find((segment) => segment.type === elf.PT_INTERP);
  const interpreter = interp === undefined ? undefined : readInterpreter(file, interp);
  return { file, type, entry: number64(view, 24), headersOffset, segments, interpreter };
}

/** The PT_LOAD segments, in file order, which must be the order of their addresses. */
export function loadable(image: ElfImage): Segment[] {
  return image.segments.filter((segment) => segment.type === elf.PT_LOAD);
}

export function damaged(what: string): ImageError {
  return new ImageError(ENOEXEC, `is damaged: ${what}`);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** An unsigned 64-bit number; above 2^53 it is rounded, and too large for anything. */
function number64(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
}

function checkIdentity(header: Uint8Array): void {
  const isElf = header[0] === 0x7f && header[1] === 0x45 && header[2] === 0x4c && header[3] === 0x46;
  if (!isElf) throw new ImageError(ENOEXEC, header.length === 0 ? 'is empty' : 'is not an ELF program');
}

function checkMachine(header: Uint8Array, machine: number): void {
  if (header[elf.EI_CLASS] !== elf.ELFCLASS64 || machine === elf.EM_386) {
    throw new ImageError(ENOEXEC, 'is a 32-bit program; only 64-bit x86-64 programs run here');
  }
  if (header[elf.EI_DATA] !== elf.ELFDATA2LSB || machine !== elf.EM_X86_64) {
    const other = machine === elf.EM_AARCH64 ? ', but for AArch64' : '';
    throw new ImageError(ENOEXEC, `is not for x86-64${other}`);
  }
}

function checkType(type: number): void {
  if (type === elf.ET_EXEC || type === elf.ET_DYN) return;
  if (type === elf.ET_REL) throw new ImageError(ENOEXEC, 'is an object file, not a program');
  if (type === elf.ET_CORE) throw new ImageError(ENOEXEC, 'is a core file, not a program');
  throw damaged(`its ELF type ${type} is unknown`);
}

function readSegments(file: OpenFile, offset: number, entryBytes: number, count: number): Segment[] {
  if (entryBytes !== PHDR_BYTES)
    throw damaged(`its program headers have ${entryBytes} bytes instead of ${PHDR_BYTES}`);
  const tableBytes = count * PHDR_BYTES;
  if (count === 0) throw new ImageError(ENOEXEC, 'has no program headers: it is not a program');
  if (tableBytes > MAX_PHDR_TABLE_BYTES) throw damaged(`it has ${count} program headers`);
  if (!Number.isSafeInteger(offset + tableBytes))
    throw damaged('its program headers are beyond the end of the file');
  const bytes = readAt(file, offset, tableBytes);
  if (bytes.length < tableBytes) throw damaged('its program headers are beyond the end of the file');
  const view = viewOf(bytes);
  return Array.from({ length: count }, (_, i) => readSegment(view, i * PHDR_BYTES));
}

function readSegment(view: DataView, at: number): Segment {
  return {
    type: view.getUint32(at, true),
    flags: view.getUint32(at + 4, true),
    offset: number64(view, at + 8),
    vaddr: number64(view, at + 16),
    fileBytes: number64(view, at + 32),
    memoryBytes: number64(view, at + 40),
    align: number64(view, at + 48),
  };
}

function readInterpreter(file: OpenFile, { offset, fileBytes }: Segment): string {
  if (fileBytes < 2 || fileBytes > MAX_INTERPRETER_BYTES)
    throw damaged('the name of its interpreter has no sane length');
  if (!Number.isSafeInteger(offset))
    throw damaged('the name of its interpreter is beyond the end of the file');
  const bytes = readAt(file, offset, fileBytes);
  if (bytes.length < fileBytes)
    throw new ImageError(EIO, 'is damaged: the name of its interpreter is cut off');
  if (bytes[fileBytes - 1] !== 0) throw damaged('the name of its interpreter does not end');
  const name = Buffer.from(bytes).toString('latin1');
  return name.slice(0, name.indexOf('\0'));
}
