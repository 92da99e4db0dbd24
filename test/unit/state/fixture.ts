/** A small kernel: tasks, an abstract base class with two subclasses, an interface with a role, a service. */
import {
  bool,
  bytes,
  i64,
  int,
  listOf,
  mapOf,
  nullable,
  oneOf,
  opt,
  setOf,
  str,
  struct,
  tuple,
  u64,
  uint,
} from '../../../src/ckpt/state/codecs.js';
import { external, ref, refAny, refRole } from '../../../src/ckpt/state/references.js';
import {
  accessor,
  derived,
  fields,
  lost,
  role,
  savable,
  savableBase,
} from '../../../src/ckpt/state/savable.js';
import { saveGraph } from '../../../src/ckpt/state/save.js';
import { service, Services } from '../../../src/ckpt/state/services.js';
import type { Codec, Wire } from '../../../src/ckpt/state/codec.js';
import type { StateGraph } from '../../../src/ckpt/state/graph.js';

export interface Clock {
  now(): number;
}
export const clockService = service<Clock>('clock');
/** A frame table renumbers frames: number in memory -> number in the file, and back. */
export interface Frames {
  toFile(frame: number): number;
  fromFile(number: number): number | undefined;
}
export const frameService = service<Frames>('frames');
const frame: Codec<number> = {
  kind: 'frame',
  save: (value, saver) => saver.services.get(frameService).toFile(value),
  load: (wire, loader) => {
    const found = typeof wire === 'number' ? loader.services.get(frameService).fromFile(wire) : undefined;
    if (found === undefined) throw loader.error('expected the number of a frame');
    return found;
  },
};

export interface Waitable {
  ready(): boolean;
}
export const waitable = role<Waitable>('Waitable');

export abstract class Inode {
  ino = 1;
  mode = 0o644;
  parent: Inode | null = null;
  abstract size(): number;
}
savableBase('TestInode', Inode);
const inodeFields = fields<Inode>({ ino: uint, mode: uint, parent: nullable(ref(() => Inode)) });

export class FileInode extends Inode {
  data: Uint8Array = new Uint8Array();
  size(): number {
    return this.data.length;
  }
}
savable('TestFileInode', FileInode, { ...inodeFields, data: bytes });

export class DirInode extends Inode {
  entries = new Map<string, Inode>();
  size(): number {
    return this.entries.size;
  }
}
savable('TestDirInode', DirInode, {
  ...inodeFields,
  entries: mapOf(
    str,
    ref(() => Inode),
  ),
});

export class Pipe {
  text = '';
  writers = 1;
  peer: object | undefined = undefined;
  ready(): boolean {
    return this.text.length > 0 || this.writers === 0;
  }
}
savable(
  'TestPipe',
  Pipe,
  {
    text: str,
    writers: uint,
    peer: lost(
      (self) => (self.peer ? 'the other end is on the host' : undefined),
      () => undefined,
    ),
  },
  { roles: [waitable] },
);

export class Futex {
  address = 0x1000;
  ready(): boolean {
    return false;
  }
}
savable('TestFutex', Futex, { address: uint }, { roles: [waitable] });

export class Wait {
  on: Waitable;
  also: Pipe | Futex | undefined = undefined;
  deadlineNs: bigint | undefined = undefined;
  constructor(on: Waitable) {
    this.on = on;
  }
}
savable('TestWait', Wait, {
  on: refRole(waitable),
  also: opt(refAny<Pipe | Futex>(() => [Pipe, Futex])),
  deadlineNs: opt(i64),
});

export class Task {
  tid: number;
  mask = 0n;
  comm = 'init';
  state: 'running' | 'stopped' = 'running';
  exitCode: number | null | undefined = undefined;
  frozen = false;
  parent: Task | undefined = undefined;
  children = new Map<number, Task>();
  files: (Inode | null)[] = [];
  pending = new Set<number>();
  rlimits: [number, number][] = [];
  altStack = { base: 0, size: 0, on: false };
  page = 0;
  wait: Wait | undefined = undefined;
  clock: Clock;
  ancestors = 0;
  loaded = 0;
  onExit: () => void = () => {};
  constructor(tid: number, clock: Clock) {
    this.tid = tid;
    this.clock = clock;
  }
  get name(): string {
    return `${this.comm}/${this.tid}`;
  }
}
savable(
  'TestTask',
  Task,
  {
    tid: int,
    mask: u64,
    comm: str,
    state: oneOf('running', 'stopped'),
    exitCode: opt(nullable(int)),
    frozen: bool,
    parent: opt(ref(() => Task)),
    children: mapOf(
      int,
      ref(() => Task),
    ),
    files: listOf(nullable(ref(() => Inode))),
    pending: setOf(uint),
    rlimits: listOf(tuple<[number, number]>(uint, uint)),
    altStack: struct({ base: uint, size: uint, on: bool }),
    page: frame,
    wait: opt(ref(() => Wait)),
    clock: external(clockService),
    ancestors: derived((self) => {
      let count = 0;
      for (let at = self.parent; at; at = at.parent) count++;
      return count;
    }),
    loaded: derived(() => 0),
    onExit: derived(() => () => {}),
    name: accessor,
  },
  { afterLoad: (self) => (self.loaded = self.ancestors + 100) },
);

/** A task of each kind of state, with cycles and sharing. */
export function machine(clock: Clock): Task {
  const [first, second] = [new Task(1, clock), new Task(2, clock)];
  const [directory, file, pipe] = [new DirInode(), new FileInode(), new Pipe()];
  file.data = Uint8Array.of(1, 2, 3);
  file.parent = directory;
  directory.entries.set('__proto__', file).set('caf\u00e9 \ud800', file);
  pipe.text = 'hello';
  pipe.peer = {};
  first.files = [directory, null, file];
  first.children.set(2, second);
  first.page = 7;
  second.parent = first;
  second.mask = 0xffff_ffff_ffff_fffen;
  second.state = 'stopped';
  second.exitCode = null;
  second.pending.add(9).add(2);
  second.rlimits.push([1, 2]);
  second.altStack = { base: 0x7000_0000_0000, size: 8192, on: true };
  second.wait = new Wait(pipe);
  second.wait.also = new Futex();
  second.wait.deadlineNs = -5n;
  return first;
}

export const services = new Services()
  .provide(clockService, { now: () => 1 })
  .provide(frameService, { toFile: (frame) => frame, fromFile: (n) => (n < 100 ? n : undefined) });
/** Tasks 0 and 1, inodes 2 and 3, a wait 4, a pipe 5. */
export const graph = saveGraph(machine(services.get(clockService)), services).graph;

/** A deep copy with one value of one object replaced. */
export function changed(object: number, property: string, value: Wire): StateGraph {
  const copy = structuredClone(graph) as { schemas: StateGraph['schemas']; objects: Wire[][] };
  const record = copy.objects[object]!;
  const at = copy.schemas[record[0] as number]!.fields.findIndex(([name]) => name === property);
  if (at < 0) throw new Error(`object ${object} has no ${property}`);
  record[at + 1] = value;
  return copy;
}
/** The graph with other classes: tags, and names and kinds of their properties. */
export const withSchemas = (edit: (schemas: [string, [string, string][]][]) => void): StateGraph => {
  const schemas = graph.schemas.map((s): [string, [string, string][]] => [
    s.tag,
    s.fields.map(([n, k]): [string, string] => [n, k]),
  ]);
  edit(schemas);
  return { schemas: schemas.map(([tag, fields]) => ({ tag, fields })), objects: graph.objects };
};
