/** Native processes of test/ckpt/native.c, and their cores. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Output } from './machine.js';

/** Ends the process even if the work fails. It may leave a core beside the program. */
export async function withNative<T>(
  program: string,
  mode: string,
  work: (child: ChildProcess) => T | Promise<T>,
): Promise<T> {
  const command = `ulimit -c unlimited; exec '${program}' ${mode}`;
  const child = spawn('bash', ['-c', command], { cwd: dirname(program), stdio: ['pipe', 'pipe', 'ignore'] });
  const ended = new Promise((resolve) => child.once('close', resolve));
  try {
    return await work(child);
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}

export async function untilWaiting(child: ChildProcess): Promise<void> {
  const stdout = new Output();
  child.stdout!.pipe(stdout);
  await stdout.includes('waiting\n');
  // It says so before the call in which it waits.
  while (!readFileSync(`/proc/${child.pid}/stat`, 'latin1').includes(') S ')) await pause(5);
  await pause(50);
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Writes the core of a process, which goes on running. @returns the file */
export function gcoreOf(pid: number, prefix: string): string {
  const { stderr, status, error } = spawnSync('gcore', ['-o', prefix, `${pid}`], { encoding: 'utf8' });
  if (error ?? status !== 0) throw new Error(`this needs gcore: ${error?.message ?? stderr}`);
  return `${prefix}.${pid}`;
}
