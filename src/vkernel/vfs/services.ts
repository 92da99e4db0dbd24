/** What file systems need from the machine they are in. The machine provides these when it boots, saves and loads. */
import { service } from '../../ckpt/state/services.js';
import type { Clock } from '../time/clock.js';

/** Unpredictable bytes, for getrandom(2), /dev/urandom, AT_RANDOM and address space randomisation. */
export interface Random {
  bytes(count: number): Uint8Array;
}

export const clockService = service<Clock>('clock');
export const randomService = service<Random>('random');
