/** One plain core of a core and all that it builds on: what every tool reads, and what stands alone. */
import { layoutCore } from '../elfcore/layout.js';
import { PAGE_BYTES } from '../elfcore/core-image.js';
import { writeWhole } from './core-writer.js';
import { NT_VKERNEL_PAGES } from './page-note.js';
import { openCore, type OpenedCore } from './thaw.js';

/** Pages copied at once. */
const CHUNK_PAGES = 2048;

/**
 * Writes the same machine with all its pages in the page section.
 * @returns its size in bytes
 * @throws CheckpointError, CoreFormatError or StateError, of one line
 */
export async function flatten(from: string, to: string): Promise<number> {
  const core = openCore(from);
  try {
    await core.prepare();
    const images = core.images.map((image) => ({
      ...image,
      vkernelNotes: image.vkernelNotes.filter(({ type }) => type !== NT_VKERNEL_PAGES),
    }));
    const { headers, fileBytes } = layoutCore(images, core.pages.count);
    return await writeWhole(parts(headers, core), { file: to, totalBytes: fileBytes });
  } finally {
    core.close();
  }
}

function* parts(headers: readonly { readonly bytes: Uint8Array }[], core: OpenedCore): Iterable<Uint8Array> {
  for (const { bytes } of headers) yield bytes;
  yield* readPages(core, 0, core.pages.count);
}

/** The bytes of the pages [first, first + count), in pieces. */
export function* readPages({ pages }: OpenedCore, first: number, count: number): Iterable<Uint8Array> {
  for (let done = 0; done < count; done += CHUNK_PAGES) {
    const bytes = new Uint8Array(Math.min(CHUNK_PAGES, count - done) * PAGE_BYTES);
    pages.read(first + done, bytes);
    yield bytes;
  }
}
