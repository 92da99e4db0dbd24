/**
 * How state is declared. Beside each class, `savable(tag, Class, fields)` names every own data property: a
 * codec, or how it is rebuilt. A missing, stale or mistyped property does not compile; what the type
 * checker cannot see (`private` properties, functions stored in properties) is refused when an object is
 * saved.
 */
import type { Codec, Loader } from './codec.js';

/** A class, abstract ones and those with a private constructor included. */
export interface ClassOf<T extends object> {
  readonly name: string;
  readonly prototype: T;
}

/** Not saved: `init` rebuilds it after all saved properties of all objects are filled. */
export interface Derived<V, T = never> {
  readonly kind: 'derived';
  readonly init: (self: T, loader: Loader) => V;
}

/**
 * Not saved because it cannot be: the report of the freeze and of the thaw say why, and `init` puts
 * something in its place.
 */
export interface Lost<V, T = never> {
  readonly kind: 'lost';
  /** Undefined if this object has nothing to lose. */
  readonly reason: (self: T) => string | undefined;
  readonly init: (self: T, loader: Loader) => V;
}

/** A getter (or getter and setter) of the class, which the type checker cannot tell from a property. */
export interface Accessor {
  readonly kind: 'accessor';
}

type Method = (...args: never[]) => unknown;
/** All properties but methods. */
type DataKeys<T> = { [K in keyof T]-?: T[K] extends Method ? never : K }[keyof T];

/**
 * What must be said about a class. An optional property (`a?: V`) can have no codec: write `a: V |
 * undefined`. A method needs nothing; a property that holds a function can only be derived or lost.
 */
export type Fields<T> = {
  readonly [K in DataKeys<T>]-?: object extends Pick<T, K>
    ? never
    : Codec<T[K]> | Derived<T[K], T> | Lost<T[K], T> | Accessor;
} & { readonly [K in Exclude<keyof T, DataKeys<T>>]?: Derived<T[K], T> | Lost<T[K], T> };

export type AnyField = Codec<unknown> | Derived<unknown, object> | Lost<unknown, object> | Accessor;

export interface Hooks<T> {
  /** Runs when every object of the graph is filled, in the order of the ids. */
  readonly afterLoad?: (self: T, loader: Loader) => void;
  /** The roles this class plays (see `role`). */
  readonly roles?: readonly Role<T>[];
}

/** An interface of a lower layer whose implementations are only known to the layers above: see `role`. */
export interface Role<T> {
  readonly name: string;
  /** Only for the type checker: a class may play the role of anything it is a subtype of. */
  readonly accepts?: (value: T) => void;
}

/** A savable class as the saver and the loader see it. */
export interface StateClass {
  readonly tag: string;
  readonly prototype: object;
  /** Saved and lost properties, in the order of the declaration. */
  readonly saved: readonly (readonly [name: string, field: Codec<unknown> | Lost<unknown, object>])[];
  /** Derived and lost properties: those that `init` makes. */
  readonly rebuilt: readonly (readonly [
    name: string,
    field: Derived<unknown, object> | Lost<unknown, object>,
  ])[];
  /** All own properties an object of this class has. */
  readonly own: ReadonlySet<string>;
  readonly hooks: Hooks<object>;
}

const TAG = /^[A-Za-z][A-Za-z0-9.]*$/;

interface Declaration {
  readonly tag: string;
  readonly cls: ClassOf<object>;
  readonly table: Readonly<Record<string, AnyField>>;
  readonly hooks: Hooks<object>;
  looked: StateClass | undefined;
}

const byTag = new Map<string, Declaration>();
const byPrototype = new Map<object, Declaration>();
/** Tags of classes that no object is of exactly: what references name. */
const baseTags = new Map<object, string>();

/** A field table of its own, for the subclasses to spread: `const inodeFields = fields<Inode>({...})`. */
export function fields<T extends object>(table: Fields<T>): Fields<T> {
  return table;
}

/** Does not ask a codec for its kind: that may name a class that is still being declared. */
const isDerived = (field: object): boolean => 'init' in field && !('reason' in field);

/**
 * Declares a class. The tag is its name in files: unique, and never reused for something else. The table is looked at when an object of
 * the class is first saved or loaded, which most runs never do.
 */
export function savable<T extends object>(
  tag: string,
  cls: ClassOf<T>,
  table: NoInfer<Fields<T>>,
  hooks: NoInfer<Hooks<T>> = {},
): void {
  if (!TAG.test(tag)) throw new TypeError(`"${tag}" is not a usable tag`);
  if (byTag.has(tag)) throw new TypeError(`the tag "${tag}" is used by two classes`);
  if (byPrototype.has(cls.prototype)) throw new TypeError(`class ${cls.name} is declared savable twice`);
  const declaration: Declaration = {
    tag,
    cls,
    table: table,
    hooks: hooks as Hooks<object>,
    looked: undefined,
  };
  byTag.set(tag, declaration);
  byPrototype.set(cls.prototype, declaration);
}

/** @throws TypeError when the table takes a getter for a property, or the other way round */
function look(declaration: Declaration): StateClass {
  const { tag, cls, table, hooks } = declaration;
  const entries = Object.entries(table);
  const isAccessor = (name: string): boolean => {
    for (let at: object | null = cls.prototype; at; at = Object.getPrototypeOf(at) as object | null) {
      if (Object.getOwnPropertyDescriptor(at, name)?.get) return true;
    }
    return false;
  };
  for (const [name, field] of entries) {
    if ((field === accessor) !== isAccessor(name)) {
      throw new TypeError(`${tag}.${name} ${field === accessor ? 'has no getter' : 'is a getter'}`);
    }
  }
  const own = entries.filter(([, field]) => field !== accessor);
  return (declaration.looked = {
    tag,
    prototype: cls.prototype,
    saved: own.filter(([, field]) => !isDerived(field)) as unknown as StateClass['saved'],
    rebuilt: own.filter(([, field]) => 'init' in field) as unknown as StateClass['rebuilt'],
    own: new Set(own.map(([name]) => name)),
    hooks,
  });
}

/**
 * Names a class that is not savable itself, only its subclasses are, and that references may name: `savableBase('vfs.Inode', Inode)`.
 * The name stands in cores, which must not change when a class is renamed or a bundler shortens its name.
 */
export function savableBase(tag: string, cls: ClassOf<object>): void {
  if (!TAG.test(tag)) throw new TypeError(`"${tag}" is not a usable tag`);
  if (byTag.has(tag) || [...baseTags.values()].includes(tag))
    throw new TypeError(`the tag "${tag}" is used by two classes`);
  baseTags.set(cls.prototype, tag);
}

/** What cores call a class. Throws TypeError if it has no tag. */
export function tagOf(cls: ClassOf<object>): string {
  const tag = byPrototype.get(cls.prototype)?.tag ?? baseTags.get(cls.prototype);
  if (tag === undefined) throw new TypeError(`class ${cls.name} has no tag: see savable and savableBase`);
  return tag;
}

/**
 * For what can be rebuilt: caches, host things to attach again. `self` has all its saved properties by
 * then.
 */
export function derived<V, T = unknown>(init: (self: T, loader: Loader) => V): Derived<V, T> {
  return { kind: 'derived', init };
}

/**
 * For what cannot be kept. `reason` (or what it returns for the object; undefined: nothing is lost) goes
 * into the report of `saveGraph` and of `loadGraph`.
 */
export function lost<V, T = unknown>(
  reason: string | ((self: T) => string | undefined),
  init: (self: T, loader: Loader) => V,
): Lost<V, T> {
  return { kind: 'lost', reason: typeof reason === 'string' ? () => reason : reason, init };
}

export const accessor: Accessor = { kind: 'accessor' };

/**
 * A role: `const fileOps = role<FileOps>('FileOps')` beside the interface, `roles: [fileOps]` where a class
 * that plays it is declared, and `refRole(fileOps)` for the properties that hold one.
 */
export function role<T>(name: string): Role<T> {
  return { name };
}

/** The declaration of exactly this object's class (a superclass's does not count). @throws TypeError for a wrong one */
export function classOf(object: object): StateClass | undefined {
  const declaration = byPrototype.get(Object.getPrototypeOf(object) as object);
  return declaration && (declaration.looked ?? look(declaration));
}

/** @throws TypeError for a wrong declaration */
export function classByTag(tag: string): StateClass | undefined {
  const declaration = byTag.get(tag);
  return declaration && (declaration.looked ?? look(declaration));
}

/** The tags of all classes that were declared. */
export function declaredTags(): readonly string[] {
  return [...byTag.keys()];
}
