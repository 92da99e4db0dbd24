/** The programs and libraries that an imported process had mapped. */
import { elfLayout, type ReadRange } from '../../ckpt/foreign/elf-symbols.js';
import type { ForeignCore } from '../../ckpt/foreign/foreign-core.js';
import { O_RDONLY } from '../abi/fcntl.js';
import { readAt } from '../loader/elf-image.js';
import type { Location } from '../vfs/location.js';

export interface MappedObject {
  /** Bytes of its file, by offset. */
  readonly read: ReadRange;
  /** What loading added to its addresses. */
  readonly bias: number;
}

/** @param files those that are at hand, by path */
export function* objectsOf(
  { image }: ForeignCore,
  files: ReadonlyMap<string, Location>,
): Generator<MappedObject> {
  for (const { path, start, filePageOffset } of image.files) {
    const place = filePageOffset === 0 ? files.get(path) : undefined;
    const read = place && fileReader(place);
    const layout = read && elfLayout(read);
    if (layout !== undefined) yield { read: read!, bias: start - layout.firstAddress };
  }
}

function fileReader(place: Location): ReadRange {
  const file = place.inode.open(O_RDONLY, place).retain();
  const bytes = readAt(file, 0, place.inode.attributes().sizeBytes);
  file.release();
  return (offset, length) =>
    offset >= 0 && length >= 0 && offset + length <= bytes.length
      ? bytes.subarray(offset, offset + length)
      : undefined;
}
