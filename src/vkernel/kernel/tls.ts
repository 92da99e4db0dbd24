/**
 * Thread-local storage: the segment bases a task owns (DragonFly's savetls; arch_prctl(2)).
 *
 * The bases live in the task's register file. The CPU takes them from there at every switch and every entry, and puts them back
 * at every exit, because a guest may change them itself (wrfsbase): so what is set here is what the task runs with next, whether or
 * not it is the one the CPU holds.
 */
import { FS_BASE, GS_BASE } from '../arch/registers.js';
import type { Task } from './task.js';

export interface SegmentTls {
  readonly base: bigint;
  /** -1: unknown, as it always is where the base is a register and no descriptor. */
  readonly sizeBytes: bigint;
}

export interface Tls {
  readonly fs: SegmentTls;
  readonly gs: SegmentTls;
}

export const TLS_SIZE_UNKNOWN = -1n;

/** Reads a task's TLS. The task must not be executing. */
export function fillTls(task: Task): Tls {
  const segment = (slot: number): SegmentTls => ({
    base: task.registers.slots[slot]!,
    sizeBytes: TLS_SIZE_UNKNOWN,
  });
  return { fs: segment(FS_BASE), gs: segment(GS_BASE) };
}

/** Gives a task its TLS. The task must not be executing. */
export function setTls(task: Task, tls: Tls): void {
  task.registers.slots[FS_BASE] = tls.fs.base;
  task.registers.slots[GS_BASE] = tls.gs.base;
}
