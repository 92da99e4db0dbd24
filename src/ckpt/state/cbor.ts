/**
 * Graphs as bytes: `["vkernel-state", version, [[tag, properties]...], [[schema, value...]...]]` in deterministic CBOR (RFC 8949, 4.2.1).
 * The properties of a class are one text, a line `name kind` each: as lists they would be a third of all that there is to decode.
 */
import { decode, encode } from 'cbor2';
import type { Wire } from './codec.js';
import type { Schema, StateGraph } from './graph.js';
import { MIGRATIONS, type Migration } from './migrations.js';
import { brief, explain, StateError } from './state-error.js';

const MAGIC = 'vkernel-state';
/** Rises with each step of `MIGRATIONS`. */
const versionAfter = (migrations: readonly Migration[]): number => migrations.length + 1;
export const STATE_VERSION = versionAfter(MIGRATIONS);
/** Deeper than any codec nests. */
const MAX_DEPTH = 32;

/** Same graph, same bytes. */
export function encodeGraph(graph: StateGraph): Uint8Array {
  const schemas = graph.schemas.map(({ tag, fields }) => [
    tag,
    fields.map(([name, kind]) => `${name} ${kind}`).join('\n'),
  ]);
  return encode([MAGIC, STATE_VERSION, schemas, graph.objects], {
    collapseBigInts: true,
    rejectFloats: true,
  });
}

/** Any wire value in the same deterministic form: for notes beside the graph. */
export function encodeWire(value: Wire): Uint8Array {
  return encode(value, { collapseBigInts: true, rejectFloats: true });
}

/** Throws StateError unless the bytes are one wire value in its one form. */
export function decodeWire(bytes: Uint8Array): Wire {
  return decoded(bytes) as Wire;
}

const decoded = (bytes: Uint8Array): unknown => {
  try {
    return decode(bytes, {
      maxDepth: MAX_DEPTH,
      requirePreferred: true,
      rejectStreaming: true,
      rejectFloats: true,
      rejectSimple: true,
      rejectUndefined: true,
      ignoreGlobalTags: true,
      createObject: () => {
        throw new Error('a map, which state has none of');
      },
    });
  } catch (error) {
    throw new StateError(`malformed CBOR: ${explain(error)}`, { cause: error });
  }
};

function list(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new StateError(`${what}: expected a list, got ${brief(value)}`);
  return value;
}

function text(value: unknown, what: string): string {
  if (typeof value !== 'string') throw new StateError(`${what}: expected a string, got ${brief(value)}`);
  return value;
}

/** "name kind"; a kind may have spaces, and one that is missing is none that a property has. */
function property(line: string): Schema['fields'][number] {
  const end = line.indexOf(' ');
  return end < 0 ? [line, ''] : [line.slice(0, end), line.slice(end + 1)];
}

/**
 * Throws StateError unless the bytes are CBOR of the shape of a graph in its one deterministic form.
 * Whether the graph is anything sensible is for `loadGraph` to check. State of an earlier version is brought up to date.
 */
export function decodeGraph(bytes: Uint8Array, migrations: readonly Migration[] = MIGRATIONS): StateGraph {
  const whole = list(decoded(bytes), 'state');
  if (whole[0] !== MAGIC) throw new StateError('not saved state');
  const newest = versionAfter(migrations);
  const version = whole[1];
  if (!Number.isInteger(version) || (version as number) < 1 || (version as number) > newest) {
    const reads = newest === 1 ? '1' : `1 to ${newest}`;
    throw new StateError(`state of version ${brief(version)}: this vkernel reads ${reads}`);
  }
  if (whole.length !== 4) throw new StateError(`state has ${whole.length} parts, not 4`);
  const schemas = list(whole[2], 'classes').map((entry): Schema => {
    const [name, properties] = list(entry, 'class');
    const tag = text(name, 'class');
    const lines = text(properties, `class ${brief(tag)}`);
    return { tag, fields: lines === '' ? [] : lines.split('\n').map(property) };
  });
  const objects = list(whole[3], 'objects').map((record) => list(record, 'object') as readonly Wire[]);
  return migrations
    .slice((version as number) - 1)
    .reduce((graph, migrate) => migrate(graph), { schemas, objects } as StateGraph);
}
