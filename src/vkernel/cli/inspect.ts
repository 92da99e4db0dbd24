/** `vkernel inspect` */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { parseCore, type ParsedCore } from '../../ckpt/elfcore/parse.js';
import { CliError } from './cli-error.js';
import type { Command } from './command.js';
import { reportCore } from './inspect-report.js';
import { openFiles, reportMachine } from './inspect-state.js';
import { inspectText } from './inspect-text.js';
import { print } from './output.js';

export const inspect: Command = {
  name: 'inspect',
  summary: 'Show what is in a core file: threads, registers, TLS, masks, maps, open files, notes, sizes',
  positionals: ['FILE'],
  options: {
    json: { kind: 'flag', describe: 'Print everything as JSON, the state of the whole kernel too' },
  },
  notes: ['Nothing of the file is run. A damaged file is an error: exit code 1.'],
  failureExitCode: 1,
  async run(line) {
    const file = line.positionals[0]!;
    const { core, fileBytes } = await naming(file, () => readCore(file));
    const report = reportCore(core, fileBytes);
    const machine = await naming(file, () => reportMachine(core.images));
    const text = line.flag('json')
      ? JSON.stringify({ ...report, ...machine }, null, 2)
      : inspectText(file, report, openFiles(machine.state)).join('\n');
    await print(`${text}\n`);
    return 0;
  },
};

/** Headers and notes of a core; its pages are not read. @throws CliError, CoreFormatError, or the error of open(2) */
function readCore(file: string): { core: ParsedCore; fileBytes: number } {
  // Opening a FIFO would wait for a writer.
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) throw new CliError('is not a regular file');
    const readAt = (offset: number, length: number): Uint8Array => {
      const bytes = new Uint8Array(length);
      return bytes.subarray(0, readSync(descriptor, bytes, 0, length, offset));
    };
    return { core: parseCore(readAt, stats.size), fileBytes: stats.size };
  } finally {
    closeSync(descriptor);
  }
}

/** What is wrong with a file's contents is said without its name: here it is added. */
async function naming<T>(file: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Error && ['CliError', 'CoreFormatError', 'StateError'].includes(error.name)) {
      throw new CliError(`${file}: ${error.message}`);
    }
    throw error;
  }
}
