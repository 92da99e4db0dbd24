/** What is wrong with saved state, in one line: every refusal. test/structure finds those that have no case. */
import { expect } from 'chai';
import { encode } from 'cbor2';
import { decodeGraph, encodeGraph } from '../../../src/ckpt/state/cbor.js';
import { int } from '../../../src/ckpt/state/codecs.js';
import type { Wire } from '../../../src/ckpt/state/codec.js';
import type { StateGraph } from '../../../src/ckpt/state/graph.js';
import { graphToJson } from '../../../src/ckpt/state/json.js';
import { loadGraph } from '../../../src/ckpt/state/load.js';
import { derived, savable } from '../../../src/ckpt/state/savable.js';
import { saveGraph } from '../../../src/ckpt/state/save.js';
import { expectRefusal } from '../../support/refusal.js';
import { changed, graph, Pipe, services, Task, withSchemas } from './fixture.js';

const { schemas, objects } = graph;
const twice = (entry: Wire): Wire => [entry, entry];
const file = (...parts: unknown[]): Uint8Array => encode(['vkernel-state', 1, ...parts]);
const hex = (digits: string): Uint8Array => Buffer.from(digits, 'hex');

describe('state: a value that its property cannot have', () => {
  const cases: readonly (readonly [object: number, property: string, value: Wire, message: string])[] = [
    [0, 'tid', 'x', 'TestTask#0.tid: expected int, got string "x"'],
    [0, 'tid', 0.5, 'TestTask#0.tid: expected int, got number 0.5'],
    [0, 'tid', 2n ** 60n, 'TestTask#0.tid: expected int, got bigint 1152921504606846976'],
    [0, 'mask', -1, 'TestTask#0.mask: expected u64, got number -1'],
    [0, 'mask', 5n, 'TestTask#0.mask: expected u64, got bigint 5'],
    [0, 'mask', 2n ** 64n, 'TestTask#0.mask: expected u64, got bigint 18446744073709551616'],
    [0, 'comm', Uint8Array.of(65, 0), 'TestTask#0.comm: expected str, got 2 bytes'],
    [3, 'data', 'x', 'TestFileInode#3.data: expected bytes, got string "x"'],
    [0, 'state', 'dead', 'TestTask#0.state: expected one of "running"|"stopped", got string "dead"'],
    [0, 'frozen', 1, 'TestTask#0.frozen: expected bool, got number 1'],
    [0, 'exitCode', [1, 2], 'TestTask#0.exitCode: expected a list of 1, got list of 2'],
    [0, 'parent', 99, 'TestTask#0.parent: expected an object id below 7, got number 99'],
    [0, 'parent', -1, 'TestTask#0.parent: expected an object id below 7, got number -1'],
    [0, 'parent', 0.5, 'TestTask#0.parent: expected an object id below 7, got number 0.5'],
    [0, 'parent', 5, 'TestTask#0.parent: object #5 is referred to before #1'],
    [1, 'parent', 2, 'TestTask#1.parent: expected a TestTask, got object of class DirInode (#2)'],
    [0, 'children', [[2, 1, 1]], 'TestTask#0.children: expected a list of 2, got list of 3'],
    [0, 'children', twice([2, 1]), 'TestTask#0.children: has a key twice'],
    [0, 'children', 7, 'TestTask#0.children: expected a list, got number 7'],
    [1, 'pending', twice(9), 'TestTask#1.pending: has an element twice'],
    [1, 'altStack', [1, 2], 'TestTask#1.altStack: expected a list of 3, got list of 2'],
    [0, 'page', 100, 'TestTask#0.page: expected the number of a frame'],
    [0, 'clock', 1, 'TestTask#0.clock: expected external clock, got number 1'],
    [0, 'files', [], 'TestTask#1.wait: object #4 is referred to before #2'],
    [5, 'peer', 7, 'TestPipe#5.peer: expected the reason of a loss, got number 7'],
    [
      5,
      'peer',
      'x'.repeat(501),
      `TestPipe#5.peer: expected the reason of a loss, got string "${'x'.repeat(40)}..."`,
    ],
    [4, 'on', 0, 'TestWait#4.on: expected a Waitable, got object of class Task (#0)'],
    [4, 'also', 1, 'TestWait#4.also: expected a TestPipe|TestFutex, got object of class Task (#1)'],
  ];
  for (const [object, property, value, message] of cases)
    it(message, () =>
      expectRefusal(() => loadGraph(changed(object, property, value), Task, services), message),
    );
});

describe('state: a graph that is none of ours', () => {
  const cases: readonly (readonly [graph: () => StateGraph, message: string])[] = [
    [() => withSchemas((all) => (all[0]![0] = 'Zask')), 'unknown class: string "Zask"'],
    [() => withSchemas((all) => (all[0]![0] = '__proto__')), 'unknown class: string "__proto__"'],
    [() => withSchemas((all) => (all[1]![0] = 'TestTask')), 'class TestTask stands twice in the file'],
    [() => withSchemas((all) => all[0]![1].pop()), 'class TestTask: missing properties: clock'],
    [
      () => withSchemas((all) => all[0]![1].push(['extra', 'int'])),
      'class TestTask: unknown or repeated property: string "extra"',
    ],
    [
      () => withSchemas((all) => all[0]![1].push(['__proto__', 'int'])),
      'class TestTask: unknown or repeated property: string "__proto__"',
    ],
    [
      () => withSchemas((all) => all[0]![1].push(['tid', 'int'])),
      'class TestTask: unknown or repeated property: string "tid"',
    ],
    [
      () => withSchemas((all) => (all[0]![1][0] = ['tid', 'str'])),
      'class TestTask: property tid is int here, in the file string "str"',
    ],
    [
      () => decodeGraph(file([['TestTask', 'tid']], objects)),
      'class TestTask: property tid is int here, in the file string ""',
    ],
    [() => ({ schemas, objects: [] }), 'the graph has no root object'],
    [() => ({ schemas, objects: new Array<Wire[]>(2 ** 20 + 1) }), '1048577 objects: more than 1048576'],
    [() => ({ schemas, objects: objects.slice(0, 5) }), 'no object of class TestPipe'],
    [() => ({ schemas, objects: [...objects, objects[6]!] }), 'object #7 is not referred to'],
    [() => ({ schemas, objects: [[0]] }), 'TestTask#0: 0 values for 15 properties'],
    [() => ({ schemas, objects: [['__proto__']] }), 'object #0: wrong class index: string "__proto__"'],
    [() => ({ schemas, objects: [[3]] }), 'object #0: wrong class index: number 3'],
  ];
  for (const [bad, message] of cases)
    it(message, () => expectRefusal(() => loadGraph(bad(), Task, services), message));

  it('for its root', () =>
    expectRefusal(() => loadGraph(graph, Pipe, services), 'the root is a TestTask, not a TestPipe'));

  it('when it is shown', () => {
    expect(graphToJson(changed(0, 'tid', 'x'))['TestTask#0']).to.include({ tid: 'x' });
    expectRefusal(() => graphToJson(changed(0, 'parent', 99)), 'no object number 99');
    expectRefusal(() => graphToJson(changed(0, 'children', 7)), 'the graph is damaged');
  });
});

describe('state: what derives a property', () => {
  class Bomb {
    size = -1;
    buffer: Uint8Array = new Uint8Array();
  }
  savable('TestBomb', Bomb, { size: int, buffer: derived((self) => new Uint8Array(self.size)) });
  class Thief {
    id = 0;
    stolen: object = {};
  }
  savable('TestThief', Thief, { id: int, stolen: derived((self, loader) => loader.deref(self.id)) });

  it('is said where it fails', () => {
    const { graph: bomb } = saveGraph(new Bomb());
    expectRefusal(() => loadGraph(bomb, Bomb), 'TestBomb#0.buffer: Invalid typed array length: -1');
  });
  it('does not follow references of its own', () => {
    const { graph: thief } = saveGraph(new Thief());
    expectRefusal(() => loadGraph(thief, Thief), 'TestThief#0.stolen: deref is only for codecs');
  });
});

describe('state: bytes that are no graph', () => {
  const cases: readonly (readonly [bytes: Uint8Array, message: string])[] = [
    [new Uint8Array(), 'malformed CBOR: Offset is outside the bounds of the DataView'],
    [encode(5), 'state: expected a list, got number 5'],
    [encode(['vkernel-stat', 1, [], []]), 'not saved state'],
    [encode(['vkernel-state', 2, [], []]), 'state of version number 2: this vkernel reads 1'],
    [file([], [], []), 'state has 5 parts, not 4'],
    [file(1, []), 'classes: expected a list, got number 1'],
    [file([[1, []]], []), 'class: expected a string, got number 1'],
    [file([['Task', [['tid', 1]]]], []), 'class string "Task": expected a string, got list of 1'],
    [file([], [1]), 'object: expected a list, got number 1'],
    [Buffer.concat([encodeGraph(graph), Uint8Array.of(0)]), 'malformed CBOR: Extra data in input'],
    // What only looks like state: maps, floats, tags, long forms, streams, deep nesting, giant counts.
    [file([], new Map([['a', 1]])), 'malformed CBOR: a map, which state has none of'],
    [file([], [1.5]), 'malformed CBOR: Decoding unwanted floating point number: 1.5'],
    [file([], undefined), 'malformed CBOR: Unexpected undefined'],
    [hex('84c10102038000'), 'malformed CBOR: Extra data in input'],
    [hex('9f01ff'), 'malformed CBOR: Streaming not supported'],
    [hex('981801'), 'malformed CBOR: Offset is outside the bounds of the DataView'],
    [new Uint8Array(100_000).fill(0x81), 'malformed CBOR: Maximum depth 32 exceeded'],
    [hex('9b0000100000000000'), 'malformed CBOR: Offset is outside the bounds of the DataView'],
    [
      hex('5b0000100000000000'),
      'malformed CBOR: Unexpected end of stream reading 17592186044416 bytes, got 0',
    ],
    [hex('bb0000100000000000'), 'malformed CBOR: Offset is outside the bounds of the DataView'],
    [hex('61ff'), 'malformed CBOR: The encoded data was not valid for encoding utf-8'],
  ];
  for (const [bytes, message] of cases) it(message, () => expectRefusal(() => decodeGraph(bytes), message));
});
