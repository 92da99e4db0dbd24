/** Signals that the vkernel process gets: they are meant for the guest. */
import { SIGHUP, SIGINT, SIGQUIT, SIGTERM } from '../abi/signal.js';

const FORWARDED = { SIGHUP, SIGINT, SIGQUIT, SIGTERM } as const;
/** Two interrupts within this time end vkernel itself, whatever the guest makes of them. */
const TWICE_MS = 1000;

export interface SignalHandlers {
  /** One of the forwarded signals, by Linux's number. */
  readonly forward: (signo: number) => void;
  /** Ctrl-C. @returns true when that was not meant for the guest */
  readonly interrupted: () => boolean;
  /** Whoever looks after jobs wants the terminal, and gives it back. */
  readonly suspend: () => void;
  readonly resumed: () => void;
  /** SIGUSR2, if anybody wants it. */
  readonly snapshot: (() => void) | undefined;
}

/** @returns calls `action` when it is called the second time within TWICE_MS */
export function whenTwice(action: () => void): () => boolean {
  let lastMs = -Infinity;
  return () => {
    const nowMs = performance.now();
    const again = nowMs - lastMs < TWICE_MS;
    lastMs = nowMs;
    if (again) action();
    return again;
  };
}

/** @returns gives the signals their default meaning again */
export function handleSignals({
  forward,
  interrupted,
  snapshot,
  suspend,
  resumed,
}: SignalHandlers): () => void {
  const handlers = Object.entries(FORWARDED).map(([name, signo]): [NodeJS.Signals, () => void] => [
    name as NodeJS.Signals,
    () => {
      if (signo !== SIGINT || !interrupted()) forward(signo);
    },
  ]);
  handlers.push(['SIGTSTP', suspend], ['SIGCONT', resumed]);
  if (snapshot !== undefined) handlers.push(['SIGUSR2', snapshot]);
  for (const [name, handler] of handlers) process.on(name, handler);
  return () => handlers.forEach(([name, handler]) => void process.off(name, handler));
}
