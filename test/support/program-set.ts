/**
 * The program set: scripts that run programs of unmodified Debian packages, in the root that `make debian` unpacks. Verdicts: the same
 * output, standard error and exit status as natively in that root; no unknown system call; and for some the same with freezes and
 * resumes on the way. guest-images/program-set/README.md says what a script may do.
 */
import { AssertionError } from 'chai';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, extname, join } from 'node:path';
import { SYSCALLS } from '../../src/vkernel/syscalls/table.js';
import { headerOf, REPOSITORY } from './guest-program.js';
import {
  inTemporaryFolder,
  runInSteps,
  runProcess,
  typed,
  vkernel,
  type GuestRun,
  type NextMoment,
} from './guest-run.js';
import { once } from './guest.js';
import { judge } from './judge.js';

const PROGRAM_SET = join(REPOSITORY, 'guest-images/program-set');
const DEBIAN = join(REPOSITORY, 'guest-images/build/debian');
export const DEBIAN_ROOT = join(DEBIAN, 'root');
const ENTER = join(REPOSITORY, 'guest-images/debian/enter.sh');
/** Exit status of enter.sh where the machine permits none. */
const NO_NAMESPACES = 125;
const RUN_LIMIT_MS = 300_000;

export interface ProgramScript {
  readonly name: string;
  readonly source: string;
  /** How often it is frozen and resumed on its way; 0: never. */
  readonly freezes: number;
  /** Its /work and /tmp are overlays: it makes what no host directory takes from a guest (owners, pipes, sockets). */
  readonly overlay: boolean;
}

/** A run under vkernel and its trace. */
export interface TracedRun extends GuestRun {
  readonly trace: string;
}

/**
 * Describes the verdicts of every script in a folder of guest-images/program-set/.
 * @param alsoTrue more that must hold of the traces of all
 */
export function describePrograms(folder: string, alsoTrue?: (traces: readonly string[]) => void): void {
  describe(`Debian programs: ${folder}`, function () {
    before(requireDebianRoot);
    const traces = scriptsIn(folder).map(describeScript);
    if (alsoTrue !== undefined)
      it('together run all that they should', async function () {
        this.timeout(RUN_LIMIT_MS);
        alsoTrue(await Promise.all(traces.map(async (run) => (await run()).trace)));
      });
  });
}

/** The folders of guest-images/program-set/. */
export function programFolders(): string[] {
  return readdirSync(PROGRAM_SET).filter((name) => statSync(join(PROGRAM_SET, name)).isDirectory());
}

/** @throws Error what to do for one */
export function requireDebianRoot(): void {
  if (!existsSync(join(DEBIAN, 'key'))) throw new Error(`there is no Debian root in ${DEBIAN}: make debian`);
}

export function scriptsIn(folder: string): ProgramScript[] {
  const directory = join(PROGRAM_SET, folder);
  return readdirSync(directory)
    .sort()
    .map((file) => join(directory, file))
    .filter((file) => statSync(file).isFile())
    .map((source) => ({
      name: basename(source, extname(source)),
      source,
      freezes: Number(headerOf(source).get('freezes')?.[0] ?? 0),
      overlay: headerOf(source).has('overlay'),
    }));
}

function describeScript(script: ProgramScript): () => Promise<TracedRun> {
  const natively = once(() => runScriptNatively(script));
  const emulated = once(() => runScriptEmulated(script));
  describe(script.name, function () {
    this.timeout(RUN_LIMIT_MS);
    it('does the same as natively', async function () {
      if (!nativeRunsHere(script)) this.skip();
      judge(script, await emulated(), await natively());
    });
    it('makes no unknown system call', async () => {
      refuseUnknown((await emulated()).trace);
    });
    if (script.freezes === 0) return;
    it('does the same with freezes', async function () {
      if (!nativeRunsHere(script)) this.skip();
      const every = Math.max(1, Math.ceil((await emulated()).syscalls! / (script.freezes + 1)));
      const run = await runScriptFrozenAt(script, () => `syscalls:${every}`);
      judge(script, run, await natively());
      if (run.freezes === 0) throw new AssertionError(`${script.name} was never frozen`);
    });
  });
  return emulated;
}

/** Says why not, if programs cannot run in the Debian root natively. */
function nativeRunsHere({ name }: ProgramScript): boolean {
  const reason = whyNotNatively();
  if (reason !== '') process.stderr.write(`skipped: ${name}: ${reason}\n`);
  return reason === '';
}

/** Empty if they can. */
const whyNotNatively = once((): string => {
  const { status, stderr } = spawnSync(ENTER, [DEBIAN_ROOT, tmpdir(), tmpdir(), 'true'], {
    encoding: 'utf8',
  });
  return status === NO_NAMESPACES ? stderr.trim() : '';
});

/** In the Debian root on this machine's own kernel. */
export function runScriptNatively(script: ProgramScript): Promise<GuestRun> {
  return inWorkFolders(script, (folders) => runInRoot(folders, script));
}

/** Under vkernel in one go. */
export function runScriptEmulated(script: ProgramScript): Promise<TracedRun> {
  return inWorkFolders(script, (folders) => runTraced(folders, script));
}

/** Under vkernel, frozen and resumed in a new process at each of these moments. */
export function runScriptFrozenAt(script: ProgramScript, nextMoment: NextMoment): Promise<GuestRun> {
  return inWorkFolders(script, (folders) =>
    runInSteps(folders.folder, nextMoment, grants(folders, script), inGuest(script)),
  );
}

interface WorkFolders {
  readonly folder: string;
  /** /work and /tmp of the root. */
  readonly work: string;
  readonly tmp: string;
}

/** Each run starts with the script, and what is in the folder named like it, in /work, and with an empty /tmp. */
function inWorkFolders<T>(script: ProgramScript, run: (folders: WorkFolders) => Promise<T>): Promise<T> {
  return inTemporaryFolder(async (folder) => {
    const [work, tmp] = [join(folder, 'work'), join(folder, 'tmp')];
    for (const path of [work, tmp]) {
      mkdirSync(path);
      await chmod(path, 0o1777);
    }
    cpSync(script.source, join(work, basename(script.source)));
    const files = script.source.slice(0, -extname(script.source).length);
    if (existsSync(files)) cpSync(files, work, { recursive: true });
    return run({ folder, work, tmp });
  });
}

function runInRoot({ folder, work, tmp }: WorkFolders, script: ProgramScript): Promise<GuestRun> {
  return runProcess([ENTER, DEBIAN_ROOT, work, tmp, pathOf(script)], folder, RUN_LIMIT_MS);
}

async function runTraced(folders: WorkFolders, script: ProgramScript): Promise<TracedRun> {
  const file = join(folders.folder, 'strace');
  const run = await runProcess(
    vkernel('run', `--strace=${file}`, ...grants(folders, script), ...inGuest(script)),
    folders.folder,
    RUN_LIMIT_MS,
  );
  const trace = existsSync(file) ? readFileSync(file, 'latin1') : '';
  const command = typed(
    vkernel(
      'run',
      '--root',
      DEBIAN_ROOT,
      '--root-read-only',
      '--mount',
      '/tmp:/work:overlay',
      ...inGuest(script),
    ),
  );
  return { ...run, trace, syscalls: trace.split('\n').length, command };
}

function grants({ work, tmp }: WorkFolders, { overlay }: ProgramScript): string[] {
  const mode = overlay ? 'overlay' : 'rw';
  return [
    ...['--root', DEBIAN_ROOT, '--root-read-only'],
    ...['--mount', `${work}:/work:${mode}`, '--mount', `${tmp}:/tmp:${mode}`],
  ];
}

const pathOf = (script: ProgramScript): string => `/work/${basename(script.source)}`;

const inGuest = (script: ProgramScript): string[] => ['-w', '/work', pathOf(script)];

/** The names of all calls that vkernel knows, those it refuses on purpose among them. */
const KNOWN: ReadonlySet<string> = new Set(SYSCALLS.map(({ name }) => name));

function refuseUnknown(trace: string): void {
  const called = new Set(Array.from(trace.matchAll(/^(?:\[pid +\d+\] )?(\w+)\(/gm), (match) => match[1]!));
  if (called.size === 0) throw new AssertionError('the trace has no system calls');
  const unknown = [...called].filter((name) => !KNOWN.has(name));
  if (unknown.length > 0) throw new AssertionError(`unknown system calls: ${unknown.join(', ')}`);
}
