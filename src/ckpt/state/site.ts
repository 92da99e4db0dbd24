import type { Services } from './services.js';
import { explain, StateError } from './state-error.js';

/** Where a save or a load is: what its errors begin with. */
export class Site {
  readonly services: Services;
  #tag = '';
  #id = 0;
  #name: string | undefined;

  constructor(services: Services) {
    this.services = services;
  }

  at(tag: string, id: number, name?: string): void {
    this.#tag = tag;
    this.#id = id;
    this.#name = name;
  }

  get where(): string {
    const object = `${this.#tag}#${this.#id}`;
    return this.#name === undefined ? object : `${object}.${this.#name}`;
  }

  error(message: string, cause?: unknown): StateError {
    const text = this.#tag === '' ? message : `${this.where}: ${message}`;
    return cause === undefined ? new StateError(text) : new StateError(text, { cause });
  }

  /** Whatever `work` throws comes out as a StateError that says where. */
  guard<V>(work: () => V): V {
    try {
      return work();
    } catch (error) {
      throw error instanceof StateError ? error : this.error(explain(error), error);
    }
  }
}
