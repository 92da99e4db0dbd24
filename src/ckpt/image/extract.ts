/** One process of a core as a core of its own, for tools that look at the first process only. */
import type { CoreImage, CoreSegment } from '../elfcore/core-image.js';
import { layoutCore } from '../elfcore/layout.js';
import { CheckpointError } from './checkpoint-error.js';
import { writeWhole } from './core-writer.js';
import { readPages } from './flatten.js';
import { openCore, type OpenedCore } from './thaw.js';

/** A run of pages of the whole core, in the order in which the extract has them. */
interface PageRun {
  readonly first: number;
  readonly count: number;
}

/**
 * Writes the image of a process with the pages it maps. The result is for debuggers: the state of the kernel stays behind, so
 * nothing can be resumed from it.
 * @returns its size in bytes
 * @throws CheckpointError, also when there is no such process; CoreFormatError or StateError for a damaged file
 */
export async function extractImage(from: string, pid: number, to: string): Promise<number> {
  const core = openCore(from);
  try {
    await core.prepare();
    const image = core.images.find((one) => one.pid === pid);
    if (image === undefined) {
      const pids = core.images.map((one) => one.pid).join(', ');
      throw new CheckpointError(`${from} has no process ${pid}: there are ${pids}`);
    }
    const { alone, runs, pageCount } = renumber(image);
    const { headers, fileBytes } = layoutCore([alone], pageCount);
    await writeWhole(chain(headers[0]!.bytes, core, runs), { file: to, totalBytes: fileBytes });
    return fileBytes;
  } finally {
    core.close();
  }
}

/** Gives the segments pages of their own, one after the other; what two segments share is there twice. */
function renumber(image: CoreImage): { alone: CoreImage; runs: PageRun[]; pageCount: number } {
  const runs: PageRun[] = [];
  let pageCount = 0;
  const segments = image.segments.map((segment): CoreSegment => {
    if (segment.filePages === 0) return segment;
    runs.push({ first: segment.pageIndex, count: segment.filePages });
    pageCount += segment.filePages;
    return { ...segment, pageIndex: pageCount - segment.filePages };
  });
  return { alone: { ...image, segments, vkernelNotes: [] }, runs, pageCount };
}

function* chain(first: Uint8Array, core: OpenedCore, runs: readonly PageRun[]): Iterable<Uint8Array> {
  yield first;
  for (const run of runs) yield* readPages(core, run.first, run.count);
}
