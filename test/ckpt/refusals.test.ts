/** What is wrong with a machine in a core, in one line: every refusal of a resume. test/structure finds those that have no case. */
import { expect } from 'chai';
import { readFileSync, writeFileSync } from 'node:fs';
import type { CoreImage, CoreSegment } from '../../src/ckpt/elfcore/core-image.js';
import { machineNotes, type MachineNote } from '../../src/ckpt/image/machine-note.js';
import { openCore } from '../../src/ckpt/image/thaw.js';
import type { Wire } from '../../src/ckpt/state/codec.js';
import type { StateGraph } from '../../src/ckpt/state/graph.js';
import { saveGraph } from '../../src/ckpt/state/save.js';
import type { Kernel } from '../../src/vkernel/kernel/kernel.js';
import type { Process } from '../../src/vkernel/kernel/process.js';
import type { Task } from '../../src/vkernel/kernel/task.js';
import { createHost } from '../../src/vkernel/machine/host.js';
import { MachineState } from '../../src/vkernel/machine/machine-state.js';
import { VKernel } from '../../src/vkernel/machine/vkernel.js';
import { pageOfFrame } from '../../src/vkernel/vfs/page-pool.js';
import { changeGraph, changeImages } from '../support/change-core.js';
import { freezeAt, guest, inFolder } from './machine.js';

const PAGE = 4096;

type Damage = (file: string) => Promise<Uint8Array> | Uint8Array;

/** The lead process, and the only one. */
const lead =
  (change: (image: CoreImage) => Partial<CoreImage>): Damage =>
  (file) =>
    changeImages(readFileSync(file), ([image]) => [{ ...image!, ...change(image!) }]);

const segment = (index: number, change: (segment: CoreSegment) => Partial<CoreSegment>): Damage =>
  lead(({ segments }) => ({
    segments: segments.with(index, { ...segments[index]!, ...change(segments[index]!) }),
  }));

const machine = (change: Partial<MachineNote>): Damage =>
  lead(({ vkernelNotes: [, state] }) => ({
    vkernelNotes: machineNotes({ ramBytes: 2 ** 30, monotonicNs: 0, realtimeNs: 0, ...change }, state!.bytes),
  }));

/** Gives the first object of a class that has the property, and something in it, another value of it. */
const value =
  (tag: string, property: string, wire: Wire): Damage =>
  (file) =>
    changeGraph(readFileSync(file), (graph: StateGraph) => {
      const schema = graph.schemas.findIndex((one) => one.tag === tag);
      const at = 1 + graph.schemas[schema]!.fields.findIndex(([name]) => name === property);
      const id = graph.objects.findIndex((record) => record[0] === schema);
      return { ...graph, objects: graph.objects.with(id, graph.objects[id]!.with(at, wire)) };
    });

interface Parts {
  readonly kernel: Kernel;
  readonly process: Process;
  /** Its leader. */
  readonly task: Task;
  /** Of its tasks, the one that runs next. */
  readonly ready: Task;
}

/** Changes the loaded kernel, and saves it again as it is then. */
const kernel =
  (change: (parts: Parts) => unknown): Damage =>
  async (file) => {
    const core = openCore(file);
    await core.prepare();
    const host = createHost(core.ramBytes, 0, () => undefined);
    try {
      const { root, frozenAs } = core.thaw({ ...host, RootClass: MachineState, preload: true });
      const ready = root.kernel.scheduler.ready[0]!;
      const { process } = ready;
      change({ kernel: root.kernel, process, task: process.leader!, ready });
      const saving = host.services.with(pageOfFrame, (frame) => frozenAs.pageOf(frame) ?? -1);
      const { graph } = saveGraph(root, saving);
      return changeGraph(readFileSync(file), () => graph);
    } finally {
      host.cpu.close();
      core.close();
    }
  };

const copyOf = <T extends object>(object: T): T =>
  Object.assign(Object.create(Object.getPrototypeOf(object) as object) as T, object);

/** What the messages and the RAM that is needed depend on. */
interface Sizes {
  readonly pages: number;
  readonly segments: number;
  /** Frames of every machine that are nobody's. */
  readonly reserved: number;
}

const cases = ({
  pages,
  segments,
  reserved,
}: Sizes): readonly (readonly [what: string, damage: Damage, message: string])[] => [
  ['RAM of a page', machine({ ramBytes: PAGE }), 'size of RAM is out of range: 4096'],
  ['RAM of 2^60 bytes', machine({ ramBytes: 2 ** 60 }), 'size of RAM is out of range: 0x1000000000000000'],
  [
    'half a page of RAM',
    machine({ ramBytes: 2 ** 20 + 1 }),
    'the size of RAM is not a whole number of pages',
  ],
  [
    'a clock of 2^60',
    machine({ monotonicNs: 2 ** 60 }),
    'the monotonic clock is out of range: 0x1000000000000000',
  ],
  ['RAM below its pages', machine({ ramBytes: 2 ** 16 }), 'there are more pages than its RAM has'],
  ['RAM for its pages alone', machine({ ramBytes: pages * PAGE }), 'there are more pages than its RAM has'],
  [
    'RAM for all but a page table',
    machine({ ramBytes: (pages + reserved) * PAGE }),
    'mm.AddressSpace#N.tables: ENOMEM (Cannot allocate memory)',
  ],
  [
    'RAM without room for page tables',
    machine({ ramBytes: (pages + reserved + 3) * PAGE }),
    'its RAM has no room for the page tables',
  ],
  [
    'another signal pending',
    lead(({ threads }) => ({ threads: threads.with(1, { ...threads[1]!, sigpend: 2n }) })),
    'thread 3: its pending signals are not those of the state',
  ],
  [
    'a thread less',
    lead(({ threads }) => ({ threads: threads.slice(1) })),
    'image of process 2: 4 threads, the state has 5',
  ],
  [
    'another thread',
    lead(({ threads }) => ({ threads: threads.with(1, { ...threads[1]!, tid: 77 }) })),
    'thread 77 is not in the state',
  ],
  [
    'a process more',
    (file) =>
      changeImages(readFileSync(file), ([image]) => [image!, { ...image!, pid: 50, vkernelNotes: [] }]),
    '2 images for 1 processes',
  ],
  ['other rights', segment(0, () => ({ flags: 7 })), 'segment 1 has other rights than its mapping'],
  [
    'a mapping elsewhere',
    segment(0, ({ vaddr }) => ({ vaddr: vaddr - PAGE })),
    'the segments are not those of the mapping at 0x400000',
  ],
  [
    'a mapping more',
    lead(({ segments }) => ({
      segments: [
        ...segments,
        { vaddr: 0x7fff_ffff_0000, memBytes: PAGE, flags: 6, pageIndex: 0, filePages: 0 },
      ],
    })),
    `segment ${segments + 1} belongs to no mapping`,
  ],
  [
    'a page cache behind the last page',
    value('mm.SharedMemory', 'pages', [[0, pages]]),
    `mm.SharedMemory#N.pages: expected a page of the core, got number ${pages}`,
  ],
  [
    'a page cache of no page',
    value('mm.SharedMemory', 'pages', [[0, -1]]),
    'mm.SharedMemory#N.pages: expected a page of the core, got number -1',
  ],
  [
    'page tables that are kept',
    value('mm.AddressSpace', 'tables', [1, 2, 3, 4]),
    'mm.AddressSpace#N.tables: expected page tables',
  ],
  [
    'a process under another number',
    kernel(({ process }) => Object.assign(process, { pid: 7 })),
    'process 2 is out of place in the state',
  ],
  [
    'a task under another number',
    kernel(({ task }) => Object.assign(task, { tid: 7 })),
    'task 2 is out of place in the state',
  ],
  [
    'a task of no process',
    kernel(({ process, task }) => process.tasks.delete(task.tid)),
    'the state has tasks without a process',
  ],
  [
    'another boot process',
    kernel(({ kernel }) => Object.assign(kernel, { bootPid: 7 })),
    'the state has no boot process',
  ],
  [
    'a scheduler of another kernel',
    kernel(({ kernel }) => Object.assign(kernel.scheduler, { kernel: copyOf(kernel) })),
    'the state has two kernels',
  ],
  [
    'a task that is ready twice',
    kernel(({ kernel, ready }) => kernel.scheduler.ready.push(ready)),
    'the state has a task twice in the run queue',
  ],
  [
    'an ended task that is ready',
    kernel(({ kernel, process, ready }) => {
      kernel.tasks.delete(ready.tid);
      process.tasks.delete(ready.tid);
    }),
    'the state has an ended task in the run queue',
  ],
  [
    'descriptors without end',
    kernel(({ kernel }) => Object.assign(kernel, { maxFiles: 2 ** 21 })),
    'the limits of the state are out of range',
  ],
  [
    'descriptors of two lengths',
    kernel(({ task }) => task.files.closesOnExec.push(false)),
    'a descriptor table of the state contradicts itself',
  ],
  [
    'a directory in itself',
    kernel(({ task }) => Object.assign(task.fs.cwd, { parent: task.fs.cwd })),
    'a directory of the state lies below itself',
  ],
  ['no mount', kernel(({ kernel }) => (kernel.mounts.mounts.length = 0)), 'the state has no root directory'],
];

describe('ckpt: a machine that cannot be resumed', function () {
  this.timeout(60_000);

  const refusal = async (file: string): Promise<Error> => {
    try {
      await VKernel.resume(file, { signal: AbortSignal.abort() });
    } catch (error) {
      return error as Error;
    }
    throw new Error('it was resumed');
  };

  const sizesOf = (file: string): Sizes => {
    const core = openCore(file);
    core.close();
    const host = createHost(2 ** 20, 0, () => undefined);
    host.cpu.close();
    const { images, pages } = core;
    return { pages: pages.count, segments: images[0]!.segments.length, reserved: host.frames.firstFrame };
  };

  it('says why', () =>
    inFolder(async (path) => {
      await freezeAt(path('good'), 120, { image: guest('musl/programs/threads'), args: ['4', '3', '1'] });
      for (const [what, damage, message] of cases(sizesOf(path('good')))) {
        writeFileSync(path('damaged'), await damage(path('good')));
        const error = await refusal(path('damaged'));
        expect(error.name, what).to.match(/^(CoreFormatError|StateError)$/);
        expect(error.message.replace(/#\d+/, '#N'), what).to.equal(message);
      }
    }));
});
