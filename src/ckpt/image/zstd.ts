/** Zstandard: Node's own where it has it, else a WebAssembly build of the reference library. */
import { createRequire } from 'node:module';
import * as zlib from 'node:zlib';
import { fail } from '../elfcore/field.js';

export interface Zstd {
  compress(bytes: Uint8Array): Uint8Array;
  /** Throws CoreFormatError unless the result has that length. */
  decompress(bytes: Uint8Array, length: number): Uint8Array;
}

type Transform = (bytes: Uint8Array) => Uint8Array;
/** Since Node 22.15. */
type NodeZstd = Partial<Record<'zstdCompressSync' | 'zstdDecompressSync', Transform>>;

interface WasmZstd {
  init(): Promise<void>;
  compress(bytes: Uint8Array, level: number): Uint8Array;
  decompress(bytes: Uint8Array): Uint8Array;
}

/** Pages are many and time is short: the fastest level, which takes half of what the best saves. */
const LEVEL = 1;

let loading: Promise<Zstd> | undefined;

/** The library: loaded once, as a second start of the WebAssembly module would pull its memory from under the first. */
export function loadZstd(): Promise<Zstd> {
  return (loading ??= load());
}

async function load(): Promise<Zstd> {
  const { zstdCompressSync, zstdDecompressSync } = zlib as NodeZstd;
  if (zstdCompressSync !== undefined && zstdDecompressSync !== undefined)
    return checked(zstdCompressSync, zstdDecompressSync);
  const wasm = createRequire(import.meta.url)('@bokuweb/zstd-wasm') as WasmZstd;
  await wasm.init();
  return checked(
    (bytes) => wasm.compress(bytes, LEVEL),
    (bytes) => wasm.decompress(bytes),
  );
}

function checked(compress: Transform, decompress: Transform): Zstd {
  return {
    compress,
    decompress(bytes, length) {
      // Before anything is allocated for it.
      if (contentBytes(bytes) !== length) fail('a block of compressed pages has another size');
      let result: Uint8Array;
      try {
        result = decompress(bytes);
      } catch {
        return fail('a block of compressed pages is damaged');
      }
      return result.length === length ? result : fail('a block of compressed pages has another size');
    },
  };
}

const MAGIC = 0xfd2f_b528;

/** The size of the contents that the header of a frame gives (RFC 8878, 3.1.1.1); undefined if it gives none. */
function contentBytes(frame: Uint8Array): number | undefined {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  if (frame.length < 14 || view.getUint32(0, true) !== MAGIC) return undefined;
  const descriptor = frame[4]!;
  const isSingle = (descriptor & 0x20) !== 0;
  // No dictionary is ever used.
  if ((descriptor & 3) !== 0) return undefined;
  const at = isSingle ? 5 : 6;
  switch (descriptor >> 6) {
    case 0:
      return isSingle ? frame[at] : undefined;
    case 1:
      return view.getUint16(at, true) + 256;
    case 2:
      return view.getUint32(at, true);
    default:
      return Number(view.getBigUint64(at, true));
  }
}
