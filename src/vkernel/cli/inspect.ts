/** `vkernel inspect` */
import { resolve } from 'node:path';
import { writeWhole } from '../../ckpt/image/core-writer.js';
import { openFiles } from '../../ckpt/look/open-files.js';
import { corePage } from '../../ckpt/look/page.js';
import { StateView } from '../../ckpt/look/state-view.js';
import { CliError } from './cli-error.js';
import type { Command, CommandLine } from './command.js';
import { reportCore, type CoreReport } from './inspect-report.js';
import { inspectText, SECTIONS, type Section } from './inspect-text.js';
import { OpenedCore } from './opened-core.js';
import { print } from './output.js';

export const inspect: Command = {
  name: 'inspect',
  summary: 'Show what is in a core file: threads, registers, TLS, masks, maps, open files, notes, sizes',
  positionals: ['FILE'],
  options: {
    json: {
      kind: 'flag',
      describe: 'Print as JSON: everything, the state of the whole kernel too, or what is chosen',
    },
    threads: { kind: 'flag', describe: 'Only the threads: registers, TLS, signal masks' },
    maps: { kind: 'flag', describe: 'Only the memory maps' },
    files: { kind: 'flag', describe: 'Only the open files' },
    state: { kind: 'flag', describe: 'Only the kernel objects, one line each' },
    html: {
      kind: 'text',
      value: 'OUT',
      describe: 'Write a page to look at: memory to scale, processes, threads, stacks',
    },
    symbols: {
      kind: 'text',
      value: 'FILE',
      repeatable: true,
      describe: 'Take names of addresses from this ELF file, where the core has not all of it',
    },
  },
  examples: [
    ['vkernel inspect app.core --threads --maps', 'two of the parts'],
    ['vkernel inspect app.core --html app.html', 'one page that needs nothing else'],
  ],
  notes: ['Nothing of the file is run. A damaged file is an error: exit code 1.'],
  failureExitCode: 1,
  async run(line) {
    const file = line.positionals[0]!;
    const opened = await OpenedCore.open(file);
    try {
      const report = reportCore(opened.contents, opened.contents.foreignNotes);
      const out = line.text('html');
      if (out === '') throw new CliError('--html needs the name of a file');
      if (out !== undefined) await writePage(resolve(out), opened, report, file, line.list('symbols'));
      else
        await print(
          `${line.flag('json') ? asJson(opened, report, line) : asText(opened, report, file, line)}\n`,
        );
      return 0;
    } finally {
      opened.close();
    }
  },
};

/** What the user asked for; nothing chosen means everything. */
function chosen(line: CommandLine): readonly Section[] {
  return SECTIONS.filter((section) => line.flag(section));
}

function asText(opened: OpenedCore, report: CoreReport, file: string, line: CommandLine): string {
  const { state, format } = opened.contents;
  const files = openFiles(new StateView(state));
  return inspectText(file, format, report, files, state, chosen(line)).join('\n');
}

function asJson({ contents }: OpenedCore, report: CoreReport, line: CommandLine): string {
  const { machine, state } = contents;
  const sections = chosen(line);
  const ofMachine = machine && {
    memoryBytes: machine.ramBytes,
    times: { monotonicNs: machine.monotonicNs, realtimeNs: machine.realtimeNs },
  };
  const whole = { ...report, ...ofMachine, state };
  if (sections.length === 0) return JSON.stringify(whole, null, 2);
  const files = openFiles(new StateView(state));
  const has = (section: Section): boolean => sections.includes(section);
  const parts = {
    processes: report.processes.map(({ pid, name, threads, maps }) => ({
      ...{ pid, name },
      ...(has('threads') ? { threads } : {}),
      ...(has('maps') ? { maps } : {}),
      ...(has('files') ? { files: files.get(pid) ?? [] } : {}),
    })),
    ...(has('state') ? { state } : {}),
  };
  return JSON.stringify(parts, null, 2);
}

async function writePage(
  out: string,
  opened: OpenedCore,
  report: CoreReport,
  file: string,
  symbolFiles: readonly string[],
): Promise<void> {
  const { format, fileBytes, pageCount, machine } = opened.contents;
  const facts = {
    title: `${report.processes[0]!.name || 'core'} · ${file.slice(file.lastIndexOf('/') + 1)}`,
    what: format,
    ...{ fileBytes, pageCount },
    ramBytes: machine?.ramBytes,
    frozenAtMs: machine && machine.realtimeNs / 1e6,
    siginfo: report.processes[0]!.siginfo,
  };
  const bytes = Buffer.from(corePage(facts, opened.view(symbolFiles)));
  await writeWhole([bytes], { file: out, totalBytes: bytes.length });
}
