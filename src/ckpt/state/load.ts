import type { Loader, Wire } from './codec.js';
import { MAX_REASON, type LostItem, type StateGraph } from './graph.js';
import { matchObjects, type Match } from './match.js';
import type { ClassOf } from './savable.js';
import { Services } from './services.js';
import { brief, StateError } from './state-error.js';

class GraphLoader implements Loader {
  readonly services: Services;
  readonly #objects: readonly object[];
  /** Ids below this were met; the next new one must be this one. The root is met before all else. */
  met = 1;
  #where = '';
  #filling = true;

  constructor(services: Services, objects: readonly object[]) {
    this.services = services;
    this.#objects = objects;
  }

  deref(id: Wire): object {
    if (!this.#filling) throw this.error('deref is only for codecs');
    const object = typeof id === 'number' ? this.#objects[id] : undefined;
    if (!object) throw this.error(`expected an object id below ${this.#objects.length}, got ${brief(id)}`);
    if ((id as number) > this.met)
      throw this.error(`object ids out of order: ${brief(id)} before ${this.met}`);
    if (id === this.met) this.met++;
    return object;
  }

  filled(): void {
    this.#filling = false;
    if (this.met !== this.#objects.length) throw new StateError(`object #${this.met} is not referred to`);
  }

  error(message: string): StateError {
    return new StateError(`${this.#where}: ${message}`);
  }

  /** Does one step; whatever it throws comes out as a StateError that says where. */
  step<V>(where: string, work: () => V): V {
    this.#where = where;
    try {
      return work();
    } catch (error) {
      if (error instanceof StateError) throw error;
      throw new StateError(`${where}: ${error instanceof Error ? error.message : brief(error)}`, {
        cause: error,
      });
    }
  }
}

function fill(
  graph: StateGraph,
  matches: readonly Match[],
  objects: readonly object[],
  loader: GraphLoader,
): LostItem[] {
  const lost: LostItem[] = [];
  matches.forEach(({ declared, saved }, id) => {
    const object = objects[id] as Record<string, unknown>;
    const record = graph.objects[id]!;
    saved.forEach(([name, field], i) => {
      const where = `${declared.tag}#${id}.${name}`;
      const wire = record[i + 1]!;
      if (!('reason' in field)) {
        object[name] = loader.step(where, () => field.load(wire, loader));
      } else if (typeof wire === 'string' && wire.length <= MAX_REASON) {
        lost.push({ where, reason: wire });
      } else if (wire !== null) {
        throw new StateError(`${where}: expected the reason of a loss, got ${brief(wire)}`);
      }
    });
  });
  return lost;
}

function rebuild(matches: readonly Match[], objects: readonly object[], loader: GraphLoader): void {
  matches.forEach(({ declared, saved }, id) => {
    const object = objects[id] as Record<string, unknown>;
    for (const [name, field] of [...saved, ...declared.rebuilt]) {
      if (!('init' in field)) continue;
      object[name] = loader.step(`${declared.tag}#${id}.${name}`, () => field.init(object, loader));
    }
  });
  matches.forEach(({ declared }, id) => {
    const { afterLoad } = declared.hooks;
    if (afterLoad) loader.step(`${declared.tag}#${id}`, () => afterLoad(objects[id]!, loader));
  });
}

/**
 * Builds the objects of a saved graph; the inverse of `saveGraph`. Constructors do not run. First all saved properties of all
 * objects are filled, then the derived ones in the order of the ids, then the `afterLoad` hooks run.
 * Throws StateError unless the graph is exactly what saving a root of class `cls` gives; the code that rebuilds derived properties
 * runs only after everything saved was checked.
 */
export function loadGraph<T extends object>(
  graph: StateGraph,
  cls: ClassOf<T>,
  services: Services = new Services(),
): { readonly root: T; readonly lost: readonly LostItem[] } {
  const matches = matchObjects(graph);
  const objects = matches.map(({ declared }) => Object.create(declared.prototype) as object);
  const root = objects[0]!;
  if (!Object.prototype.isPrototypeOf.call(cls.prototype, root)) {
    throw new StateError(`the root is a ${matches[0]!.declared.tag}, not a ${cls.name}`);
  }
  const loader = new GraphLoader(services, objects);
  const lost = fill(graph, matches, objects, loader);
  loader.filled();
  rebuild(matches, objects, loader);
  return { root: root as T, lost };
}
