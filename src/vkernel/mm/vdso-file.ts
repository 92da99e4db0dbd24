/** What the special mappings [vvar] and [vdso] map (vdso(7)): one memory for all processes of a machine, the data page first. */
import { savable } from '../../ckpt/state/savable.js';
import { openFileFields } from '../vfs/open-file.js';
import { PAGE_BYTES } from './frames.js';
import { SharedMemoryFile } from './shared-anonymous.js';
import type { Vma } from './vma.js';

export class VdsoFile extends SharedMemoryFile {
  /** As /proc/PID/maps calls the mapping. */
  static nameOf(vma: Vma): string {
    return vma.fileOffset < PAGE_BYTES ? '[vvar]' : '[vdso]';
  }
}

savable('mm.VdsoFile', VdsoFile, { ...openFileFields });
