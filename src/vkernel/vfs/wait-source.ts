/** The role of everything a task can wait for, so that a saved Wait can name it. */
import { derived, role, savable } from '../../ckpt/state/savable.js';
import { WaitQueue, type WaitSource } from '../lib/wait-queue.js';

export const waitSource = role<WaitSource>('WaitSource');

/** A wait source that is nothing else, for objects with several reasons to wait. */
export class WaitPoint implements WaitSource {
  readonly waiters = new WaitQueue();
}

savable<WaitPoint>(
  'vfs.WaitPoint',
  WaitPoint,
  { waiters: derived(() => new WaitQueue()) },
  { roles: [waitSource] },
);
