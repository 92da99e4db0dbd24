/** Whether a loaded kernel hangs together: what the kernel's code takes for granted and the types of the graph cannot say. */
import { fail } from '../elfcore/field.js';
import type { Kernel } from '../../vkernel/kernel/kernel.js';
import type { Location } from '../../vkernel/vfs/location.js';

/** Throws CoreFormatError. */
export function checkKernel(kernel: Kernel): void {
  checkTasks(kernel);
  checkReady(kernel);
  checkTables(kernel);
  checkPlaces(kernel);
}

/** Every task is in its process and in the kernel's index, under its own number, and nowhere else. */
function checkTasks(kernel: Kernel): void {
  const { tasks, processes } = kernel;
  let members = 0;
  for (const [pid, process] of processes) {
    if (process.pid !== pid || process.kernel !== kernel) fail(`process ${pid} is out of place in the state`);
    for (const [tid, task] of process.tasks) {
      const inPlace = task.tid === tid && task.process === process && task.kernel === kernel;
      if (!inPlace || tasks.get(tid) !== task) fail(`task ${tid} is out of place in the state`);
      members++;
    }
  }
  if (members !== tasks.size) fail('the state has tasks without a process');
  if (tasks.size > 0 && !processes.has(kernel.bootPid)) fail('the state has no boot process');
  if (kernel.scheduler.kernel !== kernel) fail('the state has two kernels');
}

/** The run queue: each task at most once, and none that waits for nothing outside of it unless its process is stopped. */
function checkReady({ scheduler, tasks }: Kernel): void {
  const { ready } = scheduler;
  if (new Set(ready).size !== ready.length) fail('the state has a task twice in the run queue');
  for (const task of ready)
    if (tasks.get(task.tid) !== task) fail('the state has an ended task in the run queue');
}

/** What is counted up to, or used as an index, without a further look. */
function checkTables({ tasks, maxFiles, maxTasks }: Kernel): void {
  const most = 1 << 20;
  if (maxFiles > most || maxTasks > most) fail('the limits of the state are out of range');
  for (const files of new Set(Array.from(tasks.values(), (task) => task.files))) {
    if (files.closesOnExec.length !== files.files.length || files.lowestFree > files.files.length)
      fail('a descriptor table of the state contradicts itself');
  }
}

/** Walking up from any place ends. */
function checkPlaces({ mounts, tasks }: Kernel): void {
  const ending = new Set<Location>();
  const walk = (from: Location | undefined): void => {
    const passed = new Set<Location>();
    for (let at = from; at !== undefined && !ending.has(at); at = at.parent ?? at.mount?.mountpoint) {
      if (passed.has(at)) fail('a directory of the state lies below itself');
      passed.add(at);
    }
    for (const at of passed) ending.add(at);
  };
  if (mounts.mounts.length === 0) fail('the state has no root directory');
  for (const { root, mountpoint } of mounts.mounts) [root, mountpoint].forEach(walk);
  // Threads share them.
  const all = [...tasks.values()];
  for (const { root, cwd } of new Set(all.map(({ fs }) => fs))) [root, cwd].forEach(walk);
  for (const { files } of new Set(all.map((task) => task.files)))
    for (const file of files) walk(file?.location);
  for (const { vmas } of new Set(all.map(({ mm }) => mm))) for (const { file } of vmas) walk(file?.location);
}
