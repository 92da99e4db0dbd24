import { showWith, type Json, type Wire } from './codec.js';
import type { StateGraph } from './graph.js';
import { matchObjects } from './match.js';
import { brief, StateError } from './state-error.js';

/**
 * A graph for people and for comparing two freezes: one entry per object, references as `Class#id`, bytes
 * as hexadecimal, 64-bit integers as decimal text. Values are shown as they stand in the file: only
 * `loadGraph` checks them all. Throws StateError if the graph's classes are not those of this program or it
 * is too damaged to be shown.
 */
export function graphToJson(graph: StateGraph): { readonly [object: string]: Json } {
  const matches = matchObjects(graph);
  const nameOf = (id: Wire): string => {
    const matched = typeof id === 'number' ? matches[id] : undefined;
    if (!matched) throw new StateError(`no object ${brief(id)}`);
    return `${matched.declared.tag}#${id as number}`;
  };
  const showObject = (id: number): Json => {
    const values = graph.objects[id]!;
    const shown = matches[id]!.saved.map(([name, field], i): [string, Json] => {
      const wire = values[i + 1]!;
      return [name, 'reason' in field ? (wire as string | null) : showWith(field, wire, nameOf)];
    });
    return Object.fromEntries(shown);
  };
  try {
    return Object.fromEntries(matches.map((_, id) => [nameOf(id), showObject(id)]));
  } catch (error) {
    if (error instanceof StateError) throw error;
    throw new StateError('the graph is damaged', { cause: error });
  }
}
