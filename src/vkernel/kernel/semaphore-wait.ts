/** What semop(2) waits for, and who waits for what (semctl(2), GETNCNT and GETZCNT). */
import { bool, struct, uint } from '../../ckpt/state/codecs.js';
import { ref } from '../../ckpt/state/references.js';
import { savable } from '../../ckpt/state/savable.js';
import { SemaphoreSet, type Obstacle } from '../ipc/semaphores.js';
import type { Kernel } from './kernel.js';
import { waitDetail } from './wait.js';

export class SemaphoreWait {
  readonly set: SemaphoreSet;
  obstacle: Obstacle;

  constructor(set: SemaphoreSet, obstacle: Obstacle) {
    this.set = set;
    this.obstacle = obstacle;
  }
}

/** How many tasks are held up by that semaphore in that way. */
export function countWaiting(kernel: Kernel, set: SemaphoreSet, { index, forZero }: Obstacle): number {
  let count = 0;
  for (const { wait } of kernel.tasks.values()) {
    const detail = wait?.detail;
    if (!(detail instanceof SemaphoreWait) || detail.set !== set) continue;
    if (detail.obstacle.index === index && detail.obstacle.forZero === forZero) count++;
  }
  return count;
}

savable(
  'SemaphoreWait',
  SemaphoreWait,
  { set: ref(() => SemaphoreSet), obstacle: struct<Obstacle>({ index: uint, forZero: bool }) },
  { roles: [waitDetail] },
);
