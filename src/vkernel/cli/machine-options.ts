/** Options that `run` and `resume` share. */
import { resolve } from 'node:path';
import type { CommandLine, OptionTable } from './command.js';
import { checkName } from './machine-id.js';
import { SNAPSHOT_OPTIONS, snapshotTrigger, type SnapshotTrigger } from './snapshot-option.js';

export const MACHINE_OPTIONS: OptionTable = {
  strace: { kind: 'optional', value: 'FILE', describe: 'Trace system calls to standard error, or to FILE' },
  'core-on-crash': { kind: 'text', value: 'FILE', describe: 'Where a guest that crashes leaves its core' },
  commit: {
    kind: 'text',
    value: 'DIR',
    describe: 'Write what the guest changed in its --overlay into DIR when it has ended',
  },
  ...SNAPSHOT_OPTIONS,
  name: {
    kind: 'text',
    value: 'NAME',
    describe: 'The id for vkernel ps and vkernel snapshot; default: a random one',
  },
};

export interface MachineSettings {
  /** As `openTrace` takes it. */
  readonly strace: string | undefined;
  readonly coreOnCrash: string | undefined;
  readonly commit: string | undefined;
  readonly trigger: SnapshotTrigger | undefined;
  readonly name: string | undefined;
  /** Ctrl-C twice is the guest's, too. */
  readonly ownsKeys?: boolean;
}

/** @throws CliError */
export function machineSettings(line: CommandLine): MachineSettings {
  const cwd = process.cwd();
  const core = line.text('core-on-crash');
  const commit = line.text('commit');
  const name = line.text('name');
  return {
    strace: line.text('strace'),
    coreOnCrash: core === undefined ? undefined : resolve(cwd, core),
    commit: commit === undefined ? undefined : resolve(cwd, commit),
    trigger: snapshotTrigger(line, cwd),
    name: name === undefined ? undefined : checkName(name),
  };
}

/** What both commands say about themselves below their options. */
export const MACHINE_NOTES: readonly string[] = [
  'SIGINT, SIGTERM, SIGHUP and SIGQUIT go to the guest; Ctrl-C twice within a second ends vkernel itself (130), unless the guest has several processes or reads key by key, or with --tty.',
  'Ctrl-P Ctrl-Q suspend vkernel, as Ctrl-Z does with other programs.',
  "Exit code: the guest's own, 128+N if signal N ended it, 125 if vkernel failed, 126 if the program cannot be executed, 127 if it was not found.",
];
