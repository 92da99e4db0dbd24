/** The symbols and relocations of an ELF object (elf(5)), as far as its bytes are there. They come from a hostile core: everything is checked. */
import { EHDR_BYTES, PHDR_BYTES } from '../elfcore/headers.js';
import { lastAt } from '../../vkernel/lib/last-at.js';

/** Reads all of a range, or nothing. */
export type ReadRange = (offset: number, length: number) => Uint8Array | undefined;

export interface ElfSymbol {
  /** As the object says it: the load bias is not added. */
  readonly address: number;
  readonly sizeBytes: number;
  readonly name: string;
}

const SHDR_BYTES = 64;
const SYM_BYTES = 24;
const SHT_SYMTAB = 2;
const SHT_RELA = 4;
const SHT_DYNSYM = 11;
const RELA_BYTES = 24;
const R_X86_64_IRELATIVE = 37;
/** R_X86_64_64, GLOB_DAT, JUMP_SLOT and IRELATIVE. */
const FUNCTION_RELOCATIONS = new Set([1, 6, 7, R_X86_64_IRELATIVE]);
const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const DT_STRTAB = 5;
const DT_SYMTAB = 6;
const STT_OBJECT = 1;
const STT_FUNC = 2;
const STT_NOTYPE = 0;
const STT_GNU_IFUNC = 10;
const LONGEST_NAME = 200;
/** Of all tables of an object together: they may lie one over the other. */
const MOST_SYMBOLS = 1 << 20;
const MOST_NAME_BYTES = 1 << 28;
const MOST_HEADERS = 4096;
const MOST_DYNAMIC = 512;

/** What the program headers of an object say. */
export interface ElfLayout {
  /** The lowest address of the object, rounded down to a page. */
  readonly firstAddress: number;
  /** Address of the dynamic section, which is 0 when there is none. */
  readonly dynamic: number;
}

/** @param read bytes of the object by file offset @returns undefined for what is no x86-64 ELF object */
export function elfLayout(read: ReadRange): ElfLayout | undefined {
  const header = elfHeader(read);
  if (header === undefined) return undefined;
  const [offset, count] = [safe(header, 32), header.getUint16(56, true)];
  const table = header.getUint16(54, true) === PHDR_BYTES ? read(offset, count * PHDR_BYTES) : undefined;
  if (table === undefined) return undefined;
  const view = viewOf(table);
  let firstAddress = Infinity;
  let dynamic = 0;
  for (let at = 0; at < table.length; at += PHDR_BYTES) {
    const type = view.getUint32(at, true);
    const address = safe(view, at + 16);
    if (type === PT_LOAD) firstAddress = Math.min(firstAddress, address - (address % 4096));
    if (type === PT_DYNAMIC) dynamic = address;
  }
  return Number.isSafeInteger(firstAddress) ? { firstAddress, dynamic } : undefined;
}

/** A table of an object, by its section header. */
export interface ElfSection {
  /** SHT_* */
  readonly type: number;
  /** Where it lies in the file. */
  readonly offset: number;
  readonly sizeBytes: number;
  /** The number of another section. */
  readonly link: number;
}

/** None, where the section headers are missing or too many. */
export function elfSections(read: ReadRange): ElfSection[] {
  const header = elfHeader(read);
  if (header === undefined) return [];
  const [offset, count] = [safe(header, 40), header.getUint16(60, true)];
  if (header.getUint16(58, true) !== SHDR_BYTES || count > MOST_HEADERS) return [];
  const table = read(offset, count * SHDR_BYTES);
  if (table === undefined) return [];
  const view = viewOf(table);
  return Array.from({ length: count }, (_, i) => {
    const at = i * SHDR_BYTES;
    return {
      type: view.getUint32(at + 4, true),
      offset: safe(view, at + 24),
      sizeBytes: safe(view, at + 32),
      link: view.getUint32(at + 40, true),
    };
  });
}

/** The symbols of the tables that the section headers name: all of them, where .symtab is there. */
export function sectionSymbols(read: ReadRange): ElfSymbol[] {
  const sections = elfSections(read);
  const tables = sections.filter(({ type }) => type === SHT_SYMTAB || type === SHT_DYNSYM);
  let left = MOST_NAME_BYTES;
  return [...tablesOf(read, tables)].flatMap(({ section, table }) => {
    const strings = sections[section.link];
    const names = strings && strings.sizeBytes <= left ? read(strings.offset, strings.sizeBytes) : undefined;
    if (names === undefined) return [];
    left -= names.length;
    return symbolsOf(table, (at) => endedText(names, at));
  });
}

/** The whole entries of tables, up to the first of far too many. */
function* tablesOf(
  read: ReadRange,
  sections: readonly ElfSection[],
): Generator<{ readonly section: ElfSection; readonly table: Uint8Array }> {
  let left = MOST_SYMBOLS;
  for (const section of sections) {
    const entryBytes = section.type === SHT_RELA ? RELA_BYTES : SYM_BYTES;
    const entries = Math.min(Math.floor(section.sizeBytes / entryBytes), left);
    const table = entries > 0 ? read(section.offset, entries * entryBytes) : undefined;
    if (table === undefined) continue;
    left -= entries;
    yield { section, table };
  }
}

export interface ElfRelocations {
  /** Addresses of words that the loader has filled with the address of a function, or may have. */
  readonly slots: readonly number[];
  /** Functions that say, when the program is loaded, which one of several serves this CPU (STT_GNU_IFUNC, R_X86_64_IRELATIVE). */
  readonly resolvers: readonly number[];
}

/** What the section headers say of it. The load bias is not added. */
export function elfRelocations(read: ReadRange): ElfRelocations {
  const slots: number[] = [];
  const resolvers = new Set<number>();
  const tables = elfSections(read).filter(({ type }) => type === SHT_RELA || type === SHT_DYNSYM);
  for (const { section, table } of tablesOf(read, tables)) {
    const view = viewOf(table);
    if (section.type === SHT_RELA) {
      for (let at = 0; at < table.length; at += RELA_BYTES) {
        const type = view.getUint32(at + 8, true);
        if (FUNCTION_RELOCATIONS.has(type)) slots.push(safe(view, at));
        if (type === R_X86_64_IRELATIVE) resolvers.add(safe(view, at + 16));
      }
    } else {
      for (let at = 0; at < table.length; at += SYM_BYTES)
        if ((table[at + 4]! & 15) === STT_GNU_IFUNC && view.getUint16(at + 6, true) !== 0)
          resolvers.add(safe(view, at + 8));
    }
  }
  return { slots, resolvers: [...resolvers] };
}

/**
 * The exported symbols that the dynamic section names.
 * @param read bytes of the object by address in memory
 * @param bias what loading added to its addresses
 */
export function dynamicSymbols(read: ReadRange, dynamic: number, bias: number): ElfSymbol[] {
  let strings = 0;
  let symbols = 0;
  for (let i = 0; i < MOST_DYNAMIC; i++) {
    const entry = read(dynamic + bias + i * 16, 16);
    if (entry === undefined) break;
    const [tag, value] = [safe(viewOf(entry), 0), safe(viewOf(entry), 8)];
    if (tag === 0) break;
    // The loader of glibc has added the bias already; musl's and the vDSO's have not.
    if (tag === DT_STRTAB) strings = value < bias ? value + bias : value;
    if (tag === DT_SYMTAB) symbols = value < bias ? value + bias : value;
  }
  // Nothing says how many there are; every linker puts the names right behind them.
  const bytes = strings - symbols;
  if (symbols === 0 || bytes <= 0 || bytes > MOST_SYMBOLS * SYM_BYTES) return [];
  const table = read(symbols, bytes - (bytes % SYM_BYTES));
  if (table === undefined) return [];
  const nameAt = (at: number): string => text(read, strings + at);
  return symbolsOf(table, nameAt);
}

function text(read: ReadRange, at: number): string {
  for (const length of [LONGEST_NAME, 64, 16]) {
    const bytes = read(at, length);
    if (bytes !== undefined) return endedText(bytes, 0);
  }
  return '';
}

function symbolsOf(table: Uint8Array, nameAt: (at: number) => string): ElfSymbol[] {
  const view = viewOf(table);
  const found: ElfSymbol[] = [];
  for (let at = SYM_BYTES; at + SYM_BYTES <= table.length; at += SYM_BYTES) {
    const type = table[at + 4]! & 15;
    const section = view.getUint16(at + 6, true);
    const wanted = type === STT_FUNC || type === STT_OBJECT || type === STT_GNU_IFUNC || type === STT_NOTYPE;
    // Section 0 is another object's.
    if (!wanted || section === 0 || section >= 0xff00) continue;
    const name = nameAt(view.getUint32(at, true));
    if (name === '') continue;
    found.push({ address: safe(view, at + 8), sizeBytes: safe(view, at + 16), name });
  }
  return found;
}

function endedText(bytes: Uint8Array, at: number): string {
  const room = bytes.subarray(at, at + LONGEST_NAME);
  const end = room.indexOf(0);
  return Buffer.from(end < 0 ? room : room.subarray(0, end)).toString('utf8');
}

function elfHeader(read: ReadRange): DataView | undefined {
  const bytes = read(0, EHDR_BYTES);
  if (bytes === undefined || bytes[0] !== 0x7f || bytes[1] !== 0x45 || bytes[2] !== 0x4c || bytes[3] !== 0x46)
    return undefined;
  return bytes[4] === 2 && bytes[5] === 1 ? viewOf(bytes) : undefined;
}

/** Beyond 2^53 it is no offset of anything. */
const safe = (view: DataView, at: number): number => Number(view.getBigUint64(at, true));
const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

/** Symbols by address. */
export class SymbolTable {
  readonly #symbols: readonly ElfSymbol[];

  constructor(symbols: readonly ElfSymbol[]) {
    // Where several are at one address: one with a size, then the shortest name.
    const better = (a: ElfSymbol, b: ElfSymbol): number =>
      a.address - b.address ||
      Number(a.sizeBytes > 0) - Number(b.sizeBytes > 0) ||
      b.name.length - a.name.length;
    const sorted = symbols.filter(({ address }) => address > 0).sort(better);
    this.#symbols = sorted.filter(({ address }, i) => sorted[i + 1]?.address !== address);
  }

  get size(): number {
    return this.#symbols.length;
  }

  /** The symbol that the address is in. */
  at(address: number): ElfSymbol | undefined {
    const symbol = lastAt(this.#symbols, address, (one) => one.address);
    if (symbol === undefined) return undefined;
    const past = address - symbol.address;
    return symbol.sizeBytes === 0
      ? past < 4096
        ? symbol
        : undefined
      : past < symbol.sizeBytes
        ? symbol
        : undefined;
  }
}
