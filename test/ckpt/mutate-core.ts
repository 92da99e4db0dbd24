/** Cores whose object graph was tampered with by somebody who makes the digest right again. */
import type { Wire } from '../../src/ckpt/state/codec.js';
import type { StateGraph } from '../../src/ckpt/state/graph.js';
import { changeGraph } from '../support/change-core.js';
import type { Random } from '../support/random.js';

const NUMBERS = [
  0,
  1,
  2,
  3,
  7,
  64,
  4095,
  4096,
  65536,
  2 ** 31,
  2 ** 32,
  2 ** 47,
  Number.MAX_SAFE_INTEGER,
  -1,
];

/** The core with one to three values of its graph changed. */
export function mutateCore(bytes: Uint8Array, random: Random): Uint8Array {
  return changeGraph(bytes, (graph) => mutateGraph(graph, random));
}

function mutateGraph(graph: StateGraph, random: Random): StateGraph {
  const objects = graph.objects.map((record) => [...record]);
  // Objects of rare classes are as likely as those of common ones.
  const bySchema = new Map<Wire, Wire[][]>();
  for (const record of objects) bySchema.set(record[0]!, [...(bySchema.get(record[0]!) ?? []), record]);
  for (let changes = 1 + random.below(3); changes > 0; changes--) {
    const record = random.of(random.of([...bySchema.values()]));
    if (record.length < 2) continue;
    const at = 1 + random.below(record.length - 1);
    record[at] = mutate(record[at]!, random, objects.length);
  }
  return { ...graph, objects };
}

function mutate(value: Wire, random: Random, objects: number): Wire {
  if (typeof value === 'number')
    return random.of([random.of(NUMBERS), value + 1, value - 1, value * 2, random.below(objects)]);
  if (typeof value === 'bigint') return value ^ (1n << BigInt(random.below(62)));
  if (typeof value === 'boolean') return !value;
  if (typeof value === 'string')
    return random.of(['', '/', '../..', `${value}\0`, value.repeat(1000), '\u{d83d}']);
  if (value === null) return random.of<Wire>([0, 1, [], '', random.below(objects)]);
  if (value instanceof Uint8Array) return value.map((byte) => byte ^ random.below(256));
  const list = [...value];
  const at = random.below(list.length);
  switch (random.below(4)) {
    case 0:
      return list.slice(0, at);
    case 1:
      return [...list, ...list];
    case 2:
      return [...list.slice(0, at), ...list.slice(at + 1)];
    default:
      if (list.length > 0) list[at] = mutate(list[at]!, random, objects);
      return list;
  }
}
