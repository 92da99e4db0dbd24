/** The role of everything a task can wait for, so that a saved Wait can name it. */
import { role } from '../../ckpt/state/savable.js';
import type { WaitSource } from '../lib/wait-queue.js';

export const waitSource = role<WaitSource>('WaitSource');
