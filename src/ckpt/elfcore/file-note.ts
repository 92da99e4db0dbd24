/**
 * NT_FILE: which files are mapped where. Count, page size, (start, end, offset in pages) of each, then the
 * paths with their zeros.
 */
import { LIMITS, PAGE_BYTES, USER_END, type MappedFile } from './core-image.js';
import { checkRange, fail, getSafe, getText, putText, viewOf } from './field.js';

const HEAD_BYTES = 16;
const ENTRY_BYTES = 24;

export function encodeFiles(files: readonly MappedFile[]): Uint8Array {
  checkRange(files.length, 0, LIMITS.filesPerImage, 'number of mapped files');
  const namesAt = HEAD_BYTES + files.length * ENTRY_BYTES;
  const bytes = new Uint8Array(namesAt + files.reduce((sum, file) => sum + file.path.length + 1, 0));
  const view = viewOf(bytes);
  view.setBigUint64(0, BigInt(files.length), true);
  view.setBigUint64(8, BigInt(PAGE_BYTES), true);
  let at = namesAt;
  files.forEach((file, i) => {
    const entry = [file.start, file.end, file.filePageOffset] as const;
    entry.forEach((value, j) => view.setBigUint64(HEAD_BYTES + i * ENTRY_BYTES + j * 8, BigInt(value), true));
    checkEntry(file);
    putText(bytes, at, LIMITS.pathBytes, file.path, 'path of a mapped file');
    at += file.path.length + 1;
  });
  return bytes;
}

function checkEntry({ start, end, filePageOffset }: MappedFile): void {
  checkRange(end, 0, USER_END, 'end of a mapped file');
  checkRange(start, 0, end, 'start of a mapped file');
  checkRange(filePageOffset, 0, 2 ** 52, 'offset of a mapped file');
}

/** The files with offsets in the note's own unit, which must be one of `units`; and where their paths end. Throws CoreFormatError. */
export function readFiles(
  bytes: Uint8Array,
  units: readonly number[],
): { readonly files: readonly MappedFile[]; readonly unitBytes: number; readonly end: number } {
  if (bytes.length < HEAD_BYTES) fail(`NT_FILE has ${bytes.length} bytes`);
  const view = viewOf(bytes);
  const count = checkRange(
    getSafe(view, 0, 'NT_FILE: number of files'),
    0,
    LIMITS.filesPerImage,
    'number of mapped files',
  );
  const unitBytes = getSafe(view, 8, 'NT_FILE: page size');
  if (!units.includes(unitBytes)) fail('NT_FILE: wrong page size');
  const namesAt = HEAD_BYTES + count * ENTRY_BYTES;
  if (namesAt > bytes.length) fail(`NT_FILE: ${count} files do not fit in ${bytes.length} bytes`);
  let end = namesAt;
  const files = Array.from({ length: count }, (_, i): MappedFile => {
    const get = (j: number, what: string): number =>
      getSafe(view, HEAD_BYTES + i * ENTRY_BYTES + j * 8, `${what} of a mapped file`);
    const path = getText(bytes, end, LIMITS.pathBytes, 'path of a mapped file');
    end += path.length + 1;
    const file = { start: get(0, 'start'), end: get(1, 'end'), filePageOffset: get(2, 'offset'), path };
    checkEntry(file);
    return file;
  });
  return { files, unitBytes, end };
}

export function decodeFiles(bytes: Uint8Array): readonly MappedFile[] {
  const { files, end } = readFiles(bytes, [PAGE_BYTES]);
  if (end !== bytes.length) fail('NT_FILE: bytes behind the last path');
  return files;
}
