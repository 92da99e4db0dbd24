/** Running commands and timing them. */
import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** How often each thing is measured; the median counts. */
export const RUNS = Math.max(1, Number(process.env['BENCH_RUNS'] ?? 5));

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
export const GUESTS = `${ROOT}guest-images/build/glibc/programs/`;

export type Command = readonly [file: string, ...args: string[]];

export const vkernel = (...args: string[]): Command => [
  process.execPath,
  `${ROOT}dist/bundle/vkernel/cli/main.js`,
  ...args,
];

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Runs a command to its end. @returns what it printed @throws Error when it fails */
export function run([file, ...args]: Command): string {
  const { status, signal, stdout, stderr, error } = spawnSync(file, args, { encoding: 'utf8' });
  if (error) throw error;
  if (status !== 0)
    throw new Error(`${file} ${args.join(' ')}: ${signal ?? `exit code ${status}`}\n${stderr}`);
  return stdout;
}

/** Seconds from the start of a command to its end: the median. */
export function secondsOf(command: Command, runs = RUNS): number {
  return median(
    Array.from({ length: runs }, () => {
      const started = performance.now();
      run(command);
      return (performance.now() - started) / 1000;
    }),
  );
}

/** Seconds that a program says its work took (it prints nanoseconds): start-up is not in it. The median. */
export function secondsSaid(command: Command, runs = RUNS): number {
  return median(Array.from({ length: runs }, () => Number(run(command).trim()) / 1e9));
}

export interface Started {
  /** Resolves with the time, in the milliseconds of performance.now(), at which the output first contained that text. */
  printed(text: string): Promise<number>;
  kill(): Promise<void>;
}

/** Starts a command and watches its output. @throws Error, from `printed`, when it ends before it has printed the text */
export function start([file, ...args]: Command): Started {
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  return {
    printed: (text) =>
      new Promise((resolve, reject) => {
        const look = (chunk: Buffer): void => {
          output = (output + chunk.toString()).slice(-4096);
          if (!output.includes(text)) return;
          child.stdout.off('data', look);
          child.stdout.resume();
          resolve(performance.now());
        };
        child.stdout.on('data', look);
        void ended.then(() => reject(new Error(`${file} ${args.join(' ')}: ended too early\n${errors}`)));
      }),
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
