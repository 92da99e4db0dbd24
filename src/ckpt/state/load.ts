import type { Loader, Wire } from './codec.js';
import { MAX_REASON, type LostItem, type StateGraph } from './graph.js';
import { matchObjects, type Match } from './match.js';
import { tagOf, type ClassOf } from './savable.js';
import { Services } from './services.js';
import { Site } from './site.js';
import { brief, StateError } from './state-error.js';

class GraphLoader extends Site implements Loader {
  readonly #objects: readonly object[];
  /** Ids below this were met; the next new one must be this one. The root is met before all else. */
  #met = 1;
  #filling = true;

  constructor(services: Services, objects: readonly object[]) {
    super(services);
    this.#objects = objects;
  }

  deref(id: Wire): object {
    if (!this.#filling) throw this.error('deref is only for codecs');
    const object = typeof id === 'number' ? this.#objects[id] : undefined;
    if (!object) throw this.error(`expected an object id below ${this.#objects.length}, got ${brief(id)}`);
    if ((id as number) > this.#met)
      throw this.error(`object #${id as number} is referred to before #${this.#met}`);
    if (id === this.#met) this.#met++;
    return object;
  }

  filled(): void {
    this.#filling = false;
    if (this.#met !== this.#objects.length) throw new StateError(`object #${this.#met} is not referred to`);
  }
}

function fill(
  graph: StateGraph,
  matches: readonly Match[],
  objects: readonly object[],
  loader: GraphLoader,
): LostItem[] {
  const lost: LostItem[] = [];
  for (const [id, { declared, saved }] of matches.entries()) {
    const object = objects[id] as Record<string, unknown>;
    const record = graph.objects[id]!;
    for (let i = 0; i < saved.length; i++) {
      const [name, field] = saved[i]!;
      const wire = record[i + 1]!;
      loader.at(declared.tag, id, name);
      if (!('reason' in field)) object[name] = field.load(wire, loader);
      else if (typeof wire === 'string' && wire.length <= MAX_REASON)
        lost.push({ where: loader.where, reason: wire });
      else if (wire !== null) throw loader.error(`expected the reason of a loss, got ${brief(wire)}`);
    }
  }
  loader.filled();
  return lost;
}

function rebuild(matches: readonly Match[], objects: readonly object[], loader: GraphLoader): void {
  for (const [id, { declared }] of matches.entries()) {
    const object = objects[id] as Record<string, unknown>;
    for (const [name, field] of declared.rebuilt) {
      loader.at(declared.tag, id, name);
      object[name] = field.init(object, loader);
    }
  }
  for (const [id, { declared }] of matches.entries()) {
    loader.at(declared.tag, id);
    declared.hooks.afterLoad?.(objects[id]!, loader);
  }
}

/**
 * Builds the objects of a saved graph; the inverse of `saveGraph`. Constructors do not run. First all saved
 * properties of all objects are filled, then the derived ones in the order of the ids, then the `afterLoad`
 * hooks run. Throws StateError unless the graph is exactly what saving a root of class `cls` gives; the
 * code that rebuilds derived properties runs only after everything saved was checked.
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
    throw new StateError(`the root is a ${matches[0]!.declared.tag}, not a ${tagOf(cls)}`);
  }
  const loader = new GraphLoader(services, objects);
  return loader.guard(() => {
    const lost = fill(graph, matches, objects, loader);
    rebuild(matches, objects, loader);
    return { root: root as T, lost };
  });
}
