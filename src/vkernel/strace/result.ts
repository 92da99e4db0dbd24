/** The right-hand side of a line: what a system call returned. */
import {
  ERESTART_RESTARTBLOCK,
  ERESTARTNOHAND,
  ERESTARTNOINTR,
  ERESTARTSYS,
  errnoName,
  errnoText,
} from '../abi/errno.js';

/** Never seen by the program: signal delivery turns them into EINTR or runs the call again. */
const RESTARTS = new Map([
  [ERESTARTSYS, 'ERESTARTSYS (To be restarted if SA_RESTART is set)'],
  [ERESTARTNOINTR, 'ERESTARTNOINTR (To be restarted)'],
  [ERESTARTNOHAND, 'ERESTARTNOHAND (To be restarted if no handler)'],
  [ERESTART_RESTARTBLOCK, 'ERESTART_RESTARTBLOCK (Interrupted by signal)'],
]);

/** The largest error number: results from -4095 to -1 are errors, those below addresses. */
const MAX_ERRNO = 4095;

export function isError(result: number): boolean {
  return result < 0 && result >= -MAX_ERRNO;
}

/**
 * "3", "-1 ENOENT (No such file or directory)", "?" for a call that does not return.
 * @param show how the call wants a result that is no error to be printed; decimal when undefined
 */
export function resultText(
  result: number | undefined,
  show: ((result: number) => string) | undefined,
): string {
  if (result === undefined) return '?';
  if (!isError(result)) return show ? show(result) : String(result);
  const restart = RESTARTS.get(-result);
  if (restart !== undefined) return `? ${restart}`;
  return `-1 ${errnoName(-result)} (${errnoText(-result)})`;
}
