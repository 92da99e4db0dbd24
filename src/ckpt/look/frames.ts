/**
 * The stack of a thread without debug information: along the chain of frame pointers while there is one, then by looking for return
 * addresses. The second way is a guess, which is told: an old return address that nobody has overwritten looks like a frame.
 */
import type { CoreMemory } from './core-memory.js';
import type { Symbols } from './symbols.js';

export interface Frame {
  readonly address: number;
  /** Of the stack word that has it; undefined for where the thread is. */
  readonly foundAt: number | undefined;
  readonly how: 'here' | 'frame pointer' | 'return address found by a scan';
}

const MOST_FRAMES = 32;
const SCANNED_WORDS = 1024;
/** The further from the top of the stack, the older what is found. */
const MOST_GUESSES = 12;

export function framesOf(
  memory: CoreMemory,
  symbols: Symbols,
  { rip, rsp, rbp }: { readonly rip: number; readonly rsp: number; readonly rbp: number },
): Frame[] {
  const frames: Frame[] = [{ address: rip, foundAt: undefined, how: 'here' }];
  const stack = symbols.mapAt(rsp);
  if (stack === undefined) return frames;
  let from = rsp;
  for (let at = rbp; at >= from && at + 16 <= stack.end && at % 8 === 0 && frames.length < MOST_FRAMES;) {
    const [next, address] = [memory.word(at), memory.word(at + 8)];
    if (next === undefined || address === undefined || !isReturnAddress(memory, symbols, Number(address)))
      break;
    frames.push({ address: Number(address), foundAt: at + 8, how: 'frame pointer' });
    from = at + 16;
    at = Number(next);
  }
  const chained = frames.length > 1;
  // Below a chain that ended at main's caller there is nothing to guess.
  if (chained && frames.length > 2) return frames;
  const most = frames.length + MOST_GUESSES;
  for (let i = 0; i < SCANNED_WORDS && frames.length < most; i++) {
    const at = from - (from % 8) + i * 8;
    if (at + 8 > stack.end) break;
    const address = memory.word(at);
    if (address === undefined) break;
    if (!isReturnAddress(memory, symbols, Number(address))) continue;
    // The start of a function is a pointer to it.
    if (symbols.symbolAt(Number(address))?.address === Number(address)) continue;
    frames.push({ address: Number(address), foundAt: at, how: 'return address found by a scan' });
  }
  return frames;
}

/** Code that can be executed, right behind a call. */
export function isReturnAddress(memory: CoreMemory, symbols: Symbols, address: number): boolean {
  const map = Number.isSafeInteger(address) ? symbols.mapAt(address) : undefined;
  if (map?.access[2] !== 'x' || address - 7 < map.start) return false;
  const before = memory.read(address - 7, 7);
  if (before === undefined) return false;
  if (before[2] === 0xe8) return true;
  // call r/m64 (ff /2): the ModRM byte says how long it is; SIB and displacement may follow.
  for (const [at, bytes] of [
    [5, 2],
    [4, 3],
    [3, 4],
    [1, 6],
    [0, 7],
  ] as const) {
    if (before[at] !== 0xff || ((before[at + 1]! >> 3) & 7) !== 2) continue;
    if (callBytes(before[at + 1]!, before[at + 2] ?? 0) === bytes) return true;
  }
  return false;
}

/** The length of `ff modrm ...`. */
function callBytes(modrm: number, sib: number): number {
  const mode = modrm >> 6;
  const base = modrm & 7;
  if (mode === 3) return 2;
  const hasSib = base === 4;
  const displacement = mode === 1 ? 1 : mode === 2 || base === 5 || (hasSib && (sib & 7) === 5) ? 4 : 0;
  return 2 + (hasSib ? 1 : 0) + displacement;
}
