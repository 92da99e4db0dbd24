/**
 * How page tables are saved: not at all but for a number, as they are a cache of the VMAs. But where RAM is kept, they are in it.
 */
import type { Codec } from '../../ckpt/state/codec.js';
import { ramIsKept } from '../vfs/page-pool.js';
import { mmuService } from './mmu.js';
import { PageTables } from './page-tables.js';

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

export const pageTables: Codec<PageTables> = {
  kind: 'page tables',
  save: ({ root, tableFrames, residentPages, peakPages }, saver) =>
    saver.services.find(ramIsKept) ? [peakPages, root, tableFrames, residentPages] : [peakPages],
  load: (wire, loader) => {
    const { frames } = loader.services.get(mmuService);
    const numbers: readonly unknown[] = Array.isArray(wire) ? wire : [];
    const isKept = loader.services.find(ramIsKept) !== undefined;
    if (numbers.length !== (isKept ? 4 : 1) || !numbers.every(isCount))
      throw loader.error('expected page tables');
    const [peakPages, root, tableFrames, residentPages] = numbers as [number, number, number, number];
    const tables = new PageTables(frames, isKept ? { root, tableFrames, residentPages } : undefined);
    tables.peakPages = peakPages;
    return tables;
  },
};
