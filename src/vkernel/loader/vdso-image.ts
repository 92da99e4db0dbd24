/**
 * The vDSO as a shared object that dynamic linkers, C libraries, Go's runtime and gdb read: made here byte by byte, because no
 * compiler is there when a machine boots. One page; every address in it is an offset from its start.
 */
import * as elf from '../abi/elf.js';
import { PAGE_BYTES } from '../mm/frames.js';
import { VDSO_FUNCTIONS } from './vdso-code.js';

const HEADER_BYTES = 64;
const PHDR_BYTES = 56;
const SHDR_BYTES = 64;
const SYMBOL_BYTES = 24;
const SONAME = 'linux-vdso.so.1';
/** What C libraries look the functions up with. */
const VERSION = 'LINUX_2.6';
const VERSION_INDEX = 2;

const [SHT_PROGBITS, SHT_STRTAB, SHT_DYNSYM] = [1, 3, 11];
const [SHF_ALLOC, SHF_EXECINSTR] = [2, 4];
const [DT_HASH, DT_STRTAB, DT_SYMTAB, DT_STRSZ, DT_SYMENT, DT_SONAME] = [4, 5, 6, 10, 11, 14];
const [DT_VERSYM, DT_VERDEF, DT_VERDEFNUM] = [0x6fff_fff0, 0x6fff_fffc, 0x6fff_fffd];
/** A global function (STB_GLOBAL, STT_FUNC). */
const FUNCTION_INFO = 0x12;

/** Bytes put one behind the other into a page. */
class Page {
  readonly bytes = new Uint8Array(PAGE_BYTES);
  readonly view = new DataView(this.bytes.buffer);
  at = 0;

  align(to: number): number {
    this.at = Math.ceil(this.at / to) * to;
    return this.at;
  }
  put(bytes: ArrayLike<number>): number {
    const start = this.at;
    this.bytes.set(bytes, start);
    this.at += bytes.length;
    return start;
  }
  u16(...values: number[]): void {
    for (const value of values) this.view.setUint16((this.at += 2) - 2, value, true);
  }
  u32(...values: number[]): void {
    for (const value of values) this.view.setUint32((this.at += 4) - 4, value >>> 0, true);
  }
  u64(...values: number[]): void {
    for (const value of values) this.view.setBigUint64((this.at += 8) - 8, BigInt(value), true);
  }
}

/** Strings with a zero behind each, the empty one first. */
class Strings {
  text = '\0';
  add(name: string): number {
    const at = this.text.length;
    this.text += `${name}\0`;
    return at;
  }
  get bytes(): Uint8Array {
    return Buffer.from(this.text, 'latin1');
  }
}

/** The hash function of the System V ABI, which DT_HASH and version definitions use. */
function sysvHash(name: string): number {
  let hash = 0;
  for (const character of name) {
    hash = (hash << 4) + character.charCodeAt(0);
    const high = hash & 0xf000_0000;
    if (high !== 0) hash ^= high >>> 24;
    hash &= ~high;
  }
  return hash >>> 0;
}

interface Section {
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  readonly start: number;
  readonly bytes: number;
  readonly link?: number;
  readonly info?: number;
  readonly entryBytes?: number;
}

/** The page that is mapped behind the data page. */
export function makeVdsoImage(): Uint8Array {
  const page = new Page();
  page.at = HEADER_BYTES + 4 * PHDR_BYTES;
  const strings = new Strings();
  const soname = strings.add(SONAME);
  const version = strings.add(VERSION);
  const names = VDSO_FUNCTIONS.map(({ name }) => strings.add(name));
  const dynstr = page.put(strings.bytes);

  const text = page.align(16);
  const symbols = VDSO_FUNCTIONS.map(({ code }) => {
    const start = page.align(16);
    page.put(code((at) => -PAGE_BYTES - (start + at)));
    return { start, bytes: page.at - start };
  });
  const textEnd = page.at;
  const { frame, frameHeader } = putUnwindTable(page, text, textEnd - text);

  const dynsym = page.align(8);
  page.at += SYMBOL_BYTES;
  symbols.forEach(({ start, bytes }, i) => {
    page.u32(names[i]!);
    page.u16(FUNCTION_INFO, TEXT_SECTION);
    page.u64(start, bytes);
  });
  const count = symbols.length + 1;
  const hash = page.align(8);
  // One bucket, whose chain goes through all symbols.
  page.u32(1, count, 1, 0, ...symbols.map((_, i) => (i + 2 < count ? i + 2 : 0)));
  const versym = page.at;
  page.u16(0, ...symbols.map(() => VERSION_INDEX));
  const verdef = page.align(8);
  putVersion(page, 1, 1, SONAME, soname, 28);
  putVersion(page, 0, VERSION_INDEX, VERSION, version, 0);
  const dynamic = page.align(8);
  const entries: [number, number][] = [
    [DT_SONAME, soname],
    [DT_HASH, hash],
    [DT_STRTAB, dynstr],
    [DT_SYMTAB, dynsym],
    [DT_STRSZ, strings.text.length],
    [DT_SYMENT, SYMBOL_BYTES],
    [DT_VERSYM, versym],
    [DT_VERDEF, verdef],
    [DT_VERDEFNUM, 2],
    [0, 0],
  ];
  page.u64(...entries.flat());
  const dynamicBytes = page.at - dynamic;
  const sections: Section[] = [
    { name: '.dynstr', type: SHT_STRTAB, flags: SHF_ALLOC, start: dynstr, bytes: strings.text.length },
    {
      name: '.dynsym',
      type: SHT_DYNSYM,
      flags: SHF_ALLOC,
      start: dynsym,
      bytes: count * SYMBOL_BYTES,
      link: 1,
      info: 1,
      entryBytes: SYMBOL_BYTES,
    },
    {
      name: '.text',
      type: SHT_PROGBITS,
      flags: SHF_ALLOC | SHF_EXECINSTR,
      start: text,
      bytes: textEnd - text,
    },
    { name: '.eh_frame', type: SHT_PROGBITS, flags: SHF_ALLOC, start: frame, bytes: frameHeader - frame },
  ];
  const { start, number } = putSections(page, sections);
  putHeaders(page, start, number, [
    [elf.PT_LOAD, elf.PF_R | elf.PF_X, 0, PAGE_BYTES],
    // Without PF_W: linkers then leave the table as it is, and add the base themselves.
    [elf.PT_DYNAMIC, elf.PF_R, dynamic, dynamicBytes],
    [elf.PT_GNU_EH_FRAME, elf.PF_R, frameHeader, FRAME_HEADER_BYTES],
    [elf.PT_GNU_STACK, elf.PF_R, 0, 0],
  ]);
  return page.bytes;
}

/** .text among the sections of `makeVdsoImage`. */
const TEXT_SECTION = 3;
const FRAME_HEADER_BYTES = 20;

/** No function touches the stack: the return address is on top of it throughout (DWARF call frame information). */
function putUnwindTable(page: Page, text: number, textBytes: number): { frame: number; frameHeader: number } {
  const frame = page.align(8);
  // CIE: version 1, "zR", code alignment 1, data alignment -8, return address in 16; pc-relative addresses; CFA = rsp + 8.
  page.u32(20, 0);
  page.put([1, 0x7a, 0x52, 0, 1, 0x78, 16, 1, 0x1b, 0x0c, 7, 8, 0x90, 1, 0, 0]);
  const entry = page.at;
  page.u32(16, entry + 4 - frame);
  page.u32(text - page.at, textBytes);
  page.put([0, 0, 0, 0]);
  page.u32(0);
  const frameHeader = page.align(4);
  // Version 1; the table's place pc-relative, its count plain, its addresses relative to this header.
  page.put([1, 0x1b, 0x03, 0x3b]);
  page.u32(frame - page.at, 1, text - frameHeader, entry - frameHeader);
  return { frame, frameHeader };
}

/** Elf64_Verdef with its one Elf64_Verdaux. */
function putVersion(
  page: Page,
  flags: number,
  index: number,
  name: string,
  nameAt: number,
  next: number,
): void {
  page.u16(1, flags, index, 1);
  page.u32(sysvHash(name), 20, next, nameAt, 0);
}

function putSections(page: Page, sections: readonly Section[]): { start: number; number: number } {
  const names = new Strings();
  const nameOffsets = sections.map(({ name }) => names.add(name));
  const ownName = names.add('.shstrtab');
  const namesAt = page.put(names.bytes);
  const start = page.align(8);
  page.at += SHDR_BYTES;
  sections.forEach((section, i) => {
    page.u32(nameOffsets[i]!, section.type);
    page.u64(section.flags, section.start, section.start, section.bytes);
    page.u32(section.link ?? 0, section.info ?? 0);
    page.u64(section.type === SHT_PROGBITS ? 16 : 8, section.entryBytes ?? 0);
  });
  page.u32(ownName, SHT_STRTAB);
  page.u64(0, 0, namesAt, names.text.length);
  page.u32(0, 0);
  page.u64(1, 0);
  return { start, number: sections.length + 2 };
}

/** @param segments type, flags, start and length of each program header */
function putHeaders(
  page: Page,
  sectionHeaders: number,
  sectionCount: number,
  segments: readonly (readonly [type: number, flags: number, start: number, bytes: number])[],
): void {
  page.at = 0;
  page.put([0x7f, 0x45, 0x4c, 0x46, elf.ELFCLASS64, elf.ELFDATA2LSB, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  page.u16(elf.ET_DYN, elf.EM_X86_64);
  page.u32(1);
  page.u64(0, HEADER_BYTES, sectionHeaders);
  page.u32(0);
  page.u16(HEADER_BYTES, PHDR_BYTES, segments.length, SHDR_BYTES, sectionCount, sectionCount - 1);
  for (const [type, flags, start, bytes] of segments) {
    page.u32(type, flags);
    page.u64(start, start, start, bytes, bytes, type === elf.PT_LOAD ? PAGE_BYTES : 8);
  }
}
