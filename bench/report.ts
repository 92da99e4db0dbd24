/** The results of one run, as `--json` writes them and the chart shows them. */
import { cpus, loadavg } from 'node:os';
import { QEMU_VERSION } from './command.js';
import type { Footprint } from './footprint.js';
import { median, RUNS } from './measure.js';
import { ratios, type Times } from './table.js';
import { computationMean } from './targets.js';

export interface Machine {
  readonly node: string;
  readonly qemuUser: string | undefined;
  readonly cpu: string;
  readonly cpus: number;
  readonly loadAverage: readonly number[];
  readonly runs: number;
}

export function machine(): Machine {
  return {
    node: process.versions.node,
    qemuUser: QEMU_VERSION,
    cpu: cpus()[0]?.model.trim() ?? '?',
    cpus: cpus().length,
    loadAverage: loadavg(),
    runs: RUNS,
  };
}

/** Seconds are of each run; medians and ratios are derived from them. */
export function asJson(
  of: Machine,
  results: ReadonlyMap<string, Times>,
  footprints: readonly Footprint[],
): string {
  const rows = [...results].map(([title, { native, qemu, vkernel }]) => ({
    title,
    seconds: { native, qemu, vkernel },
    medians: {
      native: native && median(native),
      qemu: qemu && median(qemu),
      vkernel: vkernel && median(vkernel),
    },
    toNative: vkernel && native && ratios(vkernel, native),
    toQemu: vkernel && qemu && ratios(vkernel, qemu),
  }));
  const computationMeanToQemu = computationMean(results);
  return `${JSON.stringify({ machine: of, rows, computationMeanToQemu, footprints }, undefined, 2)}\n`;
}
