/** How tasks and processes end (exit(2), exit_group(2)). */
import { SysError } from '../abi/errno.js';
import { addUsage } from './process.js';
import { endSession } from './job-control.js';
import { abandonChildren, announceEnd, passChildrenOn, releaseOrphanedGroups } from './process-tree.js';
import { endRobustList } from './robust-list.js';
import type { ExitStatus, Process } from './process.js';
import type { Task } from './task.js';

/** One thread ends. The last one takes the process with it, with that thread's exit code. */
export function exitTask(task: Task, code: number): void {
  if (task.process.tasks.size === 1) {
    exitGroup(task.process, { code: code & 0xff, signal: 0, coreDumped: false });
    return;
  }
  endRobustList(task);
  clearTid(task);
  task.kernel.tracer?.ended(task, { code: code & 0xff, signal: 0, coreDumped: false });
  detachTask(task);
  passChildrenOn(task);
}

/** The whole process ends, whatever its threads are doing. */
export function exitGroup(process: Process, status: ExitStatus): void {
  if (process.exitStatus !== undefined) return;
  const { kernel } = process;
  process.exitStatus = status;
  for (const task of [...process.tasks.values()]) {
    kernel.tracer?.ended(task, status);
    detachTask(task);
  }
  kernel.timers.dropProcess(process);
  endVfork(process);
  endSession(process);
  releaseOrphanedGroups(process);
  abandonChildren(process);
  if (process.pid === kernel.bootPid) kernel.bootStatus = status;
  announceEnd(process);
}

/** CLONE_CHILD_CLEARTID: whoever joins the thread waits for this word to become 0 (set_tid_address(2)). */
function clearTid(task: Task): void {
  if (task.clearTidAddress === 0) return;
  try {
    task.memory.writeU32(task.clearTidAddress, 0);
    task.kernel.futexes.wakeAt(task, task.clearTidAddress, 1);
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
  }
}

/** The child of a vfork(2) has its own memory now, or none: its parent goes on. */
export function endVfork(process: Process): void {
  if (!process.borrowsMemory) return;
  process.borrowsMemory = false;
  process.waiters.wakeAll();
}

/** SEM_UNDO: when the last task that shares the list leaves it, its changes are taken back (semop(2)). */
export function releaseSemaphores(task: Task): void {
  const undo = task.semaphoreUndo;
  if (undo === undefined) return;
  task.semaphoreUndo = undefined;
  for (const other of task.kernel.tasks.values()) if (other.semaphoreUndo === undo) return;
  undo.apply(task.process.pid);
}

/** Takes a task out of everything. */
export function detachTask(task: Task): void {
  const { kernel, process } = task;
  process.exitedUsage = addUsage(process.exitedUsage, task);
  kernel.scheduler.remove(task);
  process.tasks.delete(task.tid);
  kernel.tasks.delete(task.tid);
  task.ended = true;
  releaseSemaphores(task);
  task.files.release();
  if (![...kernel.tasks.values()].some((other) => other.mm === task.mm)) task.mm.destroy();
}
