/** What happens when a page is needed and there is none (mm/oom_kill.c). */
import { SIGKILL } from '../abi/signal.js';
import { exitGroup } from './exit.js';
import type { Kernel } from './kernel.js';
import type { Process } from './process.js';

/** Ends the process that has most pages in memory, and all others that share them. */
export function killLargest(kernel: Kernel): void {
  let largest: Process | undefined;
  for (const process of kernel.processes.values()) {
    const { leader } = process;
    if (leader !== undefined && leader.mm.residentPages > (largest?.leader?.mm.residentPages ?? -1))
      largest = process;
  }
  if (largest === undefined) throw new Error('out of memory, and nobody uses any');
  const { mm, comm } = largest.leader!;
  kernel.log(`out of memory: process ${largest.pid} (${comm}) killed`);
  for (const process of [...kernel.processes.values()]) {
    if (process.leader?.mm === mm) exitGroup(process, { code: 0, signal: SIGKILL, coreDumped: false });
  }
}
