/** Our own standard output, which may be a pipe whose reader goes away. */
import { OutputClosedError } from './cli-error.js';

/** Resolves when the text has been handed to the system. @throws OutputClosedError */
export function print(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => (error ? reject(new OutputClosedError()) : resolve()));
  });
}

/** Resolves when everything written so far is out, or can never be. */
export async function drainOutput(): Promise<void> {
  await Promise.all(
    [process.stdout, process.stderr].map(
      (stream) =>
        new Promise<void>((resolve) => {
          if (stream.destroyed) resolve();
          else stream.write('', () => resolve());
        }),
    ),
  );
}

/** A line for the user beside whatever the guest writes. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
