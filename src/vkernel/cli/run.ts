/** `vkernel run` */
import { resolve } from 'node:path';
import { CliError } from './cli-error.js';
import type { Command, CommandLine } from './command.js';
import { parseEnvironment } from './environment-option.js';
import { MACHINE_NOTES, MACHINE_OPTIONS, machineSettings } from './machine-options.js';
import { parseMount } from './mount-option.js';
import { parseNumber } from './number-option.js';
import { runSession } from './session.js';
import { parseSize } from './size.js';
import type { BootOptions } from '../machine/vkernel.js';

const MOST_PROCESSES = 32_768;
const MOST_FILES = 1_048_576;

export const run: Command = {
  name: 'run',
  summary: "Run a program; everything behind IMAGE is the program's own",
  positionals: ['IMAGE'],
  guestArguments: true,
  options: {
    root: {
      kind: 'text',
      value: 'DIR',
      describe: "A host directory as the guest's root; IMAGE is then a path in it",
    },
    'root-read-only': { kind: 'flag', describe: 'The guest may not change its root' },
    overlay: {
      kind: 'flag',
      describe: 'Changes of the root stay in memory; the host directory is only read',
    },
    mount: {
      kind: 'text',
      repeatable: true,
      value: 'HOST:GUEST[:MODE]',
      describe:
        'Show the guest a host directory. MODE ro: not to be changed; overlay: changes stay in memory',
    },
    env: {
      kind: 'text',
      repeatable: true,
      value: 'NAME=VALUE',
      describe: 'Set a variable beside PATH, HOME, TERM and LANG',
    },
    workdir: {
      kind: 'text',
      alias: 'w',
      value: 'DIR',
      describe: 'Working directory in the guest; default: /',
    },
    hostname: { kind: 'text', value: 'NAME', describe: 'What the guest is called' },
    memory: { kind: 'text', value: 'SIZE', describe: 'Memory of the guest, as 512M or 2GiB; default: 1GiB' },
    'max-processes': { kind: 'text', value: 'N', describe: 'Most processes and threads of the guest' },
    'max-files': { kind: 'text', value: 'N', describe: 'Most open files of each process' },
    tty: {
      kind: 'flag',
      alias: 't',
      describe: 'The guest has a terminal; default: if vkernel itself has one',
    },
    'no-tty': { kind: 'flag', describe: 'The guest has no terminal, whatever vkernel has' },
    interactive: {
      kind: 'flag',
      alias: 'i',
      describe: 'Standard input goes to the guest, as it always does',
    },
    'no-aslr': { kind: 'flag', describe: 'The same addresses in each run' },
    ...MACHINE_OPTIONS,
  },
  notes: [
    'Without --root, IMAGE is a path on the host; the guest sees that file and nothing else of the host.',
    ...MACHINE_NOTES,
  ],
  examples: [
    ['vkernel run -it --root ./rootfs /bin/bash', 'a shell on this terminal; all keys are its own'],
    ['vkernel run ./hello --verbose', '--verbose goes to hello'],
    ['vkernel run --mount .:/data:ro -w /data ./sum file', 'with the current directory, read-only'],
    ['vkernel run --root ./debian --overlay --commit ./changes /bin/sh', 'the root stays as it is'],
    ['vkernel run --snapshot-at ms:500 -o a.core --stop ./app', 'half a second of it, then freeze'],
  ],
  failureExitCode: 125,
  async run(line) {
    const options = bootOptions(line);
    const settings = { ...machineSettings(line), ownsKeys: line.flag('tty') };
    return runSession(settings, async (shared) => {
      const { VKernel } = await import('../machine/vkernel.js');
      const { DEFAULT_ENVIRONMENT } = await import('../machine/boot.js');
      return VKernel.boot({ ...options, ...shared, env: { ...DEFAULT_ENVIRONMENT, ...options.env } });
    });
  },
};

/** What the command line says of the machine itself; `env` without the default variables. @throws CliError */
export function bootOptions(line: CommandLine): BootOptions {
  const cwd = process.cwd();
  const given = <T>(name: string, read: (text: string) => T): T | undefined => {
    const text = line.text(name);
    return text === undefined ? undefined : read(text);
  };
  const root = given('root', (text) => resolve(cwd, text));
  const [image, ...args] = line.positionals as [string, ...string[]];
  return withoutUndefined({
    image: root === undefined ? resolve(cwd, image) : image,
    argv0: image,
    args,
    env: parseEnvironment(line.list('env')),
    root,
    rootReadOnly: line.flag('root-read-only'),
    overlay: line.flag('overlay'),
    mounts: line.list('mount').map((text) => parseMount(text, cwd)),
    cwd: line.text('workdir'),
    hostname: line.text('hostname'),
    memoryBytes: given('memory', (text) => parseSize(text, '--memory')),
    maxTasks: given('max-processes', (text) => parseNumber(text, '--max-processes', 1, MOST_PROCESSES)),
    maxFiles: given('max-files', (text) => parseNumber(text, '--max-files', 3, MOST_FILES)),
    aslr: !line.flag('no-aslr'),
    tty: terminalOption(line),
  });
}

/** @throws CliError */
function terminalOption(line: CommandLine): boolean | undefined {
  if (line.flag('tty') && line.flag('no-tty'))
    throw new CliError('run: --tty and --no-tty exclude each other');
  return line.flag('tty') ? true : line.flag('no-tty') ? false : undefined;
}

/** An option that is not given must not be there at all. */
function withoutUndefined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
