/** Everything that reads cores, with one of them. What must not happen is thrown as a Finding. */
import { rmSync } from 'node:fs';
import { CoreFile } from '../../src/ckpt/image/core-file.js';
import { errorLine, exitCodeOf } from '../../src/vkernel/cli/cli-error.js';
import { parseCommandLine } from '../../src/vkernel/cli/command-line.js';
import { COMMANDS } from '../../src/vkernel/cli/commands.js';
import { UnicornCpu } from '../../src/vkernel/cpu/unicorn-cpu.js';
import { VKernel } from '../../src/vkernel/machine/vkernel.js';

export class Finding extends Error {}

/** What a reader says of a file that is not right. All else is a mistake of ours. */
const REFUSALS = new Set(['CoreFormatError', 'CheckpointError', 'StateError', 'CliError', 'MachineError']);
const ONE_LINE = /^[^\p{Cc}\p{Cf}\u2028\u2029]{5,2000}$/u;
const ABORTED = new Error('looked at');

/** From now on no instruction of a guest runs in this process, and no file is read beyond its end. Output goes nowhere. */
export function standGuard(): void {
  UnicornCpu.prototype.run = (): never => {
    throw new Finding('a guest was to run');
  };
  const prototype = CoreFile.prototype as { readAt: CoreFile['readAt'] };
  const readAt = prototype.readAt;
  prototype.readAt = function (this: CoreFile, offset: number, length: number): Uint8Array {
    if (!(offset >= 0 && length >= 0 && offset + length <= this.bytes))
      throw new Finding(`${length} bytes at ${offset} were to be read of a file of ${this.bytes}`);
    return readAt.call(this, offset, length);
  };
  process.stdout.write = ((_text: string, done?: () => void): boolean => {
    done?.();
    return true;
  }) as typeof process.stdout.write;
}

/** @returns what it was refused for, or undefined where it was accepted */
async function refusal(work: () => Promise<unknown>, failureExitCode: number): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (error instanceof Finding || !(error instanceof Error) || !REFUSALS.has(error.name))
      throw new Finding(error instanceof Error ? error.stack : String(error));
    const line = errorLine(error);
    if (!ONE_LINE.test(line)) throw new Finding(`not one line: ${JSON.stringify(line)}`);
    if (exitCodeOf(error, failureExitCode) === 0) throw new Finding(`exit code 0 for: ${line}`);
    return line;
  }
}

async function command(name: string, ...args: string[]): Promise<string | undefined> {
  const found = await COMMANDS[name]!();
  return refusal(async () => found.run(parseCommandLine(found, args)), found.failureExitCode);
}

/** The machine is there, and ended before it does anything. */
async function resume(file: string, preload: boolean): Promise<void> {
  const machine = await VKernel.resume(file, { preload, signal: AbortSignal.abort(ABORTED) });
  await machine.wait().then(
    () => {
      throw new Finding('the guest has ended');
    },
    (error: unknown) => {
      if (error !== ABORTED) throw error;
    },
  );
}

/**
 * @param choice which of the slower readers are tried on a file that was accepted
 * @returns whether it was accepted, and else why not
 */
export async function readCore(file: string, other: string, choice: number): Promise<string> {
  const refused = await command('inspect', '--json', file);
  const resumed = await refusal(() => resume(file, choice % 2 === 0), 125);
  const out = `${file}.out`;
  const readers = [
    () => command('inspect', file),
    () => command('inspect', '--html', out, file),
    () => command('inspect', '--threads', '--maps', '--files', '--state', file),
    () => command('extract', '--pid', `${1 + (choice % 4)}`, '-o', out, file),
    () => command('diff', '--json', file, other),
    () => command('diff', other, file),
    ...('flatten' in COMMANDS ? [() => command('flatten', file, '-o', out)] : []),
  ];
  await readers[choice % readers.length]!();
  rmSync(out, { force: true });
  return refused ?? resumed ?? 'accepted';
}
