/** What machines cost their host in memory: of the process that runs them, in bytes. */
import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { guest, run, start, vkernel } from './command.js';

export interface Footprint {
  readonly what: string;
  readonly bytes: number;
}

const MIB = 1024 * 1024;
const COUNT = 100;
const GIVEN_MIB = 256;
const SETTLED_MS = 200;

const MANY = fileURLToPath(new URL('many.js', import.meta.url));

interface Many {
  readonly bytes: number;
  readonly seconds: number;
}

/** The resident set of a vkernel whose guest has said "ready". */
async function residentBytes(...work: string[]): Promise<number> {
  const machine = await start(vkernel('run', ...guest('bench', ...work)), 'ready');
  try {
    // What was freed goes back to the host when the guest's turn is over.
    await setTimeout(SETTLED_MS);
    const status = readFileSync(`/proc/${machine.pid}/status`, 'latin1');
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)![1]) * 1024;
  } finally {
    await machine.kill();
  }
}

/** @throws Error when a machine does not start */
export async function footprints(): Promise<Footprint[]> {
  const idle = await residentBytes('idle', 'threads', '0');
  const threads = await residentBytes('idle', 'threads', String(COUNT));
  const processes = await residentBytes('idle', 'processes', String(COUNT));
  const { bytes, seconds } = JSON.parse(run([process.execPath, MANY, String(COUNT)])) as Many;
  const afterwards = await residentBytes('give-back', String(GIVEN_MIB));
  return [
    { what: 'an idle machine, Node included', bytes: idle },
    { what: 'each further thread', bytes: (threads - idle) / COUNT },
    { what: 'each further process', bytes: (processes - idle) / COUNT },
    {
      what: `each of ${COUNT} machines in one process (${((seconds * 1000) / COUNT).toFixed(0)} ms to boot)`,
      bytes: bytes / COUNT,
    },
    { what: `left of ${GIVEN_MIB} MiB that the guest has given back`, bytes: afterwards - idle },
  ];
}

export function size(bytes: number): string {
  return bytes >= MIB ? `${(bytes / MIB).toFixed(1)} MiB` : `${(bytes / 1024).toFixed(0)} KiB`;
}
