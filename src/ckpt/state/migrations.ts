/**
 * State of earlier versions, brought up to date before its classes are matched with those of this program. A released version's
 * classes are frozen in the cores that exist: whoever changes a saved property afterwards adds a step here, and `make fixture` keeps a
 * core of the version that ends with it.
 */
import type { Wire } from './codec.js';
import type { Schema, StateGraph } from './graph.js';

/** From version n to n + 1. The graph is not trusted, and is checked only afterwards. */
export type Migration = (graph: StateGraph) => StateGraph;

/** Step n - 1 brings state of version n to version n + 1. */
export const MIGRATIONS: readonly Migration[] = [];

const withSchema = (graph: StateGraph, at: number, schema: Schema): StateGraph => ({
  ...graph,
  schemas: graph.schemas.with(at, schema),
});

/** A class got another tag. References name it in the kinds of properties, which `from` must not be a part of otherwise. */
export function renameClass(from: string, to: string): Migration {
  const word = new RegExp(`(?<![A-Za-z0-9.])${from.replaceAll('.', '\\.')}(?![A-Za-z0-9.])`, 'g');
  return (graph) => ({
    ...graph,
    schemas: graph.schemas.map(({ tag, fields }) => ({
      tag: tag === from ? to : tag,
      fields: fields.map(([name, kind]) => [name, kind.replaceAll(word, to)] as const),
    })),
  });
}

/** A class got a property, which all objects of old have with the same saved form. */
export function addProperty(tag: string, name: string, kind: string, value: Wire): Migration {
  return (graph) => {
    const at = graph.schemas.findIndex((schema) => schema.tag === tag);
    if (at < 0) return graph;
    const fields = [...graph.schemas[at]!.fields, [name, kind] as const];
    const objects = graph.objects.map((record) => (record[0] === at ? [...record, value] : record));
    return { ...withSchema(graph, at, { tag, fields }), objects };
  };
}

/** A class lost a property that held no reference: without one, the objects it named would be left over. */
export function removeProperty(tag: string, name: string): Migration {
  return (graph) => {
    const at = graph.schemas.findIndex((schema) => schema.tag === tag);
    const place = at < 0 ? -1 : graph.schemas[at]!.fields.findIndex(([key]) => key === name);
    if (place < 0) return graph;
    const fields = graph.schemas[at]!.fields.toSpliced(place, 1);
    const objects = graph.objects.map((record) =>
      record[0] === at ? record.toSpliced(place + 1, 1) : record,
    );
    return { ...withSchema(graph, at, { tag, fields }), objects };
  };
}
