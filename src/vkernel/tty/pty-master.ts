/** A pseudoterminal's master: the program that plays the terminal's part (pty(7)). */
import { bool, uint } from '../../ckpt/state/codecs.js';
import { ref } from '../../ckpt/state/references.js';
import { accessor, derived, savable } from '../../ckpt/state/savable.js';
import { EAGAIN, EIO, SysError } from '../abi/errno.js';
import { TIOCPKT_DATA, TIOCPKT_DOSTOP, TIOCPKT_NOSTOP, TIOCPKT_START, TIOCPKT_STOP } from '../abi/tty.js';
import { WaitQueue } from '../lib/wait-queue.js';
import { ByteQueue } from './byte-queue.js';
import type { JobControl } from './job-control.js';
import { LINE_BYTES, Terminal, terminalPeer, type TerminalPeer } from './terminal.js';

/** What the master's own line discipline, which does nothing else, holds. */
const MOST_PER_READ = 4095;
/** Status bits that replace each other. */
const OPPOSITES = new Map([
  [TIOCPKT_STOP, TIOCPKT_START],
  [TIOCPKT_START, TIOCPKT_STOP],
  [TIOCPKT_DOSTOP, TIOCPKT_NOSTOP],
  [TIOCPKT_NOSTOP, TIOCPKT_DOSTOP],
]);

export class PtyMaster implements TerminalPeer {
  readonly index: number;
  readonly terminal: Terminal;
  /** Written by programs, and not read yet. */
  readonly output = new ByteQueue();
  /** The master was closed. */
  gone = false;
  /** unlockpt(3) was not called yet. */
  locked = true;
  /** Packet mode, and what there is to tell. */
  packets = false;
  status = 0;
  /** No program has the terminal open any more; false before the first. */
  abandoned = false;
  readonly waiters = new WaitQueue();

  constructor(index: number, jobs: JobControl) {
    this.index = index;
    this.terminal = new Terminal(jobs, this);
  }

  get room(): number {
    return this.gone ? 0 : Math.max(0, LINE_BYTES - this.output.length);
  }

  send(bytes: Uint8Array): void {
    if (this.gone) return;
    this.output.push(bytes);
    this.waiters.wakeAll();
  }

  /** What has come as far as the master's line discipline stays. */
  flush(): void {
    this.output.truncate(MOST_PER_READ);
  }

  received(): void {
    this.waiters.wakeAll();
  }

  report(bits: number): void {
    if (!this.packets) return;
    this.status = (this.status & ~(OPPOSITES.get(bits) ?? 0)) | bits;
    this.waiters.wakeAll();
  }

  opened(): void {
    this.abandoned = false;
  }

  closed(): void {
    this.abandoned = true;
    this.waiters.wakeAll();
  }

  /** @returns like OpenFile.read @throws SysError EIO when no program has the terminal open */
  read(into: Uint8Array): number {
    if (into.length === 0) return 0;
    if (this.packets && this.status !== 0) {
      into[0] = this.status;
      this.status = 0;
      return 1;
    }
    if (this.output.length === 0) {
      if (this.abandoned) throw new SysError(EIO);
      return -EAGAIN;
    }
    const header = this.packets ? 1 : 0;
    if (this.packets) into[0] = TIOCPKT_DATA;
    const count = header + this.output.read(into.subarray(header, MOST_PER_READ));
    this.terminal.drained();
    return count;
  }

  write(from: Uint8Array): number {
    if (from.length === 0) return 0;
    const count = Math.min(from.length, this.terminal.incomingRoom);
    if (count === 0) return -EAGAIN;
    this.terminal.receive(from.slice(0, count));
    return count;
  }

  close(): void {
    this.gone = true;
    this.output.clear();
    this.terminal.hangUp();
  }
}

savable<PtyMaster>(
  'tty.PtyMaster',
  PtyMaster,
  {
    index: uint,
    terminal: ref(() => Terminal),
    output: ref(() => ByteQueue),
    gone: bool,
    locked: bool,
    packets: bool,
    status: uint,
    abandoned: bool,
    waiters: derived(() => new WaitQueue()),
    room: accessor,
  },
  { roles: [terminalPeer] },
);
