/** Scripts that name their interpreter in the first line (execve(2), "Interpreter scripts"). */
import { ENOEXEC } from '../abi/errno.js';
import type { ByteString } from '../vfs/inode.js';
import { ImageError } from './image-error.js';

/** BINPRM_BUF_SIZE: Linux looks at no more of a file. */
export const SCRIPT_HEADER_BYTES = 256;

export interface Script {
  readonly interpreter: ByteString;
  /** All that follows the interpreter in the line, as one argument. */
  readonly argument: ByteString | undefined;
}

/**
 * Reads the first line.
 * @param header the first SCRIPT_HEADER_BYTES of the file, or all of a shorter one
 * @returns undefined if the file does not start with "#!" @throws ImageError ENOEXEC if no interpreter follows
 */
export function parseScript(header: Uint8Array): Script | undefined {
  const text = Buffer.from(header.subarray(0, SCRIPT_HEADER_BYTES)).toString('latin1');
  if (!text.startsWith('#!')) return undefined;
  const newline = text.indexOf('\n');
  const line = newline >= 0 ? text.slice(2, newline) : text.slice(2);
  const parts = /^[ \t]*([^ \t\0]+)([ \t\0]?)[ \t]*([^\0]*)/.exec(line);
  if (parts === null) throw new ImageError(ENOEXEC, 'is a script that names no interpreter');
  const [, interpreter, separator, rest] = parts;
  // A name that the buffer's end cuts off would be another program's.
  if (newline < 0 && text.length === SCRIPT_HEADER_BYTES && separator === '') {
    throw new ImageError(ENOEXEC, 'is a script whose first line is too long');
  }
  const argument = separator === '\0' ? '' : rest!.replace(/[ \t]+$/, '');
  return { interpreter: interpreter!, argument: argument === '' ? undefined : argument };
}
