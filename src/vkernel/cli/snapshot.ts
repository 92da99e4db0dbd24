/** `vkernel snapshot` */
import { resolve } from 'node:path';
import { CliError } from './cli-error.js';
import type { Command } from './command.js';
import { snapshotMachine } from './control-client.js';
import { print, say } from './output.js';
import { Progress } from './progress.js';
import { currentUser, runtimeDirectory } from './runtime-directory.js';
import { snapshotLines } from './snapshot-lines.js';
import { PAGE_OPTIONS, pageOptions } from './snapshot-option.js';

export const snapshot: Command = {
  name: 'snapshot',
  summary: 'Freeze a running vkernel into a core file; it goes on running',
  positionals: ['ID'],
  options: {
    output: {
      kind: 'text',
      alias: 'o',
      value: 'FILE',
      describe: 'The core file to write; an older one is replaced when the new one is whole',
    },
    base: {
      kind: 'text',
      value: 'CORE',
      describe:
        'Write only what changed since CORE, the last snapshot of this guest, or what it was resumed from',
    },
    ...PAGE_OPTIONS,
    stop: { kind: 'flag', describe: 'End the guest once the file is complete' },
    json: { kind: 'flag', describe: 'Print the report as JSON' },
  },
  notes: ['ID is what vkernel ps shows, or the beginning of it.'],
  examples: [
    ['vkernel snapshot k3f -o app.core', 'Freeze k3f...; vkernel resume app.core goes on from there'],
    ['vkernel snapshot k3f -o b.core --base app.core', 'What changed since; b.core needs app.core'],
  ],
  failureExitCode: 1,
  async run(line) {
    const file = line.text('output');
    if (!file) throw new CliError('snapshot: where to? -o FILE is missing; see vkernel snapshot --help');
    const progress = new Progress(process.stderr);
    const base = line.text('base');
    const request = {
      file: resolve(file),
      stop: line.flag('stop'),
      ...pageOptions(line),
      ...(base === undefined ? {} : { base: resolve(base) }),
    };
    const report = await snapshotMachine(
      runtimeDirectory(currentUser()),
      line.positionals[0]!,
      request,
      (done, total) => progress.update(done, total),
    ).finally(() => progress.stop());
    if (line.flag('json')) await print(`${JSON.stringify(report)}\n`);
    else snapshotLines(report).forEach(say);
    return 0;
  },
};
