/** One process of a core as a core of its own, for tools that look at the first process only. */
import type { CoreImage, CoreSegment } from '../elfcore/core-image.js';
import { PAGE_BYTES } from '../elfcore/core-image.js';
import { layoutCore } from '../elfcore/layout.js';
import { parseCore } from '../elfcore/parse.js';
import { CheckpointError } from './checkpoint-error.js';
import { CoreFile } from './core-file.js';
import { writeWhole } from './core-writer.js';

/** Pages copied at once. */
const CHUNK_PAGES = 2048;

/** A run of pages of the whole core, in the order in which the extract has them. */
interface PageRun {
  readonly first: number;
  readonly count: number;
}

/**
 * Writes the image of a process with the pages it maps. The result is for debuggers: the state of the kernel stays behind, so
 * nothing can be resumed from it.
 * @returns its size in bytes
 * @throws CheckpointError, also when there is no such process; CoreFormatError for a damaged file
 */
export async function extractImage(from: string, pid: number, to: string): Promise<number> {
  const source = new CoreFile(from);
  try {
    const core = parseCore((offset, length) => source.readAt(offset, length), source.bytes);
    const image = core.images.find((one) => one.pid === pid);
    if (image === undefined) {
      const pids = core.images.map((one) => one.pid).join(', ');
      throw new CheckpointError(`${from} has no process ${pid}: there are ${pids}`);
    }
    const { alone, runs, pageCount } = renumber(image);
    const { headers, fileBytes } = layoutCore([alone], pageCount);
    const pages = readPages(source, core.pageSectionOffset, runs);
    await writeWhole(chain(headers[0]!.bytes, pages), { file: to, totalBytes: fileBytes });
    return fileBytes;
  } finally {
    source.close();
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

function* readPages(source: CoreFile, sectionOffset: number, runs: readonly PageRun[]): Iterable<Uint8Array> {
  for (const { first, count } of runs) {
    for (let done = 0; done < count; done += CHUNK_PAGES) {
      const pages = Math.min(CHUNK_PAGES, count - done);
      yield source.readAt(sectionOffset + (first + done) * PAGE_BYTES, pages * PAGE_BYTES);
    }
  }
}

function* chain(first: Uint8Array, rest: Iterable<Uint8Array>): Iterable<Uint8Array> {
  yield first;
  yield* rest;
}
