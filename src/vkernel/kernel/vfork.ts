/** What the parent of a vfork(2) waits for: that the child no longer uses its memory. */
import { uint } from '../../ckpt/state/codecs.js';
import { savable } from '../../ckpt/state/savable.js';
import { waitDetail } from './wait.js';

export class VforkWait {
  readonly pid: number;

  constructor(pid: number) {
    this.pid = pid;
  }
}

savable('VforkWait', VforkWait, { pid: uint }, { roles: [waitDetail] });
