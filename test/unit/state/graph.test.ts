import { expect } from 'chai';
import { decodeGraph, encodeGraph } from '../../../src/ckpt/state/cbor.js';
import {
  bytes,
  i64,
  int,
  listOf,
  nullable,
  opt,
  str,
  struct,
  u64,
  uint,
} from '../../../src/ckpt/state/codecs.js';
import { graphToJson } from '../../../src/ckpt/state/json.js';
import { loadGraph } from '../../../src/ckpt/state/load.js';
import { ref } from '../../../src/ckpt/state/references.js';
import { accessor, classByTag, savable } from '../../../src/ckpt/state/savable.js';
import { saveGraph } from '../../../src/ckpt/state/save.js';
import { Services } from '../../../src/ckpt/state/services.js';
import { StateError } from '../../../src/ckpt/state/state-error.js';
import {
  clockService,
  DirInode,
  FileInode,
  frameService,
  machine,
  Pipe,
  Task,
  type Clock,
} from './fixture.js';

const oldClock: Clock = { now: () => 1 };
const newClock: Clock = { now: () => 2 };
const saving = new Services()
  .provide(clockService, oldClock)
  .provide(frameService, { toFile: (frame) => frame * 10, fromFile: () => undefined });
const loading = new Services().provide(clockService, newClock).provide(frameService, {
  toFile: (frame) => frame * 10,
  fromFile: (n) => (n % 10 === 0 ? n / 10 : undefined),
});

const frozen = () => encodeGraph(saveGraph(machine(oldClock), saving).graph);

class Scalars {
  int = 0;
  u64 = 0n;
  i64 = 0n;
  text = '';
  raw: Uint8Array = new Uint8Array();
  deep: number | null | undefined = undefined;
  pair = { a: 1 };
  list: number[] = [];
}
savable('TestScalars', Scalars, {
  int,
  u64,
  i64,
  text: str,
  raw: bytes,
  deep: nullable(opt(int)),
  pair: struct({ a: int }),
  list: listOf(uint),
});

class Node {
  next: Node | undefined = undefined;
}
savable('TestNode', Node, { next: opt(ref(() => Node)) });

const again = (value: Partial<Scalars>): Scalars => {
  const graph = saveGraph(Object.assign(new Scalars(), value)).graph;
  const read = decodeGraph(encodeGraph(graph));
  expect(read).to.deep.equal(graph);
  return loadGraph(read, Scalars).root;
};
const saveError = (value: object) => expect(() => saveGraph(Object.assign(new Scalars(), value)));

describe('state: a round trip', () => {
  it('keeps values, sharing, cycles and classes', () => {
    const { root, lost } = loadGraph(decodeGraph(frozen()), Task, loading);
    const second = root.children.get(2)!;
    expect(second.parent).to.equal(root);
    const [directory, none, file] = root.files;
    expect(none).to.equal(null);
    expect(directory).to.be.instanceOf(DirInode);
    expect(file).to.be.instanceOf(FileInode);
    expect((directory as DirInode).entries.get('__proto__')).to.equal(file);
    expect((directory as DirInode).entries.get('caf\u00e9 \ud800')).to.equal(file);
    expect(file!.parent).to.equal(directory);
    expect((file as FileInode).data).to.deep.equal(Uint8Array.of(1, 2, 3));
    expect(second.mask).to.equal(0xffff_ffff_ffff_fffen);
    expect([root.exitCode, second.exitCode]).to.deep.equal([undefined, null]);
    expect([...second.pending]).to.deep.equal([9, 2]);
    expect(second.rlimits).to.deep.equal([[1, 2]]);
    expect(second.altStack).to.deep.equal({ base: 0x7000_0000_0000, size: 8192, on: true });
    expect(second.wait!.on).to.be.instanceOf(Pipe);
    expect(second.wait!.deadlineNs).to.equal(-5n);
    expect(second.name).to.equal('init/2');
    expect(lost).to.deep.equal([{ where: 'TestPipe#5.peer', reason: 'the other end is on the host' }]);
  });

  it('renumbers through a service, attaches what is external, rebuilds what is derived, then runs the hooks', () => {
    const graph = decodeGraph(frozen());
    expect(graphToJson(graph)['TestTask#0']).to.include({ page: 70, clock: 'external clock' });
    const { root } = loadGraph(graph, Task, loading);
    const second = root.children.get(2)!;
    expect(root.page).to.equal(7);
    expect(second.clock).to.equal(newClock);
    expect(second.ancestors).to.equal(1);
    expect(second.loaded).to.equal(101);
    expect(second.onExit).to.be.a('function');
  });

  it('is idempotent to the byte', () => {
    const first = frozen();
    const { root } = loadGraph(decodeGraph(first), Task, loading);
    root.children.get(2)!.wait!.on = Object.assign(root.children.get(2)!.wait!.on, { peer: {} });
    const relocated = new Services()
      .provide(clockService, newClock)
      .provide(frameService, loading.get(frameService));
    expect(Buffer.from(encodeGraph(saveGraph(root, relocated).graph)).equals(first)).to.equal(true);
    expect(encodeGraph(decodeGraph(first))).to.deep.equal(first);
  });

  it('shows references by name', () => {
    const json = graphToJson(decodeGraph(frozen()));
    expect(json['TestTask#0']).to.deep.include({
      children: [[2, 'TestTask#1']],
      files: ['TestDirInode#2', null, 'TestFileInode#3'],
    });
    expect(json['TestFileInode#3']).to.deep.include({ data: '010203', parent: 'TestDirInode#2' });
    expect(JSON.parse(JSON.stringify(json))).to.deep.equal(json);
  });

  for (const value of [0n, 1n, 2n ** 53n - 1n, 2n ** 53n + 1n, 2n ** 63n - 1n]) {
    it(`keeps ${value} and its negative`, () => {
      expect(again({ u64: value, i64: -value })).to.include({ u64: value, i64: -value });
    });
  }

  it('keeps the extremes of the types', () => {
    expect(again({ u64: 2n ** 64n - 1n }).u64).to.equal(2n ** 64n - 1n);
    expect(again({ i64: -(2n ** 63n) }).i64).to.equal(-(2n ** 63n));
    const lowest = saveGraph(Object.assign(new Scalars(), { i64: -(2n ** 53n), u64: 2n ** 53n })).graph;
    for (const graph of [lowest, decodeGraph(encodeGraph(lowest))]) {
      expect(loadGraph(graph, Scalars).root).to.include({ i64: -(2n ** 53n), u64: 2n ** 53n });
    }
    expect(again({ int: Number.MIN_SAFE_INTEGER }).int).to.equal(Number.MIN_SAFE_INTEGER);
    expect(again({ int: -0 }).int).to.equal(0);
    expect(again({ raw: new Uint8Array(70000).fill(7) }).raw).to.deep.equal(new Uint8Array(70000).fill(7));
    for (const text of ['', '\ufeffx', '\ud83d\ude00', '\ude00\ud83d', 'a\0b', '\udcff']) {
      expect(again({ text }).text).to.equal(text);
    }
    expect([undefined, null, 5].map((deep) => again({ deep }).deep)).to.deep.equal([undefined, null, 5]);
  });

  it('takes bytes as a copy', () => {
    const raw = Uint8Array.of(1);
    const { graph } = saveGraph(Object.assign(new Scalars(), { raw }));
    raw[0] = 2;
    const loaded = loadGraph(graph, Scalars).root;
    expect(loaded.raw[0]).to.equal(1);
    loaded.raw[0] = 3;
    expect(loadGraph(graph, Scalars).root.raw[0]).to.equal(1);
  });

  it('follows a chain of 100,000 objects without recursion', () => {
    const root = new Node();
    let at = root;
    for (let i = 0; i < 100_000; i++) at = at.next = new Node();
    let loaded = loadGraph(decodeGraph(encodeGraph(saveGraph(root).graph)), Node).root;
    let length = 0;
    for (; loaded.next; loaded = loaded.next) length++;
    expect(length).to.equal(100_000);
  });
});

describe('state: refused when saving', () => {
  it('private properties and functions in properties', () => {
    class Leaky {
      a = 1;
      private b = 2;
      use = () => this.b;
    }
    savable('TestLeaky', Leaky, { a: int });
    expect(() => saveGraph(new Leaky())).to.throw(StateError, /^TestLeaky#0: undeclared properties: b, use$/);
  });

  it('properties that come and go', () => {
    saveError({ extra: 1 }).to.throw(StateError, 'TestScalars#0: undeclared properties: extra');
    saveError({ [Symbol('s')]: 1 }).to.throw(StateError, 'Symbol(s)');
    const less = new Scalars() as Partial<Scalars>;
    delete less.raw;
    expect(() => saveGraph(less)).to.throw(
      StateError,
      'TestScalars#0: declared properties that do not exist: raw',
    );
  });

  it('values that do not fit', () => {
    saveError({ int: 0.5 }).to.throw(StateError, 'TestScalars#0.int: is not int: number 0.5');
    saveError({ int: 2 ** 53 }).to.throw(StateError);
    saveError({ u64: -1n }).to.throw(StateError, 'TestScalars#0.u64: is not u64: bigint -1');
    saveError({ u64: 1n << 64n }).to.throw(StateError);
    saveError({ u64: 1 }).to.throw(StateError);
    saveError({ i64: 1n << 63n }).to.throw(StateError);
    saveError({ text: 5 }).to.throw(StateError);
    saveError({ raw: [1] }).to.throw(StateError, 'list of 1');
    saveError({ pair: { a: 1, b: 2 } }).to.throw(StateError, 'has undeclared properties: b');
    saveError({ pair: new Scalars() }).to.throw(StateError, 'is not a plain object: object of class Scalars');
    saveError({ list: [1, -1] }).to.throw(StateError, 'TestScalars#0.list: is not uint: number -1');
  });

  it('classes that are not declared, subclasses included', () => {
    class Loose extends Node {}
    expect(() => saveGraph(new Loose())).to.throw(StateError, 'not savable: object of class Loose');
    const root = new Node();
    root.next = new Loose();
    expect(() => saveGraph(root)).to.throw(
      StateError,
      'TestNode#0.next: refers to something that is not savable',
    );
  });

  it('an external value that is not the provided one', () => {
    expect(() => saveGraph(machine(newClock), saving)).to.throw(
      StateError,
      'TestTask#0.clock: is not the provided clock',
    );
    expect(() => saveGraph(machine(oldClock))).to.throw(StateError, 'no service "frames" was provided');
  });
});

describe('state: refused when declaring', () => {
  class Other {
    a = 1;
    get b(): number {
      return this.a;
    }
  }
  it('a tag or a class twice, a strange tag', () => {
    expect(() => savable('TestNode', Other, { a: int, b: accessor })).to.throw(
      TypeError,
      'used by two classes',
    );
    expect(() => savable('TestNode2', Node, { next: opt(ref(() => Node)) })).to.throw(
      TypeError,
      'declared savable twice',
    );
    expect(() => savable('no tag', Other, { a: int, b: accessor })).to.throw(TypeError, 'not a usable tag');
  });
  it('a wrong accessor, once the class is used', () => {
    savable('TestOther', Other, { a: accessor, b: accessor });
    expect(() => classByTag('TestOther')).to.throw(TypeError, 'TestOther.a has no getter');
    class Another extends Other {}
    savable('TestAnother', Another, { a: int, b: int });
    expect(() => saveGraph(new Another())).to.throw(TypeError, 'TestAnother.b is a getter');
  });
});
