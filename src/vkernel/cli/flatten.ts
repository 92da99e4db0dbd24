/** `vkernel flatten` */
import { resolve } from 'node:path';
import { CliError } from './cli-error.js';
import type { Command } from './command.js';

export const flatten: Command = {
  name: 'flatten',
  summary: 'Write a core that builds on others, or is compressed, as one that stands alone',
  positionals: ['FILE'],
  options: { output: { kind: 'text', alias: 'o', value: 'OUT', describe: 'Where the whole core goes' } },
  examples: [
    ['vkernel flatten b.core -o whole.core', 'then whole.core resumes without the others, and gdb opens it'],
  ],
  failureExitCode: 1,
  async run(line) {
    const output = line.text('output');
    if (!output) throw new CliError('flatten needs -o OUT');
    const { flatten: write } = await import('../../ckpt/image/flatten.js');
    await write(resolve(line.positionals[0]!), resolve(output));
    return 0;
  },
};
