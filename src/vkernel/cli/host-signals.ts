/** Signals that the vkernel process gets: they are meant for the guest. */
import { SIGHUP, SIGINT, SIGQUIT, SIGTERM } from '../abi/signal.js';

const FORWARDED = { SIGHUP, SIGINT, SIGQUIT, SIGTERM } as const;
/** Two interrupts within this time end vkernel itself, whatever the guest makes of them. */
const TWICE_MS = 1000;

export interface SignalHandlers {
  /** One of the forwarded signals, by Linux's number. */
  readonly forward: (signo: number) => void;
  /** Ctrl-C twice. */
  readonly interruptedTwice: () => void;
  /** SIGUSR2, if anybody wants it. */
  readonly snapshot: (() => void) | undefined;
}

/** @returns gives the signals their default meaning again */
export function handleSignals({ forward, interruptedTwice, snapshot }: SignalHandlers): () => void {
  let lastInterruptMs = -Infinity;
  const handlers = Object.entries(FORWARDED).map(([name, signo]): [NodeJS.Signals, () => void] => [
    name as NodeJS.Signals,
    () => {
      const nowMs = performance.now();
      if (signo === SIGINT && nowMs - lastInterruptMs < TWICE_MS) return interruptedTwice();
      if (signo === SIGINT) lastInterruptMs = nowMs;
      forward(signo);
    },
  ]);
  if (snapshot !== undefined) handlers.push(['SIGUSR2', snapshot]);
  for (const [name, handler] of handlers) process.on(name, handler);
  return () => handlers.forEach(([name, handler]) => void process.off(name, handler));
}
