/** The codecs of values and containers. Those of objects are in references.ts. */
import { showWith, type Codec, type Loader, type Wire } from './codec.js';
import { brief } from './state-error.js';

/** A codec whose saved form is the value itself: `is` says which values there are. */
function scalar<V extends Wire>(kind: string, is: (value: unknown) => boolean): Codec<V> {
  return {
    kind,
    save: (value, saver) => {
      if (!is(value)) throw saver.error(`is not ${kind}: ${brief(value)}`);
      return value;
    },
    load: (wire, loader) => {
      if (!is(wire)) throw loader.error(`expected ${kind}, got ${brief(wire)}`);
      return wire as V;
    },
  };
}

const integer = (kind: string, lowest: number): Codec<number> => {
  const codec = scalar<number>(kind, (v) => Number.isSafeInteger(v) && (v as number) >= lowest);
  // CBOR has a minus zero only among its floats.
  return { ...codec, save: (value, saver) => (codec.save(value, saver) as number) + 0 };
};

/** An integer that a double holds exactly. */
export const int: Codec<number> = integer('int', -Infinity);
/** A non-negative integer that a double holds exactly: addresses, sizes, ids. */
export const uint: Codec<number> = integer('uint', 0);

const isSafe = (value: bigint): boolean => value > -(1n << 53n) && value < 1n << 53n;
/** cbor2 gives this one as a number, which `isSafe` does not cover. */
const LOWEST_DECODED = -(2 ** 53);

/**
 * Saved as a number if that is exact, else as a bigint: one form for each value keeps the output
 * deterministic.
 */
const integer64 = (kind: string, lowest: bigint, highest: bigint): Codec<bigint> => ({
  kind,
  save: (value, saver) => {
    if (typeof value !== 'bigint' || value < lowest || value > highest) {
      throw saver.error(`is not ${kind}: ${brief(value)}`);
    }
    return isSafe(value) ? Number(value) : value;
  },
  load: (wire, loader) => {
    const valid =
      typeof wire === 'bigint' ? !isSafe(wire) : Number.isSafeInteger(wire) || wire === LOWEST_DECODED;
    const value = valid ? BigInt(wire as number | bigint) : undefined;
    if (value === undefined || value < lowest || value > highest) {
      throw loader.error(`expected ${kind}, got ${brief(wire)}`);
    }
    return value;
  },
  show: (wire) => String(wire),
});

/** 0 to 2^64 - 1. */
export const u64: Codec<bigint> = integer64('u64', 0n, 0xffff_ffff_ffff_ffffn);
/** -2^63 to 2^63 - 1. */
export const i64: Codec<bigint> = integer64('i64', -(1n << 63n), (1n << 63n) - 1n);

export const bool: Codec<boolean> = scalar('bool', (v) => typeof v === 'boolean');

const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * Any JavaScript string. One with lone surrogates has no UTF-8 form: it is kept as the bytes of its
 * UTF-16LE form.
 */
export const str: Codec<string> = {
  kind: 'str',
  save: (value, saver) => {
    if (typeof value !== 'string') throw saver.error(`is not str: ${brief(value)}`);
    return LONE_SURROGATE.test(value) ? new Uint8Array(Buffer.from(value, 'utf16le')) : value;
  },
  load: (wire, loader) => {
    if (typeof wire === 'string') return wire;
    if (wire instanceof Uint8Array && wire.length % 2 === 0) {
      const value = Buffer.from(wire).toString('utf16le');
      if (LONE_SURROGATE.test(value)) return value;
    }
    throw loader.error(`expected str, got ${brief(wire)}`);
  },
};

/** A Uint8Array. Both directions copy: two properties that share one array no longer do so after a load. */
export const bytes: Codec<Uint8Array> = {
  kind: 'bytes',
  save: (value, saver) => {
    if (!(value instanceof Uint8Array)) throw saver.error(`is not bytes: ${brief(value)}`);
    return new Uint8Array(value);
  },
  load: (wire, loader) => {
    if (!(wire instanceof Uint8Array)) throw loader.error(`expected bytes, got ${brief(wire)}`);
    return new Uint8Array(wire);
  },
};

/** One of the given literals: `oneOf('running', 'stopped')`, `oneOf(...Object.values(Whence))`. */
export function oneOf<const V extends string | number | boolean>(...values: readonly V[]): Codec<V> {
  const allowed = new Set<unknown>(values);
  return scalar(
    `one of ${values.map((v) => JSON.stringify(v)).join('|')}`,
    (v) => allowed.has(v) && !Object.is(v, -0),
  );
}

function orNothing<O, I, N extends undefined | null>(
  codec: Codec<O, I>,
  nothing: N,
  word: string,
): Codec<O | N, I | N> {
  const wrap = codec.mayBeNull === true; // else opt(nullable(x)) could not tell its two nothings apart
  return {
    get kind() {
      return `${word}(${codec.kind})`;
    },
    mayBeNull: true,
    save: (value, saver) => {
      if (value === nothing) return null;
      const wire = codec.save(value as I, saver);
      return wrap ? [wire] : wire;
    },
    load: (wire, loader) => {
      if (wire === null) return nothing;
      return codec.load(wrap ? items(wire, loader, 1)[0]! : wire, loader);
    },
    show: (wire, name) => (wire === null ? null : showWith(codec, wrap ? (wire as Wire[])[0]! : wire, name)),
  };
}

/** The value or undefined. */
export function opt<O, I>(codec: Codec<O, I>): Codec<O | undefined, I | undefined> {
  return orNothing(codec, undefined, 'opt');
}

/** The value or null. */
export function nullable<O, I>(codec: Codec<O, I>): Codec<O | null, I | null> {
  return orNothing(codec, null, 'nullable');
}

function items(wire: Wire, loader: Loader, count?: number): readonly Wire[] {
  if (!Array.isArray(wire)) throw loader.error(`expected a list, got ${brief(wire)}`);
  if (count !== undefined && wire.length !== count) {
    throw loader.error(`expected a list of ${count}, got ${brief(wire)}`);
  }
  return wire as readonly Wire[];
}

const showItems = (codec: Pick<Codec<unknown>, 'show'>, wire: Wire, name: (id: Wire) => string) =>
  (wire as readonly Wire[]).map((item) => showWith(codec, item, name));

export function listOf<O, I>(codec: Codec<O, I>): Codec<O[], readonly I[]> {
  return {
    get kind() {
      return `list(${codec.kind})`;
    },
    save: (value, saver) => {
      if (!Array.isArray(value)) throw saver.error(`is not a list: ${brief(value)}`);
      return (value as readonly I[]).map((item) => codec.save(item, saver));
    },
    load: (wire, loader) => items(wire, loader).map((item) => codec.load(item, loader)),
    show: (wire, name) => showItems(codec, wire, name),
  };
}

/** In insertion order. */
export function setOf<O, I>(codec: Codec<O, I>): Codec<Set<O>, ReadonlySet<I>> {
  return {
    get kind() {
      return `set(${codec.kind})`;
    },
    save: (value, saver) => {
      if (!(value instanceof Set)) throw saver.error(`is not a set: ${brief(value)}`);
      return Array.from(value as ReadonlySet<I>, (item) => codec.save(item, saver));
    },
    load: (wire, loader) => {
      const list = items(wire, loader);
      const set = new Set(list.map((item) => codec.load(item, loader)));
      if (set.size !== list.length) throw loader.error('has an element twice');
      return set;
    },
    show: (wire, name) => showItems(codec, wire, name),
  };
}

/**
 * In insertion order. Keys may be anything but lists, bytes and structs, which JavaScript compares by
 * identity.
 */
export function mapOf<KO, KI, VO, VI>(
  key: Codec<KO, KI>,
  value: Codec<VO, VI>,
): Codec<Map<KO, VO>, ReadonlyMap<KI, VI>> {
  return {
    get kind() {
      return `map(${key.kind},${value.kind})`;
    },
    save: (map, saver) => {
      if (!(map instanceof Map)) throw saver.error(`is not a map: ${brief(map)}`);
      return Array.from(map as ReadonlyMap<KI, VI>, ([k, v]) => [key.save(k, saver), value.save(v, saver)]);
    },
    load: (wire, loader) => {
      const map = new Map<KO, VO>();
      const list = items(wire, loader);
      for (const entry of list) {
        const pair = items(entry, loader, 2);
        map.set(key.load(pair[0]!, loader), value.load(pair[1]!, loader));
      }
      if (map.size !== list.length) throw loader.error('has a key twice');
      return map;
    },
    show: (wire, name) =>
      (wire as readonly (readonly Wire[])[]).map(([k, v]) => [
        showWith(key, k!, name),
        showWith(value, v!, name),
      ]),
  };
}

type Codecs<T extends readonly unknown[]> = { readonly [K in keyof T]: Codec<T[K]> };

/** A list of fixed length: `tuple(int, str)` is a `[number, string]`. */
export function tuple<T extends readonly unknown[]>(...codecs: Codecs<T>): Codec<T> {
  const parts = codecs as readonly Codec<unknown>[];
  return {
    get kind() {
      return `tuple(${parts.map((c) => c.kind).join(',')})`;
    },
    save: (value, saver) => {
      if (!Array.isArray(value) || value.length !== parts.length) {
        throw saver.error(`is not a list of ${parts.length}: ${brief(value)}`);
      }
      return parts.map((codec, i) => codec.save(value[i], saver));
    },
    load: (wire, loader) => {
      const list = items(wire, loader, parts.length);
      return parts.map((codec, i) => codec.load(list[i]!, loader)) as unknown as T;
    },
    show: (wire, name) => parts.map((codec, i) => showWith(codec, (wire as Wire[])[i]!, name)),
  };
}

/**
 * A plain object literal with exactly these properties: `struct({ start: uint, end: uint })`. It is saved
 * by value: two properties that share one such object no longer do so after a load. What is shared must be
 * a savable class.
 */
export function struct<T extends object>(fields: { readonly [K in keyof T]-?: Codec<T[K]> }): Codec<T> {
  const parts = Object.entries(fields) as [string, Codec<unknown>][];
  return {
    get kind() {
      return `{${parts.map(([name, c]) => `${name}:${c.kind}`).join(',')}}`;
    },
    save: (value, saver) => {
      if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) {
        throw saver.error(`is not a plain object: ${brief(value)}`);
      }
      const surplus = Reflect.ownKeys(value).filter(
        (k) => typeof k === 'symbol' || !Object.hasOwn(fields, k),
      );
      if (surplus.length > 0)
        throw saver.error(`has undeclared properties: ${surplus.map(String).join(', ')}`);
      return parts.map(([name, codec]) => codec.save((value as Record<string, unknown>)[name], saver));
    },
    load: (wire, loader) => {
      const list = items(wire, loader, parts.length);
      const value: Record<string, unknown> = {};
      parts.forEach(([name, codec], i) => (value[name] = codec.load(list[i]!, loader)));
      return value as T;
    },
    show: (wire, name) =>
      Object.fromEntries(parts.map(([key, codec], i) => [key, showWith(codec, (wire as Wire[])[i]!, name)])),
  };
}
