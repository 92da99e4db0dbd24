import { expect } from 'chai';
import { encode } from 'cbor2';
import { decodeGraph, encodeGraph } from '../../../src/ckpt/state/cbor.js';
import type { Wire } from '../../../src/ckpt/state/codec.js';
import type { StateGraph } from '../../../src/ckpt/state/graph.js';
import { graphToJson } from '../../../src/ckpt/state/json.js';
import { loadGraph } from '../../../src/ckpt/state/load.js';
import { derived, savable } from '../../../src/ckpt/state/savable.js';
import { saveGraph } from '../../../src/ckpt/state/save.js';
import { Services } from '../../../src/ckpt/state/services.js';
import { int } from '../../../src/ckpt/state/codecs.js';
import { StateError } from '../../../src/ckpt/state/state-error.js';
import { clockService, frameService, machine, Pipe, Task } from './fixture.js';

const services = new Services()
  .provide(clockService, { now: () => 1 })
  .provide(frameService, { toFile: (frame) => frame, fromFile: (n) => (n < 100 ? n : undefined) });
const graph = saveGraph(machine(services.get(clockService)), services).graph;

/** A deep copy with one value of one object replaced. */
function changed(object: number, property: string, value: Wire): StateGraph {
  const copy = structuredClone(graph) as { schemas: StateGraph['schemas']; objects: Wire[][] };
  const record = copy.objects[object]!;
  const at = copy.schemas[record[0] as number]!.fields.findIndex(([name]) => name === property);
  expect(at).to.be.greaterThanOrEqual(0);
  record[at + 1] = value;
  return copy;
}
const loadError = (bad: StateGraph) => expect(() => loadGraph(bad, Task, services));
const withSchemas = (edit: (schemas: [string, [string, string][]][]) => void): StateGraph => {
  const schemas = graph.schemas.map((s): [string, [string, string][]] => [
    s.tag,
    s.fields.map(([n, k]): [string, string] => [n, k]),
  ]);
  edit(schemas);
  return { schemas: schemas.map(([tag, fields]) => ({ tag, fields })), objects: graph.objects };
};
const file = (...parts: unknown[]) => encode(['vkernel-state', 1, ...parts]);

/** A small generator with a seed (mulberry32), so that a failure can be repeated. */
function random(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe('state: a hostile graph', () => {
  const cases: [object: number, property: string, value: Wire, message: string][] = [
    [0, 'tid', 'x', 'TestTask#0.tid: expected int, got string "x"'],
    [0, 'tid', 0.5, 'expected int, got number 0.5'],
    [0, 'tid', 2n ** 60n, 'expected int, got bigint'],
    [0, 'mask', -1, 'expected u64, got number -1'],
    [0, 'mask', 5n, 'expected u64, got bigint 5'],
    [0, 'mask', 2n ** 64n, 'expected u64'],
    [0, 'comm', Uint8Array.of(65, 0), 'expected str, got 2 bytes'],
    [0, 'state', 'dead', 'expected one of "running"|"stopped", got string "dead"'],
    [0, 'frozen', 1, 'expected bool'],
    [0, 'exitCode', [1, 2], 'expected a list of 1, got list of 2'],
    [0, 'parent', 99, 'TestTask#0.parent: expected an object id below 7, got number 99'],
    [0, 'parent', -1, 'expected an object id'],
    [0, 'parent', 0.5, 'expected an object id'],
    [0, 'parent', 5, 'object #5 is referred to before #1'],
    [1, 'parent', 2, 'TestTask#1.parent: expected a TestTask, got object of class DirInode (#2)'],
    [0, 'children', [[2, 1, 1]], 'expected a list of 2'],
    [
      0,
      'children',
      [
        [2, 1],
        [2, 1],
      ],
      'has a key twice',
    ],
    [0, 'children', 7, 'expected a list, got number 7'],
    [1, 'pending', [9, 9], 'has an element twice'],
    [1, 'rlimits', [[1]], 'expected a list of 2'],
    [1, 'altStack', [1, 2], 'expected a list of 3'],
    [0, 'page', 100, 'TestTask#0.page: expected the number of a frame'],
    [0, 'clock', 1, 'expected external clock'],
    [0, 'files', [], 'object'],
    [5, 'peer', 7, 'TestPipe#5.peer: expected the reason of a loss'],
    [5, 'peer', 'x'.repeat(501), 'expected the reason of a loss'],
    [4, 'on', 0, 'TestWait#4.on: expected a Waitable, got object of class Task (#0)'],
    [4, 'also', 1, 'expected a TestPipe|TestFutex'],
  ];
  for (const [object, property, value, message] of cases) {
    it(`${property} = ${String(value)}: ${message}`, () => {
      loadError(changed(object, property, value)).to.throw(StateError, message);
    });
  }

  it('names what is wrong with classes', () => {
    loadError(withSchemas((s) => (s[0]![0] = 'Zask'))).to.throw(StateError, 'unknown class: string "Zask"');
    loadError(withSchemas((s) => (s[0]![0] = '__proto__'))).to.throw(StateError, 'unknown class');
    loadError(withSchemas((s) => (s[1]![0] = 'TestTask'))).to.throw(
      StateError,
      'class TestTask stands twice',
    );
    loadError(withSchemas((s) => s[0]![1].pop())).to.throw(
      StateError,
      'class TestTask: missing properties: clock',
    );
    loadError(withSchemas((s) => s[0]![1].push(['extra', 'int']))).to.throw(
      StateError,
      'unknown or repeated property',
    );
    loadError(withSchemas((s) => s[0]![1].push(['__proto__', 'int']))).to.throw(
      StateError,
      'unknown or repeated',
    );
    loadError(withSchemas((s) => s[0]![1].push(['tid', 'int']))).to.throw(StateError, 'unknown or repeated');
    loadError(withSchemas((s) => (s[0]![1][0] = ['tid', 'str']))).to.throw(
      StateError,
      'class TestTask: property tid is int here, in the file string "str"',
    );
  });

  it('refuses wrong counts and classes of objects', () => {
    const { schemas, objects } = graph;
    loadError({ schemas, objects: [] }).to.throw(StateError, 'no root');
    loadError({ schemas, objects: objects.slice(0, 5) }).to.throw(StateError);
    loadError({ schemas, objects: [...objects, objects[6]!] }).to.throw(
      StateError,
      'object #7 is not referred to',
    );
    loadError({ schemas: [...schemas, { tag: 'TestNode', fields: [] }], objects }).to.throw(StateError);
    loadError({ schemas, objects: [[0]] }).to.throw(StateError, 'TestTask#0: 0 values for');
    loadError({ schemas, objects: [['__proto__']] }).to.throw(StateError, 'object #0: wrong class index');
    loadError({ schemas, objects: [[3]] }).to.throw(StateError, 'wrong class index');
    expect(() => loadGraph(graph, Pipe, services)).to.throw(
      StateError,
      'the root is a TestTask, not a TestPipe',
    );
  });

  it('accepts the properties of a class in another order', () => {
    const reversed = {
      schemas: graph.schemas.map((s) =>
        s.tag === 'TestFileInode' ? { ...s, fields: [...s.fields].reverse() } : s,
      ),
      objects: graph.objects.map((r) =>
        graph.schemas[r[0] as number]!.tag === 'TestFileInode' ? [r[0]!, ...r.slice(1).reverse()] : r,
      ),
    };
    expect(saveGraph(loadGraph(reversed, Task, services).root, services).graph.objects[3]).to.deep.equal(
      graph.objects[3],
    );
  });

  it('turns what init throws into a StateError that says where', () => {
    class Bomb {
      size = -1;
      buffer: Uint8Array = new Uint8Array();
    }
    savable('TestBomb', Bomb, { size: int, buffer: derived((self) => new Uint8Array(self.size)) });
    const bomb = saveGraph(new Bomb()).graph;
    expect(() => loadGraph(bomb, Bomb)).to.throw(
      StateError,
      'TestBomb#0.buffer: Invalid typed array length: -1',
    );
  });

  it('shows a damaged graph or says that it cannot', () => {
    expect(graphToJson(changed(0, 'tid', 'x'))['TestTask#0']).to.include({ tid: 'x' });
    expect(() => graphToJson(changed(0, 'parent', 99))).to.throw(StateError, 'no object number 99');
    expect(() => graphToJson(changed(0, 'children', 7))).to.throw(StateError, 'the graph is damaged');
  });
});

describe('state: hostile bytes', () => {
  const good = encodeGraph(graph);
  const refuse = (bytes: Uint8Array, message: string) =>
    expect(() => loadGraph(decodeGraph(bytes), Task, services)).to.throw(StateError, message);

  it('refuses what is not a graph', () => {
    refuse(new Uint8Array(), 'malformed CBOR');
    refuse(encode(5), 'state: expected a list');
    refuse(encode(['vkernel-stat', 1, [], []]), 'not saved state');
    refuse(encode(['vkernel-state', 2, [], []]), 'state of version number 2: this vkernel reads 1');
    refuse(file([], [], []), 'state has 5 parts');
    refuse(file(1, []), 'classes: expected a list');
    refuse(file([[1, []]], []), 'class: expected a string');
    refuse(file([['Task', [['tid', 1]]]], []), 'kind: expected a string');
    refuse(file([], [1]), 'object: expected a list');
    refuse(Buffer.concat([good, Uint8Array.of(0)]), 'malformed CBOR');
  });

  it('refuses what only looks like state: maps, floats, tags, long forms, streams, deep nesting, giant counts', () => {
    refuse(file([], new Map([['a', 1]])), 'malformed CBOR');
    refuse(file([], [1.5]), 'malformed CBOR');
    refuse(file([], undefined), 'malformed CBOR');
    refuse(Buffer.from('840102038000'.replace('01', 'c101'), 'hex'), 'malformed CBOR');
    refuse(Buffer.from('9f01ff', 'hex'), 'malformed CBOR');
    refuse(Buffer.from('981801', 'hex'), 'malformed CBOR');
    refuse(new Uint8Array(100_000).fill(0x81), 'malformed CBOR: Maximum depth');
    refuse(Buffer.from('9b0000100000000000', 'hex'), 'malformed CBOR');
    refuse(Buffer.from('5b0000100000000000', 'hex'), 'malformed CBOR');
    refuse(Buffer.from('bb0000100000000000', 'hex'), 'malformed CBOR');
    refuse(Buffer.from('61ff', 'hex'), 'malformed CBOR');
  });

  it('refuses every truncation', () => {
    for (let length = 0; length < good.length; length++) {
      expect(() => decodeGraph(good.subarray(0, length)), `${length}`).to.throw(StateError);
    }
  });

  it('with random bytes changed, loads or throws a StateError of one line, and what loads saves to the same graph', () => {
    const next = random(1);
    let refused = 0;
    for (let round = 0; round < 3000; round++) {
      const bad = Uint8Array.from(good);
      for (let flips = 1 + Math.floor(next() * 3); flips > 0; flips--)
        bad[Math.floor(next() * bad.length)] = next() * 256;
      try {
        const read = decodeGraph(bad);
        const { root } = loadGraph(read, Task, services);
        const pipe = read.objects[5] as Wire[];
        pipe[pipe.length - 1] = null; // what was lost at the first save is not there to lose at the second
        expect(saveGraph(root, services).graph, `round ${round}`).to.deep.equal(read);
      } catch (error) {
        expect(error, `round ${round}`).to.be.instanceOf(StateError);
        expect((error as StateError).message).to.match(/^[\x20-\x7e]+$/);
        refused++;
      }
    }
    expect(refused).to.be.greaterThan(2000);
  });
});
