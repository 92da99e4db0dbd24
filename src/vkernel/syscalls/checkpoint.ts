/** The one call that is not Linux's: DragonFly's sys_checkpoint(2), with which a guest freezes its own machine. */
import { EINVAL, EPERM, SysError } from '../abi/errno.js';
import { CKPT_FREEZE } from '../abi/checkpoint.js';
import { FreezeRequest } from '../kernel/freeze-request.js';
import { syscall, type Result, type SyscallDeclaration } from '../kernel/syscall.js';
import type { Task } from '../kernel/task.js';
import { Wait } from '../kernel/wait.js';
import { fd, int, oneOf } from './arguments.js';

/** The file is not the guest's to choose: it is the one the user named, and without one the call is not permitted. */
function checkpoint(task: Task, type: number): Result {
  const { wait, kernel } = task;
  const request = wait?.detail;
  if (wait !== undefined && request instanceof FreezeRequest) return request.result ?? wait;
  if (type !== CKPT_FREEZE) throw new SysError(EINVAL);
  if (!kernel.mayFreeze) throw new SysError(EPERM);
  kernel.scheduler.breakNow();
  return new Wait({ detail: new FreezeRequest(), uninterruptible: true });
}

export const checkpointSyscalls: readonly SyscallDeclaration[] = [
  syscall('vkernel_checkpoint', [oneOf({ CKPT_FREEZE }), fd, int, int], checkpoint, {
    missing: "not Linux's; thawing is `vkernel resume`, and the file is the user's to name",
  }),
];
