/** At which POSIX message queue a task waits: a message is not announced while somebody waits for it (mq_notify(3)). */
import { bool } from '../../ckpt/state/codecs.js';
import { ref } from '../../ckpt/state/references.js';
import { savable } from '../../ckpt/state/savable.js';
import { MessageQueueInode } from '../fs/mqueue/message-queue-inode.js';
import type { Kernel } from './kernel.js';
import { waitDetail } from './wait.js';

export class MqueueWait {
  readonly queue: MessageQueueInode;
  readonly receives: boolean;

  constructor(queue: MessageQueueInode, receives: boolean) {
    this.queue = queue;
    this.receives = receives;
  }
}

/** Somebody waits for a message of that queue. */
export function isAwaited(kernel: Kernel, queue: MessageQueueInode): boolean {
  return [...kernel.tasks.values()].some(({ wait }) => {
    const detail = wait?.detail;
    return detail instanceof MqueueWait && detail.queue === queue && detail.receives;
  });
}

savable(
  'MqueueWait',
  MqueueWait,
  { queue: ref(() => MessageQueueInode), receives: bool },
  { roles: [waitDetail] },
);
