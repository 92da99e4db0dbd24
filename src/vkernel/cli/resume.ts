/** `vkernel resume` */
import { resolve } from 'node:path';
import { CliError } from './cli-error.js';
import type { FilesPolicy, ResumeOptions } from '../machine/vkernel.js';
import type { Command, CommandLine } from './command.js';
import { MACHINE_NOTES, MACHINE_OPTIONS, machineSettings } from './machine-options.js';
import { parseMount } from './mount-option.js';
import { parseNumber } from './number-option.js';
import { say } from './output.js';
import { runSession } from './session.js';

export const resume: Command = {
  name: 'resume',
  summary: 'Go on from a core file',
  positionals: ['FILE'],
  options: {
    root: {
      kind: 'text',
      value: 'DIR',
      describe: "The host directory that is the guest's root now, if it had one",
    },
    'root-read-only': { kind: 'flag', describe: 'The guest may not change its root' },
    mount: {
      kind: 'text',
      repeatable: true,
      value: 'HOST:GUEST[:MODE]',
      describe: 'The host directory of a mount: what the machine had is granted anew',
    },
    'ckpt-value': {
      kind: 'text',
      value: 'N',
      describe: "What the guest's own freeze call returns in this copy; default: 1",
    },
    'host-files': {
      kind: 'flag',
      describe: 'For the core of a native process: the files that it names, read-only, from this host',
    },
    files: {
      kind: 'text',
      value: 'strict|warn|ignore',
      describe: 'What to do when host files are not what they were: refuse, say so (default), or nothing',
    },
    json: { kind: 'flag', describe: 'Say as a line of JSON on standard error what could not be kept' },
    preload: { kind: 'flag', describe: 'Read the whole file first: for files that others may change' },
    ...MACHINE_OPTIONS,
  },
  notes: [
    'FILE may also be the core of a native process, written by Linux or gcore: it goes on here with its memory and threads.',
    ...MACHINE_NOTES,
  ],
  examples: [['vkernel resume app.core', 'as often as wanted: the file stays as it is']],
  failureExitCode: 125,
  async run(line) {
    const options = resumeOptions(line);
    return runSession(machineSettings(line), async (shared) => {
      const { VKernel } = await import('../machine/vkernel.js');
      const machine = await VKernel.resume(resolve(line.positionals[0]!), { ...options, ...shared });
      if (line.flag('json')) say(JSON.stringify({ resumed: machine.resumed }));
      return machine;
    });
  },
};

function resumeOptions(line: CommandLine): ResumeOptions {
  const cwd = process.cwd();
  const root = line.text('root');
  const value = line.text('ckpt-value');
  return {
    mounts: line.list('mount').map((text) => parseMount(text, cwd)),
    preload: line.flag('preload'),
    hostFiles: line.flag('host-files'),
    files: filesPolicy(line.text('files') ?? 'warn'),
    ...(root === undefined ? {} : { root: resolve(cwd, root), rootReadOnly: line.flag('root-read-only') }),
    ...(value === undefined ? {} : { value: parseNumber(value, '--ckpt-value', -(2 ** 31), 2 ** 31 - 1) }),
  };
}

const POLICIES: readonly FilesPolicy[] = ['strict', 'warn', 'ignore'];

function filesPolicy(text: string): FilesPolicy {
  const policy = POLICIES.find((one) => one === text);
  if (policy === undefined) throw new CliError(`--files: '${text}' is none of ${POLICIES.join(', ')}`);
  return policy;
}
