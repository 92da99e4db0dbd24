/** Runs the command as users do, and the guest program that the tests give it. */
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../bundle/vkernel/cli/main.js', import.meta.url));
const TIMEOUT_MS = 30_000;

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A place of its own for a test file: its runtime directory, its files, its guest. */
export class Workplace {
  readonly directory = mkdtempSync(join(tmpdir(), 'vk-cli-'));
  readonly probe = join(this.directory, 'probe');
  readonly env = {
    PATH: process.env['PATH'],
    HOME: '/home/of-the-host',
    SECRET: 'of the host',
    XDG_RUNTIME_DIR: this.directory,
  };
  readonly #children: ChildProcess[] = [];

  constructor() {
    // mocha runs in the project's root.
    execFileSync('gcc', ['-O1', '-static', '-pthread', '-o', this.probe, 'test/cli/probe.c']);
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  /** Runs `vkernel` to its end. Killed after a while: then its code is null. */
  vkernel(args: readonly string[], input = ''): Outcome {
    const options = {
      cwd: this.directory,
      env: this.env,
      input,
      encoding: 'utf8',
      timeout: TIMEOUT_MS,
    } as const;
    const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], options);
    return { code: status, stdout, stderr };
  }

  /** `vkernel run` of the guest program. */
  run(args: readonly string[], ...options: readonly string[]): Outcome {
    return this.vkernel(['run', ...options, this.probe, ...args]);
  }

  /** Starts `vkernel` and lets it run. */
  start(args: readonly string[]): Running {
    const child = spawn(process.execPath, [MAIN, ...args], { cwd: this.directory, env: this.env });
    this.#children.push(child);
    return new Running(child);
  }

  /** Starts `vkernel` on a terminal of its own; what the terminal shows is its standard output. */
  startOnTerminal(args: readonly string[]): Running {
    // Without a shell in between: it would die of the keys that are meant for the guest.
    return this.startShellOnTerminal(`exec ${this.typed(args)}`);
  }

  /** The same with a line of the shell, in which `typed` starts `vkernel`. */
  startShellOnTerminal(line: string, env: NodeJS.ProcessEnv = {}): Running {
    const child = spawn('script', ['-qec', line, '/dev/null'], {
      cwd: this.directory,
      env: { ...this.env, SHELL: '/bin/sh', ...env },
    });
    this.#children.push(child);
    return new Running(child);
  }

  /** `vkernel` and its arguments for a shell. */
  typed(args: readonly string[]): string {
    return [process.execPath, MAIN, ...args].map((arg) => `'${arg}'`).join(' ');
  }

  /** Ends what still runs and removes everything. */
  close(): void {
    for (const child of this.#children) child.kill('SIGKILL');
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** A `vkernel` that runs. */
export class Running {
  readonly child: ChildProcess;
  stdout = '';
  stderr = '';
  readonly #ended: Promise<number | null>;

  constructor(child: ChildProcess) {
    this.child = child;
    child.stdout!.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()));
    child.stderr!.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
    // Keys for one that has just ended go nowhere.
    child.stdin?.on('error', () => undefined);
    this.#ended = new Promise((resolve) => child.on('close', (code) => resolve(code)));
  }

  /** Resolves when the output has this text so many times. */
  async until(text: string, times = 1, stream: 'stdout' | 'stderr' = 'stdout'): Promise<void> {
    const deadlineMs = Date.now() + TIMEOUT_MS;
    while (this[stream].split(text).length <= times) {
      if (Date.now() > deadlineMs || this.child.exitCode !== null) {
        throw new Error(`no "${text}" in ${stream}: ${this[stream]}; stderr: ${this.stderr}`);
      }
      await pause(10);
    }
  }

  /** Keys, on a terminal. */
  type(keys: string): void {
    this.child.stdin!.write(keys);
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  async end(): Promise<Outcome> {
    const code = await this.#ended;
    return { code, stdout: this.stdout, stderr: this.stderr };
  }
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
