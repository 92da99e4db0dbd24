/** How page tables are saved: not at all, as they are a cache of the VMAs. But where RAM is kept, they are in it. */
import type { Codec, Wire } from '../../ckpt/state/codec.js';
import { ramIsKept } from '../vfs/page-pool.js';
import { mmuService } from './mmu.js';
import { PageTables } from './page-tables.js';

export const pageTables: Codec<PageTables> = {
  kind: 'page tables',
  save: (tables, saver) => (saver.services.find(ramIsKept) ? [tables.root, tables.tableFrames] : null),
  load: (wire, loader) => {
    const { frames } = loader.services.get(mmuService);
    if (!loader.services.find(ramIsKept)) {
      if (wire !== null) throw loader.error('expected no page tables');
      return new PageTables(frames);
    }
    const [root, tableFrames] = wire as readonly Wire[] as readonly [number, number];
    return new PageTables(frames, { root, tableFrames });
  },
};
