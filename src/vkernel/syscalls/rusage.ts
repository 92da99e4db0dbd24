/** struct rusage of getrusage(2). */
import type { Usage } from '../kernel/process.js';
import { PAGE_BYTES } from '../mm/frames.js';
import { NS_PER_SECOND, NS_PER_US } from '../time/clock.js';

export const RUSAGE_BYTES = 144;
const MAXRSS = 32;
const MINFLT = 64;
const NVCSW = 128;
const NIVCSW = 136;

export function encodeRusage(usage: Usage): Uint8Array {
  const view = new DataView(new ArrayBuffer(RUSAGE_BYTES));
  const number = (at: number, value: number): void => view.setBigInt64(at, BigInt(Math.round(value)), true);
  const time = (at: number, ns: number): void => {
    number(at, Math.floor(ns / NS_PER_SECOND));
    number(at + 8, Math.floor((ns % NS_PER_SECOND) / NS_PER_US));
  };
  time(0, usage.userNs);
  time(16, usage.systemNs);
  number(MAXRSS, (usage.peakPages * PAGE_BYTES) / 1024);
  number(MINFLT, usage.minorFaults);
  number(NVCSW, usage.voluntarySwitches);
  number(NIVCSW, usage.involuntarySwitches);
  return new Uint8Array(view.buffer);
}
