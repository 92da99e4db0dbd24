/** Pending signals of a task or of a thread group, in the order sigaction(2) and signal(7) deliver them. */
import { bytes, int, listOf, u64 } from '../../ckpt/state/codecs.js';
import { ref } from '../../ckpt/state/references.js';
import { savable } from '../../ckpt/state/savable.js';
import { SIGRTMIN } from '../abi/signal.js';
import { SigInfo } from '../arch/siginfo.js';
import { lowestSignal, signalBit, SYNCHRONOUS, type SignalSet } from './signal-set.js';

export class SignalQueue {
  /** The signals that are queued: an index of `queued`. */
  pending: SignalSet = 0n;
  readonly queued: SigInfo[] = [];

  /** A standard signal that is pending already is not queued twice; real-time ones are, in order. */
  add(info: SigInfo): void {
    const bit = signalBit(info.signo);
    if (info.signo < SIGRTMIN && this.pending & bit) return;
    this.queued.push(info);
    this.pending |= bit;
  }

  /** Puts back a signal that was taken and must come first again. */
  putBack(info: SigInfo): void {
    this.queued.unshift(info);
    this.pending |= signalBit(info.signo);
  }

  /** Takes the next signal that is in `wanted`: faults first, then by number, then by age. */
  take(wanted: SignalSet): SigInfo | undefined {
    const ready = this.pending & wanted;
    if (ready === 0n) return undefined;
    const signo = lowestSignal(ready & SYNCHRONOUS || ready);
    const index = this.queued.findIndex((info) => info.signo === signo);
    const [info] = this.queued.splice(index, 1);
    if (!this.queued.some((other) => other.signo === signo)) this.pending &= ~signalBit(signo);
    return info;
  }

  discard(signals: SignalSet): void {
    if ((this.pending & signals) === 0n) return;
    this.pending &= ~signals;
    const kept = this.queued.filter((info) => !(signalBit(info.signo) & signals));
    this.queued.splice(0, this.queued.length, ...kept);
  }
}

savable('SigInfo', SigInfo, { signo: int, errno: int, code: int, fields: bytes });
savable('SignalQueue', SignalQueue, { pending: u64, queued: listOf(ref(() => SigInfo)) });
