/** What is wrong with a machine in a core, in one line: every refusal of a resume. test/structure finds those that have no case. */
import { expect } from 'chai';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { freezeToFile } from '../../src/ckpt/image/freeze.js';
import { openCore } from '../../src/ckpt/image/thaw.js';
import { NT_FILE } from '../../src/vkernel/abi/elf.js';
import { createHost } from '../../src/vkernel/machine/host.js';
import { MachineState } from '../../src/vkernel/machine/machine-state.js';
import { VKernel } from '../../src/vkernel/machine/vkernel.js';
import { Workplace } from '../cli/vkernel-process.js';
import { changeImages } from '../support/change-core.js';
import { expectRefused } from '../support/refusal.js';
import { DRAGONFLY_NOTES, foreignFile, LINUX_NOTES } from '../unit/foreign/foreign-file.js';
import { kernel, lead, machine, segment, value, type Damage } from './damage.js';
import { freezeAt, guest, Output } from './machine.js';

const PAGE = 4096;

const copyOf = <T extends object>(object: T): T =>
  Object.assign(Object.create(Object.getPrototypeOf(object) as object) as T, object);

/** Of a page cache: the page of the file, and that of the core. */
function entry(index: bigint, page: number): Uint8Array {
  const bytes = Buffer.alloc(12);
  bytes.writeBigUInt64LE(index);
  bytes.writeUInt32LE(page, 8);
  return new Uint8Array(bytes);
}

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
    value('mm.SharedMemory', 'pages', entry(0n, pages)),
    `mm.SharedMemory#N.pages: expected a page of the core, got number ${pages}`,
  ],
  [
    'a page cache of half an entry',
    value('mm.SharedMemory', 'pages', entry(0n, 0).subarray(1)),
    'mm.SharedMemory#N.pages: expected frames by index, got 11 bytes',
  ],
  [
    'a page cache with a page twice',
    value('mm.SharedMemory', 'pages', Uint8Array.of(...entry(5n, 0), ...entry(5n, 1))),
    'mm.SharedMemory#N.pages: has a page twice',
  ],
  [
    'a page cache of a file without end',
    value('mm.SharedMemory', 'pages', entry(2n ** 53n, 0)),
    'mm.SharedMemory#N.pages: has a page behind the end of every file',
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

/** In a machine with a terminal and files of its host. */
const HOST_CASES: readonly (readonly [what: string, damage: Damage, message: string])[] = [
  [
    'a file without size',
    value('hostfs.Regular', 'handle', []),
    'hostfs.Regular#N.handle: expected a host file',
  ],
  [
    'a file without pages',
    value('hostfs.Regular', 'pages', []),
    'hostfs.Regular#N.pages: expected the pages of a host file',
  ],
  [
    'a file that was left out backwards',
    value('hostfs.Regular', 'pages', [new Uint8Array(), [[5, 1, 0, 1], new Uint8Array(32)]]),
    'hostfs.Regular#N.pages: expected what is left out of a host file',
  ],
  [
    'a terminal of two control characters',
    value('tty.LineDiscipline', 'termios', [0, 0, 0, 0, 0, new Uint8Array(2), 0, 0]),
    'tty.LineDiscipline#N.termios: expected 19 control characters',
  ],
];

/** The core of a native process. */
const FOREIGN_CASES: readonly (readonly [what: string, damage: Damage, message: string])[] = [
  [
    'of DragonFly',
    () => foreignFile(DRAGONFLY_NOTES),
    'damaged: a checkpoint of DragonFly BSD can be inspected, not resumed',
  ],
  [
    'without its files',
    () => foreignFile(LINUX_NOTES, []),
    'damaged: the native process had mapped /bin/prog, /lib/libc.so: --host-files takes them from this host, --root or --mount show others',
  ],
  [
    'with memory where no program may have any',
    () =>
      foreignFile(
        LINUX_NOTES.filter(({ type }) => type !== NT_FILE),
        [[PAGE, 0, PAGE, PAGE]],
      ),
    "damaged: its memory has no room in the machine's",
  ],
];

describe('ckpt: a machine that cannot be resumed', function () {
  this.timeout(60_000);

  const place = new Workplace();
  after(() => place.close());

  const threads = (): Promise<unknown> =>
    freezeAt(place.path('threads'), 120, { image: guest('musl/programs/threads'), args: ['4', '3', '1'] });

  async function hostFiles(): Promise<void> {
    mkdirSync(place.path('data'));
    writeFileSync(place.path('data/note'), 'a line\n');
    const stdout = new Output();
    const script = 'exec 3</data/note; read line <&3; echo ready; read more';
    const guestOptions = { image: guest('busybox/busybox'), args: ['sh', '-c', script], tty: true };
    const machine = await VKernel.boot({
      ...guestOptions,
      mounts: [{ host: place.path('data'), guest: '/data' }],
      stdin: new PassThrough(),
      stdout,
    });
    await stdout.includes('ready');
    await machine.snapshot(place.path('host'), { stop: true });
  }

  async function seeRefused(
    file: string,
    [what, damage, message]: (typeof HOST_CASES)[number],
  ): Promise<void> {
    writeFileSync(place.path('damaged'), await damage(place.path(file)));
    const options = { signal: AbortSignal.abort() };
    const thrown: unknown = await VKernel.resume(place.path('damaged'), options).catch(
      (error: unknown) => error,
    );
    if (thrown instanceof Error)
      thrown.message = thrown.message.replace(/#\d+/, '#N').replace(place.path('damaged'), 'damaged');
    expectRefused(thrown, message, what);
  }

  function sizesOf(file: string): Sizes {
    const core = openCore(file);
    core.close();
    const host = createHost(2 ** 20, 0, () => undefined);
    host.cpu.close();
    const { images, pages } = core;
    return { pages: pages.count, segments: images[0]!.segments.length, reserved: host.frames.firstFrame };
  }

  it('says why', async () => {
    await threads();
    for (const one of cases(sizesOf(place.path('threads')))) await seeRefused('threads', one);
  });

  it('says why of what it had of its host', async () => {
    await hostFiles();
    for (const one of HOST_CASES) await seeRefused('host', one);
  });

  it('says why of a native process', async () => {
    await threads();
    for (const one of FOREIGN_CASES) await seeRefused('threads', one);
  });

  it('says it to the user, with a failing exit code', async () => {
    await threads();
    for (const [what, damage, message] of cases(sizesOf(place.path('threads'))).filter(
      (_, i) => i % 8 === 0,
    )) {
      writeFileSync(place.path('damaged'), await damage(place.path('threads')));
      const { code, stdout, stderr } = place.vkernel(['resume', 'damaged']);
      const line = stderr.replace(/#\d+/, '#N');
      expect({ code, stdout, line }, what).to.deep.equal({
        code: 125,
        stdout: '',
        line: `vkernel: ${message}\n`,
      });
    }
  });

  it('is not written when nothing runs any more', async () => {
    await threads();
    const core = openCore(place.path('threads'));
    const host = createHost(core.ramBytes, 0, () => undefined);
    try {
      const { root } = core.thaw({ ...host, RootClass: MachineState });
      root.kernel.processes.clear();
      const options = { kernel: root.kernel, root, services: host.services, file: place.path('none') };
      const thrown: unknown = await freezeToFile(options).catch((error: unknown) => error);
      expectRefused(thrown, 'the guest has ended');
      expect(existsSync(place.path('none'))).to.equal(false);
    } finally {
      host.cpu.close();
      core.close();
    }
  });
});
