/** Numbers that readers get wrong. */
import type { Random } from '../support/random.js';

const EDGES = [
  0n,
  1n,
  2n,
  3n,
  4n,
  7n,
  8n,
  15n,
  16n,
  63n,
  64n,
  127n,
  128n,
  255n,
  4095n,
  4096n,
  4097n,
  65_535n,
];
const POWERS = [16n, 31n, 32n, 33n, 47n, 48n, 52n, 53n, 62n, 63n, 64n];

/** Mostly near an edge; else a small change of what is there. */
export function oddNumber(random: Random, now: bigint): bigint {
  switch (random.below(4)) {
    case 0:
      return random.of(EDGES);
    case 1:
      return (1n << random.of(POWERS)) - BigInt(random.below(3));
    case 2:
      return now + BigInt(random.below(33) - 16);
    default:
      return now ^ (1n << BigInt(random.below(64)));
  }
}

/** Puts such a number of 2, 4 or 8 bytes there, as far as there is room. */
export function putOddNumber(random: Random, bytes: Uint8Array, at: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const size = random.of([2, 4, 8]);
  if (at + size > bytes.length) return;
  if (size === 2)
    view.setUint16(at, Number(BigInt.asUintN(16, oddNumber(random, BigInt(view.getUint16(at, true))))), true);
  else if (size === 4)
    view.setUint32(at, Number(BigInt.asUintN(32, oddNumber(random, BigInt(view.getUint32(at, true))))), true);
  else view.setBigUint64(at, BigInt.asUintN(64, oddNumber(random, view.getBigUint64(at, true))), true);
}
