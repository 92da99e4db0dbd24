/**
 * The object graph of a core as something to walk through. It is shown as it stands in the file, unchecked: every step may lead
 * nowhere, and places that should form a tree may run in a circle.
 */
import type { Json } from '../state/codec.js';

export type Objects = Readonly<Record<string, Json>>;
export type Fields = Readonly<Record<string, Json>>;

const NOTHING: Fields = {};
const DEEPEST = 1000;

export class StateView {
  readonly objects: Objects;
  readonly #byTag = new Map<string, Fields[]>();

  constructor(objects: Objects) {
    this.objects = objects;
    for (const [name, object] of Object.entries(objects)) {
      const tag = tagOf(name);
      const known = this.#byTag.get(tag);
      if (known === undefined) this.#byTag.set(tag, [fieldsOf(object)]);
      else known.push(fieldsOf(object));
    }
  }

  /** The fields of the object that `reference` names; none if it names none. */
  get(reference: Json | undefined): Fields {
    const object =
      typeof reference === 'string' && Object.hasOwn(this.objects, reference)
        ? this.objects[reference]
        : undefined;
    return fieldsOf(object);
  }

  /** The objects of one kind. */
  all(tag: string): readonly Fields[] {
    return this.#byTag.get(tag) ?? [];
  }

  /** The path of a place as the whole machine sees it: "/tmp/a", or "pipe:[7]". */
  path(location: Json | undefined): string {
    const names: string[] = [];
    let place = this.get(location);
    if (place['mount'] === null) return utf8(place['name']);
    const deleted = place['deleted'] === true ? ' (deleted)' : '';
    for (let depth = 0; depth < DEEPEST; depth++) {
      if (typeof place['parent'] === 'string') {
        names.unshift(utf8(place['name']));
        place = this.get(place['parent']);
      } else {
        const { mountpoint } = this.get(place['mount']);
        if (typeof mountpoint !== 'string') break;
        place = this.get(mountpoint);
      }
    }
    return `/${names.join('/')}${deleted}`;
  }
}

/** "Task" of "Task#7". */
export function tagOf(reference: Json | undefined): string {
  return typeof reference === 'string' ? reference.replace(/#\d+$/, '') : '';
}

export function fieldsOf(value: Json | undefined): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : NOTHING;
}

export function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

export function numberOf(value: Json | undefined): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

/** What a byte string most likely says. */
export function utf8(byteString: Json | undefined): string {
  return typeof byteString === 'string' ? Buffer.from(byteString, 'latin1').toString('utf8') : '?';
}
