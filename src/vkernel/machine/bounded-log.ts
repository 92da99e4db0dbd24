/** A guest can cause messages without end: each is passed on once, and only so many of them. */
import type { KernelLog } from '../kernel/log.js';

const MOST_MESSAGES = 500;

/** @returns a log that passes on each message once, and says when it falls silent */
export function boundedLog(log: KernelLog): KernelLog {
  const said = new Set<string>();
  return (line) => {
    if (said.size > MOST_MESSAGES || said.has(line)) return;
    said.add(line);
    log(said.size > MOST_MESSAGES ? `more than ${MOST_MESSAGES} messages: the others are not shown` : line);
  };
}
