/** The programs and libraries that an imported process had mapped. */
import { elfLayout, type ReadRange } from '../../ckpt/foreign/elf-symbols.js';
import type { ForeignCore } from '../../ckpt/foreign/foreign-core.js';
import { O_RDONLY } from '../abi/fcntl.js';
import { readAt } from '../loader/elf-image.js';
import type { Location } from '../vfs/location.js';

export interface MappedObject {
  /** Bytes of its file, by offset; until the next object is asked for. */
  readonly read: ReadRange;
  /** What loading added to its addresses. */
  readonly bias: number;
}

/** A process has some hundred. */
const MOST_OBJECTS = 4096;

/** @param files those that are at hand, by path */
export function* objectsOf(
  { image }: ForeignCore,
  files: ReadonlyMap<string, Location>,
): Generator<MappedObject> {
  const beginnings = image.files.filter(
    ({ path, filePageOffset }) => filePageOffset === 0 && files.has(path),
  );
  for (const { path, start } of beginnings.slice(0, MOST_OBJECTS)) {
    const place = files.get(path)!;
    const file = place.inode.open(O_RDONLY, place).retain();
    try {
      const { sizeBytes } = place.inode.attributes();
      const read: ReadRange = (offset, length) =>
        offset >= 0 && length >= 0 && offset + length <= sizeBytes ? readAt(file, offset, length) : undefined;
      const layout = elfLayout(read);
      if (layout !== undefined) yield { read, bias: start - layout.firstAddress };
    } finally {
      file.release();
    }
  }
}
