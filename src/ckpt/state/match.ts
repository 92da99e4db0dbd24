/** The classes of a file against those of this program: by name, so that a class that changed is noticed. */
import type { Codec } from './codec.js';
import { MAX_OBJECTS, type Schema, type StateGraph } from './graph.js';
import { classByTag, type Lost, type StateClass } from './savable.js';
import { brief, StateError } from './state-error.js';

/** A class of the file matched with the class of this program. */
export interface Match {
  readonly declared: StateClass;
  /** In the order of the file. */
  readonly saved: readonly (readonly [name: string, field: Codec<unknown> | Lost<unknown, object>])[];
}

function matchClass(schema: Schema): Match {
  const declared = classByTag(schema.tag);
  if (!declared) throw new StateError(`unknown class: ${brief(schema.tag)}`);
  const known = new Map(declared.saved);
  const saved = schema.fields.map(([name, kind]) => {
    const field = known.get(name);
    if (!field) throw new StateError(`class ${schema.tag}: unknown or repeated property: ${brief(name)}`);
    if (field.kind !== kind) {
      throw new StateError(
        `class ${schema.tag}: property ${name} is ${field.kind} here, in the file ${brief(kind)}`,
      );
    }
    known.delete(name);
    return [name, field] as const;
  });
  if (known.size > 0)
    throw new StateError(`class ${schema.tag}: missing properties: ${[...known.keys()].join(', ')}`);
  return { declared, saved };
}

function matchClasses(schemas: readonly Schema[]): Match[] {
  const seen = new Set<string>();
  return schemas.map((schema) => {
    if (seen.has(schema.tag)) throw new StateError(`class ${schema.tag} stands twice in the file`);
    seen.add(schema.tag);
    return matchClass(schema);
  });
}

/** Graphs never change, and that of a mark is loaded again at each rollback. */
const matched = new WeakMap<StateGraph, readonly Match[]>();

/** The match of each object. Every class must be used, in the order of the file. Throws StateError. */
export function matchObjects(graph: StateGraph): readonly Match[] {
  const known = matched.get(graph);
  if (known !== undefined) return known;
  const matches = match(graph);
  matched.set(graph, matches);
  return matches;
}

function match(graph: StateGraph): readonly Match[] {
  const { objects } = graph;
  if (objects.length === 0) throw new StateError('the graph has no root object');
  if (objects.length > MAX_OBJECTS)
    throw new StateError(`${objects.length} objects: more than ${MAX_OBJECTS}`);
  const matches = matchClasses(graph.schemas);
  let used = 0;
  const found = objects.map((record, id) => {
    const at = record[0];
    const ofClass = typeof at === 'number' ? matches[at] : undefined;
    if (!ofClass || (at as number) > used)
      throw new StateError(`object #${id}: wrong class index: ${brief(at)}`);
    if (at === used) used++;
    if (record.length !== ofClass.saved.length + 1) {
      throw new StateError(
        `${ofClass.declared.tag}#${id}: ${record.length - 1} values for ${ofClass.saved.length} properties`,
      );
    }
    return ofClass;
  });
  if (used !== matches.length) throw new StateError(`no object of class ${matches[used]!.declared.tag}`);
  return found;
}
