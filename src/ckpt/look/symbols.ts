/** Names for the addresses of a process, from the ELF objects it has mapped. */
import { lastAt } from '../../vkernel/lib/last-at.js';
import type { CoreMemory } from './core-memory.js';
import {
  dynamicSymbols,
  elfLayout,
  sectionSymbols,
  SymbolTable,
  type ElfSymbol,
  type ReadRange,
} from '../foreign/elf-symbols.js';
import type { MapView } from './maps.js';

export interface AddressName {
  /** "work". */
  readonly symbol: string | undefined;
  /** From the start of the symbol, or of the mapping when there is none. */
  readonly offset: number;
  /** "/bin/app", "[heap]", or "". */
  readonly object: string;
}

/** The objects of one label: its table, and what loading added to its addresses. */
interface LoadedObject {
  readonly bias: number;
  readonly table: SymbolTable;
}

export class Symbols {
  readonly #memory: CoreMemory;
  readonly #maps: readonly MapView[];
  readonly #readFile: (map: MapView) => ReadRange;
  readonly #objects = new Map<string, LoadedObject | undefined>();

  /** @param readFile what the core, or the user, has of the file behind a mapping, by offset */
  constructor(memory: CoreMemory, maps: readonly MapView[], readFile: (map: MapView) => ReadRange) {
    this.#memory = memory;
    this.#maps = maps;
    this.#readFile = readFile;
  }

  mapAt(address: number): MapView | undefined {
    const map = lastAt(this.#maps, address, ({ start }) => start);
    return map !== undefined && address < map.end ? map : undefined;
  }

  /** Undefined where nothing is mapped. */
  name(address: number): AddressName | undefined {
    const map = this.mapAt(address);
    if (map === undefined) return undefined;
    const object = this.#objectOf(map);
    const symbol = object?.table.at(address - object.bias);
    return symbol === undefined
      ? { symbol: undefined, offset: address - map.start, object: map.label }
      : { symbol: symbol.name, offset: address - object!.bias - symbol.address, object: map.label };
  }

  /** The symbol at an address, with its address in memory. */
  symbolAt(address: number): ElfSymbol | undefined {
    const map = this.mapAt(address);
    const object = map && this.#objectOf(map);
    const symbol = object?.table.at(address - object.bias);
    return symbol && { ...symbol, address: symbol.address + object!.bias };
  }

  /** Zeros behind a program's data (.bss) have no file: they belong to the object before them. */
  #objectOf(map: MapView): LoadedObject | undefined {
    let owner: MapView | undefined = map;
    if (map.fileOffset === undefined && map.label === '') {
      const before = lastAt(this.#maps, map.start - 1, ({ start }) => start);
      owner = before?.end === map.start && before.fileOffset !== undefined ? before : undefined;
    }
    if (owner === undefined || owner.label === '') return undefined;
    const key = `${owner.label}\0${owner.inode ?? ''}`;
    if (!this.#objects.has(key)) this.#objects.set(key, this.#load(owner));
    return this.#objects.get(key);
  }

  #load(map: MapView): LoadedObject | undefined {
    const first = this.#maps.find(
      ({ label, fileOffset, inode }) => label === map.label && inode === map.inode && (fileOffset ?? 0) === 0,
    );
    if (first === undefined) return undefined;
    const ofFile = this.#readFile(first);
    const inMemory: ReadRange = (address, length) => this.#memory.read(address, length);
    const fromStart: ReadRange = (offset, length) =>
      ofFile(offset, length) ?? inMemory(first.start + offset, length);
    const layout = elfLayout(fromStart);
    if (layout === undefined) return undefined;
    const bias = first.start - layout.firstAddress;
    const symbols = sectionSymbols(ofFile);
    const exported =
      symbols.length > 0 || layout.dynamic === 0 ? [] : dynamicSymbols(inMemory, layout.dynamic, bias);
    return { bias, table: new SymbolTable([...symbols, ...exported]) };
  }
}

/** "work+0x12 (/bin/app)", "/bin/app+0x1000". */
export function nameText({ symbol, offset, object }: AddressName): string {
  const at = offset === 0 ? '' : `+0x${offset.toString(16)}`;
  if (symbol === undefined) return object === '' ? '' : `${object}${at}`;
  return `${symbol}${at}`;
}
