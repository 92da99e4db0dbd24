/** Which pages are what the last snapshot has: what an incremental one leaves out. */
import type { AddressSpace } from './address-space.js';
import { USER_END } from './layout.js';
import { frameOf, PTE_DIRTY, PTE_FILE, PTE_HIGH_SAVED, PTE_WAS_DIRTY } from './page-tables.js';

/** What is known of a frame. */
export const FRAME_UNKNOWN = 0;
export const FRAME_UNCHANGED = 1;
export const FRAME_CHANGED = 2;

/**
 * The pages that these address spaces own are in a snapshot now. Pages of page caches are left alone: their entries come and go, and
 * their files rely on the dirty bits.
 */
export function markSaved(spaces: Iterable<AddressSpace>): void {
  for (const { tables, frames, mmu } of spaces) {
    const { words } = frames;
    tables.visit(0, USER_END, (_address, entry) => {
      const low = words[entry]!;
      if ((low & PTE_FILE) !== 0) return;
      if ((low & PTE_DIRTY) !== 0) {
        words[entry] = (low & ~PTE_DIRTY) | PTE_WAS_DIRTY;
        // Who makes the page executable asks whether it is dirty, to find translations that are stale.
        const frame = frameOf(low, words[entry + 1]!);
        if (frames.holdsCode(frame)) mmu.invalidateCode(frame);
      }
      words[entry + 1]! |= PTE_HIGH_SAVED;
    });
    mmu.flush(tables);
  }
}

/** For each frame: whether it changed since `markSaved`, as far as the page tables tell. */
export function changesSinceSaved(spaces: Iterable<AddressSpace>, totalFrames: number): Uint8Array {
  const changes = new Uint8Array(totalFrames);
  for (const { tables, frames } of spaces) {
    const { words } = frames;
    tables.visit(0, USER_END, (_address, entry) => {
      const low = words[entry]!;
      const high = words[entry + 1]!;
      if ((low & PTE_FILE) !== 0) return;
      const frame = frameOf(low, high);
      const unchanged = (high & PTE_HIGH_SAVED) !== 0 && (low & PTE_DIRTY) === 0;
      if (!unchanged) changes[frame] = FRAME_CHANGED;
      else if (changes[frame] === FRAME_UNKNOWN) changes[frame] = FRAME_UNCHANGED;
    });
  }
  return changes;
}
