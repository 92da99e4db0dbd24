import type { Saver, Wire } from './codec.js';
import { MAX_OBJECTS, MAX_REASON, type LostItem, type Schema, type StateGraph } from './graph.js';
import { classOf, type StateClass } from './savable.js';
import { Services } from './services.js';
import { Site } from './site.js';
import { brief, StateError } from './state-error.js';

class GraphSaver extends Site implements Saver {
  /** In the order of their ids; also the queue of what is still to be saved. */
  readonly objects: object[] = [];
  readonly #classes: StateClass[] = [];
  readonly #ids = new Map<object, number>();

  ref(object: object): number {
    const known = this.#ids.get(object);
    if (known !== undefined) return known;
    const declared = classOf(object);
    if (!declared) throw this.error(`refers to something that is not savable: ${brief(object)}`);
    const id = this.objects.length;
    if (id === MAX_OBJECTS) throw this.error(`refers to object ${MAX_OBJECTS}: too many`);
    this.#ids.set(object, id);
    this.objects.push(object);
    this.#classes.push(declared);
    return id;
  }

  classAt(id: number): StateClass {
    return this.#classes[id]!;
  }
}

/** Refuses an object with properties that its declaration does not name, or without some that it names. */
function checkProperties(object: object, declared: StateClass, id: number): void {
  const keys = Reflect.ownKeys(object);
  const surplus = keys.filter((key) => typeof key === 'symbol' || !declared.own.has(key));
  if (surplus.length > 0) {
    throw new StateError(`${declared.tag}#${id}: undeclared properties: ${surplus.map(String).join(', ')}`);
  }
  if (keys.length === declared.own.size) return;
  const missing = [...declared.own].filter((name) => !Object.hasOwn(object, name));
  throw new StateError(`${declared.tag}#${id}: declared properties that do not exist: ${missing.join(', ')}`);
}

/**
 * Saves everything reachable from `root`, cycles and sharing included. Nothing is changed, and the result
 * shares nothing with the objects. Throws StateError.
 */
export function saveGraph(
  root: object,
  services: Services = new Services(),
): { readonly graph: StateGraph; readonly lost: readonly LostItem[] } {
  const saver = new GraphSaver(services);
  const schemaIds = new Map<StateClass, number>();
  const schemas: Schema[] = [];
  const records: Wire[][] = [];
  const lost: LostItem[] = [];
  saver.ref(root);
  for (let id = 0; id < saver.objects.length; id++) {
    const object = saver.objects[id] as Record<string, unknown>;
    const declared = saver.classAt(id);
    checkProperties(object, declared, id);
    let schemaId = schemaIds.get(declared);
    if (schemaId === undefined) {
      schemaId = schemas.length;
      schemaIds.set(declared, schemaId);
      schemas.push({ tag: declared.tag, fields: declared.saved.map(([name, field]) => [name, field.kind]) });
    }
    const record: Wire[] = [schemaId];
    for (const [name, field] of declared.saved) {
      saver.at(declared.tag, id, name);
      if ('reason' in field) {
        const reason = field.reason(object)?.slice(0, MAX_REASON);
        if (reason !== undefined) lost.push({ where: saver.where, reason });
        record.push(reason ?? null);
      } else {
        record.push(field.save(object[name], saver));
      }
    }
    records.push(record);
  }
  return { graph: { schemas, objects: records }, lost };
}
