/** gdb, asked about a core. */
import { spawnSync } from 'node:child_process';

/** The output of gdb for the program and the core. Warnings about a kernel's own notes are no concern of ours. */
export function gdb(program: string, core: string, ...commands: string[]): string {
  const script = ['set pagination off', 'set width 0', ...commands].flatMap((line) => ['-ex', line]);
  const { stdout, stderr, error } = spawnSync('gdb', ['-batch', '-nx', program, core, ...script], {
    encoding: 'utf8',
  });
  if (error) throw new Error(`this test needs gdb: ${error.message}`);
  return stdout + stderr;
}

export const count = (text: string, pattern: RegExp): number => [...text.matchAll(pattern)].length;
