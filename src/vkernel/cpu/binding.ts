/** The one place that loads the addon. Its whole surface is typed here. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

/** One engine. Register files are named by what `attach` returns. Methods throw once the engine is closed or has failed. */
export interface Engine {
  readonly ram: ArrayBuffer;
  /** STATUS_* slots. */
  readonly status: ArrayBuffer;
  attach(file: ArrayBuffer): number;
  detach(file: number): void;
  saveFpu(file: number): void;
  loadFpu(file: number): void;
  run(quantumBlocks: number): number;
  flushTlb(pageTable?: number): void;
  invalidateVirtual(start: number, end: number): void;
  invalidatePhysical(start: number, end: number): void;
  invalidateAll(): void;
  mapFile(fd: number, fileOffset: number, ramOffset: number, bytes: number): void;
  zero(ramOffset: number, bytes: number): void;
  writePageEntries(ramOffset: number, firstFrame: number, count: number, low: number, high: number): number;
  privatePages(bytes: number): Uint32Array | undefined;
  discard(runs: Uint32Array): void;
  /** Translated blocks that the screening decoder and the engine counted differently: anything but 0 is a bug. */
  screeningMismatches(): number;
  close(): void;
}

/** Slots of 8 bytes in `Engine.status`. All are doubles but STATUS_FAULT_ADDRESS_BITS. */
export const STATUS_VECTOR = 0;
export const STATUS_FAULT_ADDRESS = 1;
export const STATUS_FAULT_ADDRESS_BITS = 2;
export const STATUS_ERROR_CODE = 3;
export const STATUS_BLOCKS_LEFT = 4;
/**
 * Orders: the register file to switch to and the top-level page table to load. The next call that needs either carries them out, as if
 * they had been calls themselves, and clears them: a switch crosses the border no more often than a run.
 */
export const STATUS_NEXT_FILE = 5;
export const STATUS_NEXT_PAGE_TABLE = 6;

/** `own`: our build of Unicorn's source with native/patches. `stock`: the library as its makers ship it. */
export const ENGINE_NAMES = ['own', 'stock'] as const;
export type EngineName = (typeof ENGINE_NAMES)[number];

/**
 * Files of the host. Names are byte strings, below the directory of a descriptor; "" is what the descriptor itself is open on. Each
 * call returns a negative errno of the host where it fails.
 */
export interface HostFiles {
  /** STATISTICS_*: what the last `stat` or `open` that succeeded found. */
  readonly statistics: ArrayBuffer;
  /** statx(2), which follows no link at the end. */
  stat(directory: number, name: string): number;
  /** openat(2) with O_CLOEXEC, and `stat` of what was opened. @returns a descriptor */
  open(directory: number, name: string, flags: number, mode: number): number;
  /** preadv(2) and pwritev(2), of at most 64 buffers. @returns bytes */
  read(fd: number, into: Uint8Array | readonly Uint8Array[], position: number): number;
  write(fd: number, from: Uint8Array | readonly Uint8Array[], position: number): number;
  close(fd: number): number;
  readlink(directory: number, name: string): string | number;
  /** All entries, as getdents64(2) has them. */
  list(directory: number): Uint8Array | number;
}

/** Slots of 8 bytes in `HostFiles.statistics`: doubles, and behind them nanoseconds as signed 64-bit numbers. */
export const STATISTICS_DEVICE = 0;
export const STATISTICS_INODE_LOW = 1;
export const STATISTICS_INODE_HIGH = 2;
export const STATISTICS_MODE = 3;
export const STATISTICS_LINKS = 4;
export const STATISTICS_UID = 5;
export const STATISTICS_GID = 6;
export const STATISTICS_SPECIAL_DEVICE = 7;
export const STATISTICS_SIZE = 8;
export const STATISTICS_BLOCKS = 9;
export const STATISTICS_ACCESSED_NS = 10;
export const STATISTICS_MODIFIED_NS = 11;
export const STATISTICS_CHANGED_NS = 12;
export const STATISTICS_BORN_NS = 13;

export interface Binding {
  readonly Engine: { new (ramBytes: number): Engine; readonly reservedFrames: number };
  /** Which engine the addon was built with, and its release. */
  readonly engineName: EngineName;
  readonly engineVersion: string;
  /** Makes an engine on another thread; the next `new Engine` takes it, whatever its RAM. */
  prepare(): void;
  /** A file's bytes. Throws an Error that names the file. */
  mapBytes(path: string): ArrayBuffer;
  /** A file's bytes as characters. The file must stay as it is; another one may take its name. Throws an Error that names the file. */
  mapText(path: string): string;
  /** The descriptor of a file without a name whose bytes are in memory. Whoever asks closes it. */
  memoryFile(): number;
  /** linkat(2) of an open file to a name between, and rename(2) to the path: an errno of the host, or 0. */
  placeFile(fd: number, between: string, path: string): Promise<number>;
  readonly hostFiles: HostFiles;
  /** The length that the screening decoder gives the instruction at `offset`; 0 if it knows none. */
  instructionLength(bytes: Uint8Array, offset: number): number;
}

const ADDONS = join('native', 'build', 'Release');

let loaded: Binding | undefined;

/**
 * Loads the addon: of the engines that were built, the one that VKERNEL_ENGINE names, or else our own before the stock one.
 * Throws an Error that lists each path tried and why it failed.
 */
export function loadBinding(): Binding {
  if (loaded) return loaded;
  const here = dirname(fileURLToPath(import.meta.url));
  const require = createRequire(import.meta.url);
  const tried: string[] = [];
  for (const engine of wantedEngines()) {
    // From dist/src/vkernel/cpu and from src/vkernel/cpu.
    for (const root of [join(here, '../../../..'), join(here, '../../..')]) {
      const path = join(root, ADDONS, `vkernel-${engine}.node`);
      try {
        const binding = require(path) as Partial<Binding>;
        if (binding.hostFiles === undefined) throw new Error('it was built from older sources');
        return (loaded = binding as Binding);
      } catch (error) {
        const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
        tried.push(`  ${path}: ${reason}`);
      }
    }
  }
  throw new Error(
    `the CPU addon cannot be loaded; build it with \`make native\`. Tried:\n${tried.join('\n')}`,
  );
}

function wantedEngines(): readonly string[] {
  const named = process.env['VKERNEL_ENGINE'];
  if (named === undefined || named === '') return ENGINE_NAMES;
  if ((ENGINE_NAMES as readonly string[]).includes(named)) return [named];
  throw new Error(`VKERNEL_ENGINE is '${named}'; it may be ${ENGINE_NAMES.join(' or ')}`);
}
