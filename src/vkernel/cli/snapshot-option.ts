/** `--snapshot-at syscalls:N|blocks:N|ms:N|signal|guest -o FILE [--stop]` */
import { resolve } from 'node:path';
import { CliError } from './cli-error.js';
import type { CommandLine, OptionTable } from './command.js';
import { parseNumber } from './number-option.js';

export interface SnapshotTrigger {
  /** An absolute path. */
  readonly file: string;
  readonly stop: boolean;
  readonly thin?: true;
  readonly compress?: true;
  readonly sync?: false;
  /** `signal`: at each SIGUSR2 that the vkernel process gets. `guest`: whenever the guest asks for it. */
  readonly at:
    | { readonly syscalls: number }
    | { readonly blocks: number }
    | { readonly ms: number }
    | 'signal'
    | 'guest';
}

/** What is in the file: for every command that writes one. */
export const PAGE_OPTIONS: OptionTable = {
  thin: { kind: 'flag', describe: 'Leave out what mapped files of the host have, too; resuming needs them' },
  compress: { kind: 'flag', describe: 'Compress the pages; gdb needs vkernel flatten first' },
  'no-sync': { kind: 'flag', describe: 'Leave it to the host when the file gets to the disk' },
};

export function pageOptions(line: CommandLine): Pick<SnapshotTrigger, 'thin' | 'compress' | 'sync'> {
  return {
    ...(line.flag('thin') && { thin: true }),
    ...(line.flag('compress') && { compress: true }),
    ...(line.flag('no-sync') && { sync: false }),
  };
}

export const SNAPSHOT_OPTIONS: OptionTable = {
  'snapshot-at': {
    kind: 'text',
    value: 'WHEN',
    describe:
      'Freeze into -o FILE: syscalls:N, blocks:N (basic blocks), ms:N, signal (SIGUSR2), or guest (when it asks)',
  },
  output: { kind: 'text', alias: 'o', value: 'FILE', describe: 'Where the snapshot goes' },
  stop: { kind: 'flag', describe: 'End the guest once the snapshot is complete' },
  ...PAGE_OPTIONS,
};

/** @param cwd what a relative file is relative to */
export function snapshotTrigger(line: CommandLine, cwd: string): SnapshotTrigger | undefined {
  const when = line.text('snapshot-at');
  const file = line.text('output');
  if (when === undefined) {
    if (file !== undefined || line.flag('stop'))
      throw new CliError('-o and --stop need --snapshot-at, to say when');
    return undefined;
  }
  if (!file) throw new CliError('--snapshot-at needs -o FILE, to say where the snapshot goes');
  const [unit, count, ...more] = when.split(':');
  const common = { file: resolve(cwd, file), stop: line.flag('stop'), ...pageOptions(line) };
  if ((unit === 'signal' || unit === 'guest') && count === undefined) return { ...common, at: unit };
  if (count !== undefined && more.length === 0) {
    const number = (lowest: number): number => parseNumber(count, '--snapshot-at', lowest, 2 ** 48);
    if (unit === 'syscalls') return { ...common, at: { syscalls: number(1) } };
    if (unit === 'blocks') return { ...common, at: { blocks: number(1) } };
    if (unit === 'ms') return { ...common, at: { ms: number(0) } };
  }
  throw new CliError(
    `--snapshot-at: '${when}' is no time to freeze at; write syscalls:N, blocks:N, ms:N, signal or guest`,
  );
}
