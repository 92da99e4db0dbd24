/** `vkernel extract` */
import { resolve } from 'node:path';
import { CliError } from './cli-error.js';
import type { Command } from './command.js';
import { parseNumber } from './number-option.js';

const MAX_PID = 2 ** 31 - 1;

export const extract: Command = {
  name: 'extract',
  summary: 'Write one process of a core file as a core of its own, for gdb',
  positionals: ['FILE'],
  options: {
    pid: { kind: 'text', value: 'N', describe: 'The process; `vkernel inspect FILE` lists them' },
    output: { kind: 'text', alias: 'o', value: 'OUT', describe: 'Where its core goes' },
  },
  examples: [['vkernel extract app.core --pid 3 -o child.core', 'then: gdb ./child child.core']],
  notes: ['The result is for debuggers. What goes on from a core is the whole machine: vkernel resume FILE.'],
  failureExitCode: 1,
  async run(line) {
    const pid = line.text('pid');
    const output = line.text('output');
    if (pid === undefined || !output) throw new CliError('extract needs --pid N and -o OUT');
    const { extractImage } = await import('../../ckpt/image/extract.js');
    await extractImage(resolve(line.positionals[0]!), parseNumber(pid, '--pid', 1, MAX_PID), resolve(output));
    return 0;
  },
};
