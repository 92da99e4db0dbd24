/** The programs that are measured: each ends by itself or is killed. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Contender } from './measure.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const TIMEOUT = { timeout: 300_000, killSignal: 'SIGKILL' } as const;

export type Command = readonly [file: string, ...args: string[]];

/** Where the programs lie that are measured. */
export const PROGRAMS = `${ROOT}guest-images/build/glibc/programs`;

export const guest = (name: string, ...args: string[]): Command => [`${PROGRAMS}/${name}`, ...args];

/** On one CPU, as all threads of a guest are: what is natively on two CPUs wakes the other one each time. */
export const pinned = (command: Command): Command => ['taskset', '-c', '0', ...command];

export const vkernel = (...args: string[]): Command => [
  process.execPath,
  `${ROOT}dist/bundle/vkernel/cli/main.js`,
  ...args,
];

const found = spawnSync('qemu-x86_64', ['--version'], { encoding: 'utf8', ...TIMEOUT });
/** Undefined when qemu-user is not installed. */
export const QEMU_VERSION =
  found.status === 0 ? (/version (\S+)/.exec(found.stdout)?.[1] ?? 'of unknown version') : undefined;
export const qemu = (command: Command, ...options: string[]): Command | undefined =>
  QEMU_VERSION === undefined ? undefined : ['qemu-x86_64', ...options, ...command];

/** Runs a command to its end. @returns what it printed @throws Error when it fails */
export function run([file, ...args]: Command): string {
  const { status, signal, stdout, stderr, error } = spawnSync(file, args, { encoding: 'utf8', ...TIMEOUT });
  if (error) throw error;
  if (status !== 0)
    throw new Error(`${file} ${args.join(' ')}: ${signal ?? `exit code ${status}`}\n${stderr}`);
  return stdout;
}

/** From the start of the command to its end. */
export const wholeRun = (command: Command): Contender => {
  return () => {
    const startedMs = performance.now();
    run(command);
    return (performance.now() - startedMs) / 1000;
  };
};

/** What the command says its work took (it prints nanoseconds): start-up is not in it. */
export const ownReport = (command: Command): Contender => {
  return () => Number(run(command)) / 1e9;
};

const running = new Set<ChildProcess>();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

export interface Started {
  readonly pid: number;
  kill(): Promise<void>;
  /** From the start of the command until it had printed the text. */
  readonly seconds: number;
}

/** Starts a command, and returns once it has printed `text`. @throws Error when it ends before that */
export async function start([file, ...args]: Command, text: string): Promise<Started> {
  const startedMs = performance.now();
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], ...TIMEOUT });
  running.add(child);
  let output = '';
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  void ended.then(() => running.delete(child));
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    void ended.then(() => reject(new Error(`${file} ${args.join(' ')}: ended too early\n${errors}`)));
    child.stdout.on('data', (chunk: Buffer) => {
      // What comes later is read too, or the guest would stop at a full pipe.
      if (output.includes(text)) return;
      output += chunk.toString();
      if (output.includes(text)) resolve();
    });
  });
  const seconds = (performance.now() - startedMs) / 1000;
  const kill = (): Promise<void> => {
    child.kill('SIGKILL');
    return ended;
  };
  return { pid: child.pid!, kill, seconds };
}
