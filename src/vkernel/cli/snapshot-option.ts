/** When a guest is frozen by itself: `--snapshot-at`, `--snapshot-on` or `--every`, with `-o FILE [--stop]`. */
import { resolve } from 'node:path';
import { CliError } from './cli-error.js';
import type { CommandLine, OptionTable } from './command.js';
import { parseNumber } from './number-option.js';
import { parseDuration } from './size.js';

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
    | { readonly call: string }
    | { readonly everyMs: number; readonly keep: number }
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
  'snapshot-on': {
    kind: 'text',
    value: 'CALL',
    describe:
      "Freeze into -o FILE before the first such system call: openat, 'openat(path=/etc/*)', 'write(fd=1)'",
  },
  every: { kind: 'text', value: 'TIME', describe: 'Freeze into -o FILE again and again: 5s, 2m' },
  keep: { kind: 'text', value: 'N', describe: 'With --every: keep FILE and FILE.1 to FILE.N-1; default: 1' },
  output: { kind: 'text', alias: 'o', value: 'FILE', describe: 'Where the snapshot goes' },
  stop: { kind: 'flag', describe: 'End the guest once the snapshot is complete' },
  ...PAGE_OPTIONS,
};

const WHEN = ['snapshot-at', 'snapshot-on', 'every'] as const;
const MOST_KEPT = 1000;

/** @param cwd what a relative file is relative to @throws CliError */
export function snapshotTrigger(line: CommandLine, cwd: string): SnapshotTrigger | undefined {
  const [option, other] = WHEN.filter((name) => line.text(name) !== undefined);
  const file = line.text('output');
  if (option === undefined) {
    if (file !== undefined || line.flag('stop'))
      throw new CliError('-o and --stop need --snapshot-at, --snapshot-on or --every, to say when');
    return undefined;
  }
  if (other !== undefined) throw new CliError(`--${option} and --${other} exclude each other`);
  if (!file) throw new CliError(`--${option} needs -o FILE, to say where the snapshot goes`);
  if (option === 'every' && line.flag('stop')) throw new CliError('--every and --stop exclude each other');
  const at = moment(option, line.text(option)!, line.text('keep'));
  return { file: resolve(cwd, file), stop: line.flag('stop'), ...pageOptions(line), at };
}

function moment(option: (typeof WHEN)[number], when: string, keep = '1'): SnapshotTrigger['at'] {
  if (option === 'snapshot-on') return { call: when };
  if (option === 'every')
    return { everyMs: parseDuration(when, '--every'), keep: parseNumber(keep, '--keep', 1, MOST_KEPT) };
  const [unit, count, ...more] = when.split(':');
  if ((unit === 'signal' || unit === 'guest') && count === undefined) return unit;
  if (count !== undefined && more.length === 0) {
    const number = (lowest: number): number => parseNumber(count, '--snapshot-at', lowest, 2 ** 48);
    if (unit === 'syscalls') return { syscalls: number(1) };
    if (unit === 'blocks') return { blocks: number(1) };
    if (unit === 'ms') return { ms: number(0) };
  }
  throw new CliError(
    `--snapshot-at: '${when}' is no time to freeze at; write syscalls:N, blocks:N, ms:N, signal or guest`,
  );
}
