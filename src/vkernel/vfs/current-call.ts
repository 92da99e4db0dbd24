/**
 * Which system call a kernel of this thread is in. A file system that has to ask somebody outside (the host) takes an answer as true until
 * the call ends: a path walk, a permission check and stat(2) itself would each ask the same. Between two calls it asks each time.
 */

/** Counts calls, of all machines; 0 between two. */
let current = 0;
let last = 0;

/** @returns 0 outside of any call */
export function currentCall(): number {
  return current;
}

export function enterCall(): void {
  current = ++last;
}

export function leaveCall(): void {
  current = 0;
}

/** What was answered in this call so far is not true any more: something was changed. */
export function forgetAnswers(): void {
  if (current !== 0) current = ++last;
}
