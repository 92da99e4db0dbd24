/** What must not compile. Each @ts-expect-error is a test: the build fails when the error goes away. */
import { expect } from 'chai';
import { bool, int, listOf, mapOf, oneOf, opt, str, u64 } from '../../../src/ckpt/state/codecs.js';
import { ref, refAny, refRole } from '../../../src/ckpt/state/references.js';
import { accessor, derived, fields, lost, role, savable } from '../../../src/ckpt/state/savable.js';

class Plain {
  count = 0;
  name: string | undefined = undefined;
  run(): number {
    return this.count;
  }
}

class Wide extends Plain {
  list: readonly number[] = [];
  mask = 0n;
  mode: 'r' | 'w' = 'r';
  index: ReadonlyMap<string, boolean> = new Map();
  listener: () => void = () => {};
  get total(): number {
    return this.list.length;
  }
}

class Optional {
  maybe?: number;
}

interface Speaker {
  speak(): string;
}
const speaker = role<Speaker>('Speaker');
class Dog {
  age = 3;
  speak(): string {
    return 'woof';
  }
}
class Stone {
  age = 4;
}
class Holder {
  of: Speaker = new Dog();
}

const plainFields = fields<Plain>({ count: int, name: opt(str) });

export function compiles(): void {
  savable('Wide', Wide, {
    ...plainFields,
    list: listOf(int),
    mask: u64,
    mode: oneOf('r', 'w'),
    index: mapOf(str, bool),
    listener: derived(() => () => {}),
    total: accessor,
  });
  savable('Dog', Dog, { age: int }, { roles: [speaker], afterLoad: (dog) => dog.age.toFixed() });
  savable('Holder', Holder, { of: refRole(speaker) });
  savable('HolderOfDogs', Holder, { of: refAny<Speaker>(() => [Dog]) });
  savable('Derived', Plain, {
    count: derived((self) => (self.name ?? '').length),
    name: lost('gone', () => 'x'),
  });
  savable('LostByReason', Plain, {
    count: lost(
      (self) => self.name,
      (self) => self.count,
    ),
    name: opt(str),
  });
}

export function doesNotCompile(): void {
  // @ts-expect-error a property is missing
  savable('A', Plain, { count: int });
  // @ts-expect-error a property that the class does not have
  savable('B', Plain, { count: int, name: opt(str), stale: int });
  // @ts-expect-error a codec of another type
  savable('C', Plain, { count: str, name: opt(str) });
  // @ts-expect-error a codec that cannot save undefined
  savable('D', Plain, { count: int, name: str });
  // @ts-expect-error a codec that may load undefined
  savable('E', Plain, { count: opt(int), name: opt(str) });
  // @ts-expect-error a method is no property
  savable('F', Plain, { count: int, name: opt(str), run: int });
  // @ts-expect-error a literal union is narrower than a string
  fields<Pick<Wide, 'mode'>>({ mode: str });
  // @ts-expect-error a literal that the union does not have
  fields<Pick<Wide, 'mode'>>({ mode: oneOf('r', 'w', 'x') });
  // @ts-expect-error a literal is missing
  fields<Pick<Wide, 'mode'>>({ mode: oneOf('r') });
  // @ts-expect-error an optional property can have no codec
  savable('G', Optional, { maybe: opt(int) });
  // @ts-expect-error inherited properties must be declared too
  savable('H', Wide, {
    list: listOf(int),
    mask: u64,
    mode: oneOf('r', 'w'),
    index: mapOf(str, bool),
    total: accessor,
  });
  // @ts-expect-error derived gives another type
  savable('I', Plain, { count: derived(() => 'text'), name: opt(str) });
  // @ts-expect-error lost gives another type
  savable('J', Plain, { count: lost('why', () => 'text'), name: opt(str) });
  // @ts-expect-error the class does not play this role
  savable('K', Stone, { age: int }, { roles: [speaker] });
  // @ts-expect-error a class that does not fit the interface
  savable('L', Holder, { of: refAny<Speaker>(() => [Dog, Stone]) });
  // @ts-expect-error a reference to another class
  savable('M', Holder, { of: ref(() => Stone) });
}

describe('state: the type checker', () => {
  it('accepts complete declarations', () => {
    expect(Object.keys(plainFields)).to.deep.equal(['count', 'name']);
  });
});
