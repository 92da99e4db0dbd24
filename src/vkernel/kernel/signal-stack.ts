/** The alternate signal stack of a task (sigaltstack(2)). */
import { SS_AUTODISARM, SS_DISABLE, SS_ONSTACK } from '../abi/signal.js';
import type { SignalStack } from '../arch/signal-frame.js';
import type { Task } from './task.js';

/** A stack pointer lies on the stack. One that disarms itself is never reported as in use. */
export function isOnStack(stack: SignalStack, stackPointer: number): boolean {
  if ((stack.flags & SS_AUTODISARM) !== 0 || (stack.flags & SS_DISABLE) !== 0) return false;
  return stackPointer > stack.address && stackPointer - stack.address <= stack.sizeBytes;
}

/** ss_flags as sigaltstack(2) and the signal frame report them. */
export function stackFlagsNow(stack: SignalStack, stackPointer: number): number {
  if (stack.sizeBytes === 0) return SS_DISABLE;
  return stack.flags | (isOnStack(stack, stackPointer) ? SS_ONSTACK : 0);
}

/** sigreturn(2) puts the stack of the frame back; a frame with nonsense in it changes nothing. */
export function settleStack(task: Task, stack: SignalStack): void {
  const flags = stack.flags & ~SS_ONSTACK;
  if ((flags & ~(SS_DISABLE | SS_AUTODISARM)) !== 0 || !Number.isSafeInteger(stack.address)) return;
  task.signalStack = (flags & SS_DISABLE) !== 0 ? { address: 0, flags, sizeBytes: 0 } : { ...stack, flags };
}
