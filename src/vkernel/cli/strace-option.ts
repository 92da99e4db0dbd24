/** `--strace[=FILE]` */
import { closeSync, openSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';

export interface TraceOutput {
  readonly write: (text: string) => void;
  close(): void;
}

/**
 * @param file undefined: no trace; "": standard error
 * @throws the error of open(2)
 */
export function openTrace(file: string | undefined): TraceOutput | undefined {
  if (file === undefined) return undefined;
  if (file === '') return { write: (text) => void process.stderr.write(text), close: () => undefined };
  const descriptor = openSync(resolve(file), 'w', 0o644);
  // Written at once: what led to a crash must be in the file.
  return { write: (text) => void writeSync(descriptor, text), close: () => closeSync(descriptor) };
}
