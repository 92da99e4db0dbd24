/**
 * A machine from the core of a native process, as Linux or gcore write it. Memory, threads, TLS and x87 and SSE state are in it; what
 * is not (descriptors, signal handlers, terminals, other processes) starts anew, and is reported.
 */
import { readFileSync, statSync } from 'node:fs';
import { foreignCore, type ForeignCore } from '../../ckpt/foreign/foreign-core.js';
import { CoreFile } from '../../ckpt/image/core-file.js';
import { checkThread } from '../../ckpt/image/thread-state.js';
import { NT_X86_XSTATE } from '../abi/elf.js';
import type { SegmentImport } from './import-memory.js';
import { importMemory } from './import-memory.js';
import { asRestarted, importThreads } from './import-threads.js';
import { chooseFunctions } from './import-resolvers.js';
import { redirectVdso } from './import-vdso.js';
import { createFirstTask, createKernel } from './boot.js';
import { Console } from './console.js';
import { addReadOnlyFile, mountAt, placeAt } from './file-tree.js';
import { addTerminals } from './terminals.js';
import { createHost, type Host } from './host.js';
import { MachineError } from './machine-error.js';
import { MachineState } from './machine-state.js';
import type { ResumeOptions } from './options.js';
import { openStandardFiles } from './standard-files.js';
import { ProcFs } from '../fs/procfs/procfs.js';
import { SysError } from '../abi/errno.js';
import { PAGE_BYTES } from '../mm/frames.js';
import type { Kernel } from '../kernel/kernel.js';
import type { Location } from '../vfs/location.js';
import type { MappedFile } from '../../ckpt/elfcore/core-image.js';

export interface ImportedMachine {
  readonly host: Host;
  readonly state: MachineState;
  /** What the core did not have, a line each. */
  readonly lost: readonly string[];
}

const MIN_MEMORY_BYTES = 1024 ** 3;
const MAX_MEMORY_BYTES = 2 ** 32 - PAGE_BYTES;
/** The XSAVE area has more than x87 and SSE when it is longer than this. */
const XSTATE_BYTES_WITHOUT_AVX = 576;

/**
 * @param refusal why the file is no core of our own, which is thrown if it is no core of a native process either
 * @throws CoreFormatError, CheckpointError, MachineError
 */
export function importFile(file: string, options: ResumeOptions, refusal: unknown): ImportedMachine {
  const source = new CoreFile(file);
  try {
    const core = foreignCore((offset, length) => source.readAt(offset, length), source.bytes, refusal);
    return importMachine(core, file, options);
  } finally {
    source.close();
  }
}

/** @throws MachineError when a file that the process had mapped is not at hand, or its memory has no room */
function importMachine(core: ForeignCore, name: string, options: ResumeOptions): ImportedMachine {
  if (core.kind !== 'linux')
    throw new MachineError(`${name}: a checkpoint of DragonFly BSD can be inspected, not resumed`);
  const { image } = core;
  const host = createHost(ramFor(core), 0, options.log ?? (() => undefined));
  try {
    const kernel = createKernel(host, options);
    const root = kernel.mounts.mounts[0]!.root;
    if (options.hostFiles === true) addHostFiles(root, image.files);
    mountAt(kernel.mounts, root, '/proc', new ProcFs(kernel.mounts.allocateDevice(), kernel), kernel.log);
    const console = new Console(options, addTerminals(kernel, root));
    const task = createFirstTask(kernel, root, {}, image.pid);
    const { mm, process } = task;
    process.limits.applyTo(mm);
    const { credentials } = process;
    credentials.ruid = credentials.euid = credentials.suid = image.psinfo.uid;
    credentials.rgid = credentials.egid = credentials.sgid = image.psinfo.gid;
    const files = filesOf(root, image.files);
    const imported: SegmentImport = { core, space: mm, files, name };
    importMemory(imported);
    redirectVdso(imported);
    // Before anything of the guest runs.
    image.threads.forEach((thread) => checkThread(asRestarted(thread)));
    const chosen = chooseFunctions(task, imported);
    openStandardFiles(task, kernel, console);
    importThreads(task, imported);
    return { host, state: new MachineState(kernel, console, name), lost: losses(core, kernel, chosen) };
  } catch (error) {
    host.cpu.close();
    if (error instanceof SysError)
      throw new MachineError(`${name}: its memory has no room in the machine's`, 125, { cause: error });
    throw error;
  }
}

/** Twice what the process had, so that it can go on. */
function ramFor({ pageCount }: ForeignCore): number {
  return Math.min(MAX_MEMORY_BYTES, Math.max(MIN_MEMORY_BYTES, pageCount * PAGE_BYTES * 2));
}

/** The user grants them: the files that the core names, read-only copies at their own paths. What is no file is left out. */
function addHostFiles(root: Location, files: readonly MappedFile[]): void {
  for (const path of new Set(files.map((file) => file.path))) {
    if (!path.startsWith('/')) continue;
    const hostPath = Buffer.from(path, 'latin1');
    if (statSync(hostPath, { throwIfNoEntry: false })?.isFile() !== true) continue;
    addReadOnlyFile(root, path, readFileSync(hostPath));
  }
}

/** The files that are at hand in the guest's own tree, by path. */
function filesOf(root: Location, files: readonly MappedFile[]): Map<string, Location> {
  const found = new Map<string, Location>();
  for (const path of new Set(files.map((file) => file.path))) {
    try {
      const place = path.startsWith('/') ? placeAt(root, path) : undefined;
      if (place?.inode.isRegular === true) found.set(path, place);
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
    }
  }
  return found;
}

/** @param chosen its functions are chosen again */
function losses({ image, notes }: ForeignCore, kernel: Kernel, chosen: boolean): string[] {
  const avx = notes.some(
    ({ owner, type, bytes }) =>
      owner === 'LINUX' && type === NT_X86_XSTATE && bytes > XSTATE_BYTES_WITHOUT_AVX,
  );
  const unknown = [...kernel.tasks.values()].filter(({ clearTidAddress }) => clearTidAddress === 0).length;
  return [
    'descriptors: all but 0, 1 and 2 are closed',
    'signals: all actions are the default ones, and there are no alternate stacks and timers',
    'the process: its parent, children, group, session and working directory are new',
    ...(image.files.length > 0 ? ['shared mappings: they are private now'] : []),
    ...(avx
      ? [
          `AVX: the upper halves of its registers; ${chosen ? "glibc's functions are chosen again, but other code" : 'code'} that was chosen for AVX ends with SIGILL`,
        ]
      : []),
    ...(unknown > 0
      ? [
          `threads: where the end of ${unknown} of them is told is not known; whoever joins them may wait for ever`,
        ]
      : []),
  ];
}
