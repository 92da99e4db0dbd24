/** Codecs of objects: savable ones by reference, and those that the surroundings supply. */
import type { Codec } from './codec.js';
import { classOf, tagOf, type ClassOf, type Role } from './savable.js';
import type { Service } from './services.js';
import { brief } from './state-error.js';

function reference<T extends object>(kind: () => string, is: (object: object) => boolean): Codec<T> {
  return {
    get kind() {
      return `ref ${kind()}`;
    },
    save: (value, saver) => {
      if (typeof value !== 'object' || value === null || !is(value)) {
        throw saver.error(`is not a ${kind()}: ${brief(value)}`);
      }
      return saver.ref(value);
    },
    load: (wire, loader) => {
      const object = loader.deref(wire);
      if (!is(object)) throw loader.error(`expected a ${kind()}, got ${brief(object)} (#${Number(wire)})`);
      return object as T;
    },
    show: (wire, name) => name(wire),
  };
}

const isInstance = (object: object, cls: ClassOf<object>): boolean =>
  Object.prototype.isPrototypeOf.call(cls.prototype, object);

/**
 * An object of that class or a savable subclass of it. The function allows for classes that are declared
 * later.
 */
export function ref<T extends object>(of: () => ClassOf<T>): Codec<T> {
  return reference(
    () => tagOf(of()),
    (object) => isInstance(object, of()),
  );
}

/**
 * An object of one of these classes. Give the type where it is an interface: `refAny<Waitable>(() => [Pipe,
 * Futex])`.
 */
export function refAny<T extends object>(of: () => readonly ClassOf<T>[]): Codec<T> {
  return reference(
    () => of().map(tagOf).join('|'),
    (object) => of().some((cls) => isInstance(object, cls)),
  );
}

/** An object of any class that was declared with this role. */
export function refRole<T extends object>(role: Role<T>): Codec<T> {
  return reference(
    () => role.name,
    (object) => classOf(object)?.hooks.roles?.includes(role as Role<unknown> as Role<object>) === true,
  );
}

/** Not part of the graph: the very value that is provided as that service, when saving and when loading. */
export function external<T>(key: Service<T>): Codec<T> {
  return {
    kind: `external ${key.name}`,
    mayBeNull: true,
    save: (value, saver) => {
      if (saver.services.get(key) !== value)
        throw saver.error(`is not the provided ${key.name}: ${brief(value)}`);
      return null;
    },
    load: (wire, loader) => {
      if (wire !== null) throw loader.error(`expected external ${key.name}, got ${brief(wire)}`);
      return loader.services.get(key);
    },
    show: () => `external ${key.name}`,
  };
}
