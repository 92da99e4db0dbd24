/** How the resident pages of an address space are accounted: rows of smaps and status. */
import type { Task } from '../../kernel/task.js';
import { VM_EXEC, VM_MAYSHARE, type Vma } from '../../mm/vma.js';

const PAGE_KIB = 4;

/** Sizes in KiB. */
export interface MemoryUse {
  rss: number;
  /** Each page divided by how many map it. */
  pss: number;
  anonymousPss: number;
  filePss: number;
  shmemPss: number;
  anonymous: number;
  file: number;
  shmem: number;
  sharedClean: number;
  sharedDirty: number;
  privateClean: number;
  privateDirty: number;
}

const NOTHING: MemoryUse = {
  rss: 0,
  pss: 0,
  anonymousPss: 0,
  filePss: 0,
  shmemPss: 0,
  anonymous: 0,
  file: 0,
  shmem: 0,
  sharedClean: 0,
  sharedDirty: 0,
  privateClean: 0,
  privateDirty: 0,
};

/** Memory that files in memory hold, and shared anonymous memory. */
function isShmem({ file, flags }: Vma): boolean {
  return (flags & VM_MAYSHARE) !== 0 && file !== undefined && file.inode.fs.type !== 'hostfs';
}

/** What these areas have resident. Pages of files count as clean, as nobody but the file system writes them out. */
export function memoryUse({ mm }: Task, vmas: readonly Vma[]): MemoryUse {
  const use = { ...NOTHING };
  for (const vma of vmas) {
    const kind = isShmem(vma) ? 'shmem' : 'file';
    for (const run of mm.residentRuns(vma.start, vma.end)) {
      for (let i = 0; i < run.pages; i++) {
        // The page cache holds a page of a file, too.
        const users = Math.max(1, mm.mmu.frames.references(run.frame + i) - (run.own ? 0 : 1));
        const dirty = run.own || kind === 'shmem';
        const owner = run.own ? 'anonymous' : kind;
        use.rss += PAGE_KIB;
        use.pss += PAGE_KIB / users;
        use[owner] += PAGE_KIB;
        use[`${owner}Pss`] += PAGE_KIB / users;
        use[`${users > 1 ? 'shared' : 'private'}${dirty ? 'Dirty' : 'Clean'}`] += PAGE_KIB;
      }
    }
  }
  return use;
}

/** KiB of text: of the program itself, and of the libraries it has mapped. */
export function textSizes({ mm, process }: Task): { program: number; libraries: number } {
  const sizes = { program: 0, libraries: 0 };
  for (const { flags, file, pages } of mm.vmas) {
    if ((flags & VM_EXEC) === 0) continue;
    const isProgram = file?.inode === process.program?.location.inode;
    sizes[isProgram ? 'program' : 'libraries'] += pages * PAGE_KIB;
  }
  return sizes;
}
