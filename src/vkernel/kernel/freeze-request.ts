/**
 * A guest freezes itself: DragonFly's sys_checkpoint(2). The call returns 0 once the core is written, and in every thawed copy the
 * value that whoever resumes gives it, like setjmp(3).
 */
import { int, opt } from '../../ckpt/state/codecs.js';
import { savable } from '../../ckpt/state/savable.js';
import type { Kernel } from './kernel.js';
import type { Task } from './task.js';
import { waitDetail } from './wait.js';

export class FreezeRequest {
  /** What the call returns: unknown as long as nobody has frozen the machine. */
  result: number | undefined = undefined;
}

savable('FreezeRequest', FreezeRequest, { result: opt(int) }, { roles: [waitDetail] });

/** The tasks that are in such a call and have no answer yet. */
export function freezeRequests(kernel: Kernel): { task: Task; request: FreezeRequest }[] {
  return [...kernel.tasks.values()].flatMap((task) => {
    const detail = task.wait?.detail;
    return detail instanceof FreezeRequest && detail.result === undefined ? [{ task, request: detail }] : [];
  });
}

/** Answers all of them. @param result what the call returns, or a negative error number */
export function answerFreezeRequests(kernel: Kernel, result: number): void {
  for (const { task, request } of freezeRequests(kernel)) {
    request.result = result;
    task.wake();
  }
}
