/** Compares what a run of a program did with what it should have done. */
import { AssertionError } from 'chai';
import type { GuestRun } from './guest-run.js';

export interface Wanted {
  readonly status: number;
  readonly stdout: string;
  /** Where it matters. */
  readonly stderr?: string;
  /** The output may stop early, but what there is must be right. */
  readonly cutShort?: boolean;
}

/** @throws AssertionError with the first line that differs, and what to type to see it again */
export function judge(
  program: { readonly name: string; readonly source: string },
  run: GuestRun,
  wanted: Wanted,
): void {
  const same = wanted.cutShort ? wanted.stdout.startsWith(run.stdout) : wanted.stdout === run.stdout;
  const sameErrors = wanted.stderr === undefined || wanted.stderr === run.stderr;
  if (same && sameErrors && run.status === wanted.status) return;
  const paragraphs = [
    `${program.name} (${program.source})`,
    `  status ${run.status}, wanted ${wanted.status}${run.freezes === undefined ? '' : `, after ${run.freezes} freezes`}`,
    same ? '' : firstDifference('output', run.stdout.split('\n'), wanted.stdout.split('\n')),
    sameErrors ? '' : firstDifference('stderr', run.stderr.split('\n'), wanted.stderr.split('\n')),
    `  stderr ends with:\n${indent(run.stderr.trim().split('\n').slice(-15))}`,
    `  again with:\n    ${run.command}`,
  ];
  throw new AssertionError(paragraphs.filter((paragraph) => paragraph !== '').join('\n'));
}

function firstDifference(stream: string, got: readonly string[], wanted: readonly string[]): string {
  let at = 0;
  while (at < got.length && got[at] === wanted[at]) at++;
  const around = (lines: readonly string[]): readonly string[] =>
    at < lines.length ? lines.slice(at, at + 4) : ['(the end)'];
  return [
    `  ${stream} differs in line ${at + 1}; before it:`,
    indent(wanted.slice(Math.max(0, at - 3), at)),
    '  got:',
    indent(around(got)),
    '  wanted:',
    indent(around(wanted)),
  ].join('\n');
}

const indent = (lines: readonly string[]): string => lines.map((line) => `    ${line}`).join('\n');
