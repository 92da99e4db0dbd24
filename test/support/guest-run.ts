/** Runs a guest program: on this machine, under vkernel, and under vkernel with freezes on the way. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { REPOSITORY, type GuestProgram } from './guest-program.js';

const VKERNEL = join(REPOSITORY, 'dist/bundle/vkernel/cli/main.js');
const STEP_LIMIT_MS = 60_000;
/** What vkernel itself says on standard error, beside what the guest says there. */
const VKERNEL_LINE = /^vkernel: .*\n/gm;

export interface GuestRun {
  readonly stdout: string;
  readonly stderr: string;
  /** 128 + n for signal n. */
  readonly status: number;
  /** What to type to see it again. */
  readonly command: string;
  /** System calls made, where they were counted. */
  readonly syscalls?: number;
  /** How often it was frozen and resumed. */
  readonly freezes?: number;
}

export async function inTemporaryFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'vkernel-guest-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export function runNatively(program: GuestProgram): Promise<GuestRun> {
  // A program that dies must leave no core of the host's behind; how many descriptors it may open and which modes its files get is
  // not the tester's affair; and the shell knows signals that Node has no name for.
  const script = 'ulimit -c 0; ulimit -S -n 1024; umask 022; "$@"; exit $?';
  const command = ['sh', '-c', script, 'sh', program.image, ...program.args];
  return inTemporaryFolder((folder) => runProcess(command, folder));
}

/** Under vkernel in one go, counting its system calls; the last of them are at the end of stderr. */
export function runEmulated(program: GuestProgram): Promise<GuestRun> {
  return inTemporaryFolder(async (folder) => {
    const trace = join(folder, 'strace');
    const run = await runProcess(
      vkernel('run', `--strace=${trace}`, ...mounts(program), program.image, ...program.args),
      folder,
    );
    const lines = existsSync(trace) ? (await readFile(trace, 'utf8')).trimEnd().split('\n') : [];
    const tail = lines.slice(-8).join('\n');
    return {
      ...run,
      stderr: `${run.stderr}\n${tail}`,
      syscalls: lines.length,
      command: typed(vkernel('run', ...mounts(program), program.image, ...program.args)),
    };
  });
}

/** Under vkernel, frozen and resumed in a new process at every `every`-th system call, but `most` times only. */
export function runFrozen(program: GuestProgram, every: number, most: number): Promise<GuestRun> {
  let left = most;
  return runFrozenAt(program, () => (left-- > 0 ? `syscalls:${every}` : undefined));
}

/** Under vkernel, frozen and resumed in a new process at moments that `nextMoment` names, until it names none. */
export function runFrozenAt(program: GuestProgram, nextMoment: NextMoment): Promise<GuestRun> {
  return inTemporaryFolder((folder) =>
    runInSteps(folder, nextMoment, mounts(program), [program.image, ...program.args]),
  );
}

/** When the next freeze is, counted from the last, as `--snapshot-at` has it; undefined: there is no further one. */
export type NextMoment = () => string | undefined;

/**
 * A machine that is frozen and goes on in a new process at moments that `nextMoment` names, until it has ended.
 * @param grants options that say what of the host the guest sees: `run` and `resume` get them both
 * @param command what `run` gets besides: more options, the image, its arguments
 * @returns what all steps printed
 */
export async function runInSteps(
  folder: string,
  nextMoment: NextMoment,
  grants: readonly string[],
  command: readonly string[],
): Promise<GuestRun> {
  const core = (freezes: number): string => join(folder, `${freezes}.core`);
  const freezeInto = (file: string): string[] => {
    const moment = nextMoment();
    return moment === undefined ? [] : ['--snapshot-at', moment, '--stop', '--no-sync', '-o', file];
  };
  let step = vkernel('run', ...freezeInto(core(0)), ...grants, ...command);
  const commands: string[] = [];
  let stdout = '';
  let stderr = '';
  for (let freezes = 0; ; freezes++) {
    commands.push(typed(step));
    const run = await runProcess(step, folder);
    stdout += run.stdout;
    if (!existsSync(core(freezes))) {
      stderr += run.stderr;
      return { ...run, stdout, stderr, freezes, command: reproduction(commands) };
    }
    stderr += run.stderr.replaceAll(VKERNEL_LINE, '');
    if (freezes > 0) await rm(core(freezes - 1));
    step = vkernel('resume', ...grants, ...freezeInto(core(freezes + 1)), core(freezes));
  }
}

/** The first step and the last two: those between differ in the file's number alone. */
function reproduction(commands: readonly string[]): string {
  const shown =
    commands.length <= 4
      ? commands
      : [commands[0]!, `... ${commands.length - 3} more`, ...commands.slice(-2)];
  return shown.join('\n    ').replaceAll(/\S*\/vkernel-guest-\w+\//g, '/tmp/');
}

const mounts = (program: GuestProgram): string[] =>
  program.mounts.flatMap((path) => ['--mount', `${path}:${path}:ro`]);

export const vkernel = (...args: string[]): string[] => [process.execPath, VKERNEL, ...args];

export function typed(command: readonly string[]): string {
  return command.map((word) => (/^[\w./:=-]+$/.test(word) ? word : `'${word}'`)).join(' ');
}

/** @param limitMs after that it is killed */
export function runProcess(
  command: readonly string[],
  cwd: string,
  limitMs = STEP_LIMIT_MS,
): Promise<GuestRun> {
  return new Promise((resolve, reject) => {
    const [file, ...args] = command;
    const env = {
      PATH: process.env['PATH'] ?? '/usr/bin:/bin',
      HOME: '/root',
      TERM: 'dumb',
      LANG: 'C.UTF-8',
    };
    const child = spawn(file!, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('latin1').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('latin1').on('data', (text: string) => (stderr += text));
    const timer = setTimeout(() => {
      stderr += `\n(killed after ${limitMs / 1000} s)`;
      killTree(child.pid!);
    }, limitMs);
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      const status = signal === null ? (code ?? 0) : 128 + constants.signals[signal];
      resolve({ stdout, stderr, status, command: typed(command) });
    });
  });
}

/** A process with all that it started: who kills a shell alone still waits for the program that holds its output open. */
function killTree(pid: number): void {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
    process.kill(pid, 'SIGKILL');
    for (const child of children.split(' ').filter(Boolean)) killTree(Number(child));
  } catch {
    // It has ended by itself.
  }
}
