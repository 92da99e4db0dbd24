/**
 * Graphs as bytes: `["vkernel-state", 1, [[tag, [[name, kind]...]]...], [[schema, value...]...]]` in
 * deterministic CBOR (RFC 8949, 4.2.1).
 */
import { decode, encode } from 'cbor2';
import type { Wire } from './codec.js';
import type { Schema, StateGraph } from './graph.js';
import { brief, explain, StateError } from './state-error.js';

const MAGIC = 'vkernel-state';
const VERSION = 1;
/** Deeper than any codec nests. */
const MAX_DEPTH = 32;

/** Same graph, same bytes. */
export function encodeGraph(graph: StateGraph): Uint8Array {
  const schemas = graph.schemas.map((schema) => [schema.tag, schema.fields]);
  return encode([MAGIC, VERSION, schemas, graph.objects], { collapseBigInts: true, rejectFloats: true });
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

/**
 * Throws StateError unless the bytes are CBOR of the shape of a graph in its one deterministic form.
 * Whether the graph is anything sensible is for `loadGraph` to check.
 */
export function decodeGraph(bytes: Uint8Array): StateGraph {
  const whole = list(decoded(bytes), 'state');
  if (whole[0] !== MAGIC) throw new StateError('not saved state');
  if (whole[1] !== VERSION)
    throw new StateError(`state format ${brief(whole[1])}: this version reads ${VERSION}`);
  if (whole.length !== 4) throw new StateError(`state has ${whole.length} parts, not 4`);
  const schemas = list(whole[2], 'classes').map((entry): Schema => {
    const [tag, fields] = list(entry, 'class');
    const name = text(tag, 'class');
    return {
      tag: name,
      fields: list(fields, `class ${brief(name)}`).map((field) => {
        const [key, kind] = list(field, `class ${brief(name)}`);
        return [text(key, 'property'), text(kind, 'kind')];
      }),
    };
  });
  const objects = list(whole[3], 'objects').map((record) => list(record, 'object') as readonly Wire[]);
  return { schemas, objects };
}
