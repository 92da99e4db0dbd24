/** What a codec is. Everything a codec sees at load comes from a file that may be hostile. */
import type { Services } from './services.js';
import type { StateError } from './state-error.js';

/**
 * What saved values are made of: what CBOR has, without maps, floats and tags. Integers above 2^53 are
 * bigints.
 */
export type Wire = null | boolean | number | bigint | string | Uint8Array | readonly Wire[];

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

interface Site {
  readonly services: Services;
  /** An error to throw, with the class, object and field that are being worked on in front of the message. */
  error(message: string): StateError;
}

export interface Saver extends Site {
  /**
   * The id of an object of the graph; the object is saved too. Throws StateError if its class is not
   * savable.
   */
  ref(object: object): number;
}

export interface Loader extends Site {
  /**
   * The object with that id, perhaps not filled yet. Throws StateError unless `id` is the id of an object.
   */
  deref(id: Wire): object;
}

/**
 * Turns a property into wire values and back.
 *
 * `Out` is what loading returns, `In` what saving accepts (wider for read-only containers). Both directions
 * check the value: `save` so that a kernel bug stops the freeze and not the thaw, `load` because the file
 * is not trusted.
 */
export interface Codec<Out, In = Out> {
  /** Type as text. It stands in the file's schema, so that a property that changed its type is noticed. */
  readonly kind: string;
  /** True if `save` may return null. */
  readonly mayBeNull?: boolean;
  readonly save: (value: In, saver: Saver) => Wire;
  readonly load: (wire: Wire, loader: Loader) => Out;
  /**
   * For people and for comparing; `name` turns an object's id into text. Without it the wire value is shown
   * as it is.
   */
  readonly show?: (wire: Wire, name: (id: Wire) => string) => Json;
}

/** Shows a wire value: bytes as hexadecimal, integers that JSON would round as text. */
export function showWire(wire: Wire): Json {
  if (typeof wire === 'bigint') return wire.toString();
  if (wire instanceof Uint8Array)
    return Buffer.from(wire.buffer, wire.byteOffset, wire.length).toString('hex');
  if (Array.isArray(wire)) return (wire as readonly Wire[]).map(showWire);
  return wire as Json;
}

/** Shows a wire value the way its codec wants it. */
export function showWith(codec: Pick<Codec<unknown>, 'show'>, wire: Wire, name: (id: Wire) => string): Json {
  return codec.show ? codec.show(wire, name) : showWire(wire);
}
