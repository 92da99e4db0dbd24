/** The printed table. */
import { median, type Seconds } from './measure.js';

/** What could not be measured is left out. */
export type Times = Partial<Record<'native' | 'qemu' | 'vkernel', Seconds | undefined>>;

export interface Benchmark {
  /** Says also what the column "native" holds, where that is not the same program run natively. */
  readonly title: string;
  readonly measure: () => Promise<Times>;
}

export const HEADER = ['', 'native', 'qemu-user', 'vkernel', 'to native', 'to qemu-user'];

export function row(title: string, times: Times): string[] {
  return [
    title,
    ...[times.native, times.qemu, times.vkernel].map(duration),
    ratio(times.vkernel, times.native),
    ratio(times.vkernel, times.qemu),
  ];
}

/** The median, with three significant digits: "1.23 s", "45.6 ms". */
export function duration(runs: Seconds | undefined): string {
  if (runs === undefined) return '-';
  const seconds = median(runs);
  const [value, unit] = seconds >= 1 ? [seconds, 's'] : [seconds * 1000, 'ms'];
  return `${value < 1000 ? value.toPrecision(3) : Math.round(value)} ${unit}`;
}

/** How many times longer `own` took than `other`: by the medians, and run by run. */
export function ratios(own: Seconds, other: Seconds): { ratio: number; least: number; most: number } {
  const each = own.map((value, run) => value / other[Math.min(run, other.length - 1)]!);
  return { ratio: median(own) / median(other), least: Math.min(...each), most: Math.max(...each) };
}

/** By the medians, with the lowest and the highest of all runs: "2.50 x (2.31-2.70)". */
function ratio(runs: Seconds | undefined, than: Seconds | undefined): string {
  if (runs === undefined || than === undefined) return '-';
  const { ratio, least, most } = ratios(runs, than);
  return `${ratio.toFixed(2)} x (${least.toFixed(2)}-${most.toFixed(2)})`;
}

/** The first column is left-aligned, the others are right-aligned. */
export function printTable(header: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = header.map((title, i) => Math.max(title.length, ...rows.map((cells) => cells[i]!.length)));
  for (const cells of [header, widths.map((width) => '-'.repeat(width)), ...rows]) {
    const padded = cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)));
    console.log(padded.join('  ').trimEnd());
  }
}
