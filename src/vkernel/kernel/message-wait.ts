/** Which queue msgsnd(2) and msgrcv(2) wait at: its id may be another queue's by the time they go on. */
import { ref } from '../../ckpt/state/references.js';
import { savable } from '../../ckpt/state/savable.js';
import { MessageQueue } from '../ipc/message-queue.js';
import { waitDetail } from './wait.js';

export class MessageWait {
  readonly queue: MessageQueue;

  constructor(queue: MessageQueue) {
    this.queue = queue;
  }
}

savable('MessageWait', MessageWait, { queue: ref(() => MessageQueue) }, { roles: [waitDetail] });
