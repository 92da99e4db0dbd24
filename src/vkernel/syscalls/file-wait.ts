/** Waiting until one of several files may have changed, or the time is up. */
import { int, opt } from '../../ckpt/state/codecs.js';
import { savable } from '../../ckpt/state/savable.js';
import type { Task } from '../kernel/task.js';
import { Wait, waitDetail } from '../kernel/wait.js';
import type { OpenFile } from '../vfs/open-file.js';

/** The caller's own deadline: the Wait's may be earlier, where a file (a timer) becomes ready by itself. */
export class FileWait {
  readonly deadlineNs: number | undefined;

  constructor(deadlineNs: number | undefined) {
    this.deadlineNs = deadlineNs;
  }
}

savable<FileWait>('FileWait', FileWait, { deadlineNs: opt(int) }, { roles: [waitDetail] });

/**
 * The Wait of a call that found none of its files ready.
 * @param timeoutNs counted from the call's first run; undefined: for ever
 * @returns undefined when the time is up
 */
export function waitForFiles(
  task: Task,
  on: readonly OpenFile[],
  timeoutNs: number | undefined,
  interruptedBy: number,
): Wait | undefined {
  const { wait } = task;
  const { clock } = task.kernel;
  const detail =
    wait?.detail instanceof FileWait
      ? wait.detail
      : new FileWait(timeoutNs === undefined ? undefined : clock.monotonicNs() + timeoutNs);
  if (detail.deadlineNs !== undefined && clock.monotonicNs() >= detail.deadlineNs) return undefined;
  let deadlineNs = detail.deadlineNs;
  for (const { readyAtNs } of on) {
    if (readyAtNs !== undefined && (deadlineNs === undefined || readyAtNs < deadlineNs))
      deadlineNs = readyAtNs;
  }
  if (wait !== undefined && wait.deadlineNs === deadlineNs) return wait;
  return new Wait({ on, deadlineNs, interruptedBy, detail });
}
