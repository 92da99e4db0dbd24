/** Cores that were changed in their own terms, by somebody who makes the digest right again. */
import { decodeGraph, encodeGraph } from '../../src/ckpt/state/cbor.js';
import type { StateGraph } from '../../src/ckpt/state/graph.js';
import type { CoreImage } from '../../src/ckpt/elfcore/core-image.js';
import { layoutCore } from '../../src/ckpt/elfcore/layout.js';
import { parseCore } from '../../src/ckpt/elfcore/parse.js';
import { NT_VKERNEL_STATE, readMachineNotes } from '../../src/ckpt/image/machine-note.js';

/** The core with other processes, laid out again. @throws CoreFormatError where the format cannot say it */
export function changeImages(
  bytes: Uint8Array,
  change: (images: readonly CoreImage[]) => readonly CoreImage[],
): Uint8Array {
  const readAt = (offset: number, length: number): Uint8Array => bytes.subarray(offset, offset + length);
  const { images, pageCount, pageSectionOffset } = parseCore(readAt, bytes.length);
  const { headers, pageSectionOffset: start } = layoutCore(change(images), pageCount);
  const pages = bytes.subarray(pageSectionOffset);
  const result = new Uint8Array(start + pages.length);
  for (const header of headers) result.set(header.bytes, header.offset);
  result.set(pages, start);
  return result;
}

/** The core with another state. */
export function changeGraph(bytes: Uint8Array, change: (graph: StateGraph) => StateGraph): Uint8Array {
  return changeImages(bytes, (images) => {
    const graph = change(decodeGraph(readMachineNotes(images).state));
    return images.map((image) => ({
      ...image,
      vkernelNotes: image.vkernelNotes.map((note) =>
        note.type === NT_VKERNEL_STATE ? { ...note, bytes: encodeGraph(graph) } : note,
      ),
    }));
  });
}
