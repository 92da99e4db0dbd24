/** What rt_sigtimedwait(2) waits for: signals that are blocked, and taken all the same. */
import { u64 } from '../../ckpt/state/codecs.js';
import { savable } from '../../ckpt/state/savable.js';
import type { SignalSet } from './signal-set.js';
import { waitDetail } from './wait.js';

export class SignalWait {
  readonly set: SignalSet;

  constructor(set: SignalSet) {
    this.set = set;
  }
}

savable('SignalWait', SignalWait, { set: u64 }, { roles: [waitDetail] });
