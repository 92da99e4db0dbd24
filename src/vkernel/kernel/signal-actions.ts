/** What a process does with each signal: shared by all its threads (sigaction(2)). */
import { int, mapOf, struct, u64, uint } from '../../ckpt/state/codecs.js';
import { savable } from '../../ckpt/state/savable.js';
import { SIG_DFL, SIG_IGN } from '../abi/signal.js';
import { defaultAction, type SignalSet } from './signal-set.js';

export interface SignalAction {
  /** SIG_DFL, SIG_IGN, or the handler's address. */
  readonly handler: number;
  readonly flags: number;
  readonly restorer: number;
  readonly mask: SignalSet;
}

const DEFAULT: SignalAction = { handler: SIG_DFL, flags: 0, restorer: 0, mask: 0n };

export class SignalActions {
  /** Only those that are not the default. */
  readonly actions = new Map<number, SignalAction>();

  get(signo: number): SignalAction {
    return this.actions.get(signo) ?? DEFAULT;
  }

  set(signo: number, action: SignalAction): void {
    if (action.handler === SIG_DFL && action.flags === 0 && action.mask === 0n) this.actions.delete(signo);
    else this.actions.set(signo, action);
  }

  resetToDefault(signo: number): void {
    this.actions.set(signo, { ...this.get(signo), handler: SIG_DFL });
  }

  /** The signal would have no effect: it need not even be queued. */
  ignores(signo: number): boolean {
    const { handler } = this.get(signo);
    return handler === SIG_IGN || (handler === SIG_DFL && defaultAction(signo) === 'ignore');
  }

  /** execve(2): handlers go, ignored signals stay ignored. */
  resetForExec(): void {
    for (const [signo, action] of this.actions) {
      if (action.handler !== SIG_IGN) this.actions.delete(signo);
      else this.actions.set(signo, { ...DEFAULT, handler: SIG_IGN });
    }
  }
}

savable('SignalActions', SignalActions, {
  actions: mapOf(int, struct<SignalAction>({ handler: uint, flags: int, restorer: uint, mask: u64 })),
});
