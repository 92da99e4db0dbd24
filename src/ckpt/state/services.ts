import { StateError } from './state-error.js';

declare const supplied: unique symbol;

/**
 * Names something that the code around a save or a load supplies: the host clock, the CPU, the frame table.
 */
export interface Service<T> {
  readonly name: string;
  /** Only for the type checker. */
  readonly [supplied]?: (value: T) => T;
}

/** A new service; compared by identity, the name is for messages. */
export function service<T>(name: string): Service<T> {
  return { name };
}

/** What the caller of `saveGraph` or `loadGraph` hands to the codecs. */
export class Services {
  readonly #values = new Map<Service<never>, unknown>();

  provide<T>(key: Service<T>, value: T): this {
    this.#values.set(key as unknown as Service<never>, value);
    return this;
  }

  /** A copy with one more. */
  with<T>(key: Service<T>, value: T): Services {
    const copy = new Services();
    for (const [id, held] of this.#values) copy.#values.set(id, held);
    return copy.provide(key, value);
  }

  /** Throws StateError when nothing was provided under that key. */
  get<T>(key: Service<T>): T {
    const id = key as unknown as Service<never>;
    if (!this.#values.has(id)) throw new StateError(`no service "${key.name}" was provided`);
    return this.#values.get(id) as T;
  }

  /** The same, or undefined when nothing was provided under that key. */
  find<T>(key: Service<T>): T | undefined {
    return this.#values.get(key as unknown as Service<never>) as T | undefined;
  }
}
