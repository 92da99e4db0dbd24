/** What went wrong, as the one line that the user sees. */
import { getSystemErrorMap } from 'node:util';
import { printable } from './printable.js';

/** A mistake of the user's or of the world around: never a stack trace. */
export class CliError extends Error {
  override readonly name = 'CliError';
  /** The command's code for failures, unless given. */
  readonly exitCode: number | undefined;

  constructor(message: string, exitCode?: number) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** The reader of our standard output has gone: nobody is left to be told. A shell reports 128 + SIGPIPE. */
export class OutputClosedError extends CliError {
  constructor() {
    super('standard output was closed', 141);
  }
}

/** `vkernel: <what>: <why>`, without line breaks or control characters. */
export function errorLine(error: unknown): string {
  return `vkernel: ${printable(messageOf(error))}`;
}

/** One sentence about anything that was thrown. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return internal(String(error));
  const { code, errno, path, syscall } = error as NodeJS.ErrnoException;
  if (typeof errno === 'number' && syscall !== undefined) {
    const reason = getSystemErrorMap().get(errno)?.[1] ?? code ?? error.message;
    return `${path ?? syscall}: ${reason}`;
  }
  if (EXPECTED.has(error.name)) return error.message;
  return internal(`${error.name}: ${error.message}`);
}

/** Errors whose message is written for the user, by name: their classes are not worth loading for it. */
const EXPECTED: ReadonlySet<string> = new Set([
  'CliError',
  'MachineError',
  'CoreFormatError',
  'StateError',
  'CheckpointError',
]);

function internal(text: string): string {
  return `internal error: ${text}; VKERNEL_DEBUG=1 shows where`;
}

/** The exit code for an error of a command whose failures exit with `failureExitCode`. */
export function exitCodeOf(error: unknown, failureExitCode: number): number {
  const own = error instanceof Error && 'exitCode' in error ? error.exitCode : undefined;
  // The machine's codes are docker's, which mean something for a guest's exit code only.
  if (typeof own !== 'number' || (!(error instanceof CliError) && failureExitCode !== 125))
    return failureExitCode;
  return own;
}
