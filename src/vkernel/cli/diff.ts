/** `vkernel diff` */
import { diffCores, isSame, type Change, type CoreChange, type ProcessChange } from '../../ckpt/look/diff.js';
import { sizeText } from '../lib/size-text.js';
import type { Command } from './command.js';
import { OpenedCore } from './opened-core.js';
import { print } from './output.js';
import { printable } from './printable.js';

const PAGE_BYTES = 4096;

export const diff: Command = {
  name: 'diff',
  summary: 'Show what differs between two core files: processes, registers, memory, open files',
  positionals: ['A', 'B'],
  options: {
    json: { kind: 'flag', describe: 'Print as JSON' },
    symbols: {
      kind: 'text',
      value: 'FILE',
      repeatable: true,
      describe: 'Take names of addresses from this ELF file, where the cores have not all of it',
    },
  },
  examples: [['vkernel diff before.core after.core', 'of the same machine, frozen twice']],
  notes: ['The exit code is 0 if nothing differs, 1 if something does, and 2 for a failure, as of diff(1).'],
  failureExitCode: 2,
  async run(line) {
    const [a, b] = line.positionals as readonly [string, string];
    const before = await OpenedCore.open(a);
    try {
      const after = await OpenedCore.open(b);
      try {
        const symbols = line.list('symbols');
        const change = diffCores(before.view(symbols), after.view(symbols));
        await print(line.flag('json') ? `${JSON.stringify(change, null, 2)}\n` : diffText(change));
        return isSame(change) ? 0 : 1;
      } finally {
        after.close();
      }
    } finally {
      before.close();
    }
  },
};

function diffText({ processes, changed }: CoreChange): string {
  return [...changeLines(processes, ''), ...changed.flatMap(processLines)]
    .map((line) => `${line}\n`)
    .join('');
}

function processLines({ pid, name, about, threads, maps, memory, files }: ProcessChange): string[] {
  return [
    `process ${pid} (${printable(name)})`,
    ...changeLines(about, '  '),
    ...threads.flatMap(({ tid, changes }) => [`  thread ${tid}`, ...changeLines(changes, '    ')]),
    ...changeLines(maps, '  '),
    ...memory.flatMap(({ start, end, access, label, changedPages, comparedPages, symbols }) => [
      `  memory 0x${start.toString(16)}-0x${end.toString(16)} ${access} ${printable(label)}: ${changedPages} of ${comparedPages} pages (${sizeText(changedPages * PAGE_BYTES)})`,
      ...symbols.map(({ name: symbol, bytes }) => `    ${printable(symbol)}: ${bytes} bytes`),
    ]),
    ...changeLines(files, '  '),
  ];
}

function changeLines(changes: readonly Change[], indent: string): string[] {
  return changes.map(({ of, before, after }) => {
    const what = of === '' ? '' : `${of}: `;
    if (before === undefined) return `${indent}+ ${what}${printable(after!)}`;
    if (after === undefined) return `${indent}- ${what}${printable(before)}`;
    return before === after
      ? `${indent}${of}: differ`
      : `${indent}${what}${printable(before)} → ${printable(after)}`;
  });
}
