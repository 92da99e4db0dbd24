/** When a run is frozen: at every Nth system call, or in the middle of whatever it does. */
import type { NextMoment } from '../support/guest-run.js';
import type { Random } from '../support/random.js';

/** The longest span between two freezes of a run is one of these powers of two: up to about two turns of the scheduler. */
const LOWEST_SCALE = 8;
const HIGHEST_SCALE = 18;

/** How a run is frozen. `syscalls`: the guest is at a system call; `blocks`: anywhere between two instructions. */
export const WAYS = ['syscalls', 'blocks'] as const;
export type Way = (typeof WAYS)[number];

/**
 * @param freezes how many there are at most
 * @param syscalls how many system calls the whole run makes
 * @param freezeApart and how many there must be between two freezes
 */
export function moments(
  way: Way,
  random: Random,
  freezes: number,
  syscalls: number,
  freezeApart: number,
): NextMoment {
  const every = Math.max(freezeApart, Math.ceil(syscalls / (freezes + 1)));
  const scale = LOWEST_SCALE + random.below(HIGHEST_SCALE - LOWEST_SCALE + 1);
  let made = 0;
  return () => {
    if (made++ >= freezes) return undefined;
    if (way === 'syscalls') return `syscalls:${made === 1 ? 1 + random.below(every) : every}`;
    // Short spans are as likely as long ones.
    return `blocks:${1 + random.below(2 ** random.below(scale + 1))}`;
  };
}
