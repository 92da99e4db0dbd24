/** Parents and children: who is told what, and who takes over orphans (wait(2), credentials(7), exit(3)). */
import {
  CLD_CONTINUED,
  CLD_DUMPED,
  CLD_EXITED,
  CLD_KILLED,
  CLD_STOPPED,
  SA_NOCLDSTOP,
  SA_NOCLDWAIT,
  SI_KERNEL,
  SIG_IGN,
  SIGCHLD,
  SIGCONT,
  SIGHUP,
} from '../abi/signal.js';
import { SigInfo } from '../arch/siginfo.js';
import { NS_PER_SECOND } from '../time/clock.js';
import { addUsage, type ExitStatus, type Process } from './process.js';
import { sendToProcess } from './signal-send.js';
import type { Task } from './task.js';

/** USER_HZ: the unit of si_utime and si_stime. */
const TICKS_PER_SECOND = 100;
const ticks = (ns: number): number => Math.floor(ns / (NS_PER_SECOND / TICKS_PER_SECOND));

/** A process has ended: its parent may wait for it, and is told; without one that cares, it goes at once. */
export function announceEnd(process: Process): void {
  const { parent, exitSignal } = process;
  process.waiters.wakeAll();
  if (parent === undefined) {
    reap(process);
    return;
  }
  const { handler, flags } = parent.actions.get(SIGCHLD);
  const unwanted = exitSignal === SIGCHLD && (handler === SIG_IGN || (flags & SA_NOCLDWAIT) !== 0);
  if (exitSignal !== 0 && !(unwanted && handler === SIG_IGN)) sendToProcess(parent, endInfo(process));
  if (unwanted) reap(process);
  parent.waiters.wakeAll();
}

/** The wait is over: the process is forgotten, and its times are its parent's children's. */
export function reap(process: Process): void {
  const { parent, kernel } = process;
  if (parent !== undefined) {
    parent.childrenUsage = addUsage(addUsage(parent.childrenUsage, process.usage()), process.childrenUsage);
    parent.children.delete(process);
  }
  kernel.processes.delete(process.pid);
}

/** Its children get the nearest subreaper above it, or the kernel's own init (prctl(2), PR_SET_CHILD_SUBREAPER). */
export function abandonChildren(process: Process): void {
  let heir = process.parent;
  while (heir !== undefined && !(heir.childSubreaper && !heir.zombie)) heir = heir.parent;
  for (const child of process.children) {
    child.parent = heir;
    heir?.children.add(child);
    child.exitSignal = SIGCHLD;
    child.parentThread = heir?.leader?.tid ?? 0;
    tellOfParentsDeath(child, process);
    if (child.zombie) announceEnd(child);
  }
  process.children.clear();
}

/** A thread has ended, but not the last: another one takes over its children. */
export function passChildrenOn({ tid, process }: Task): void {
  const heir = process.leader?.tid ?? 0;
  for (const child of process.children) {
    if (child.parentThread !== tid) continue;
    child.parentThread = heir;
    tellOfParentsDeath(child, process);
  }
}

/** PR_SET_PDEATHSIG of prctl(2): when the thread ends that made the child. */
function tellOfParentsDeath(child: Process, parent: Process): void {
  for (const { parentDeathSignal } of child.tasks.values()) {
    if (parentDeathSignal === 0) continue;
    sendToProcess(child, SigInfo.fromProcess(parentDeathSignal, SI_KERNEL, parent.pid, 0));
  }
}

/** A child stopped or goes on: the parent is told unless it asked not to be (SA_NOCLDSTOP), and may wait for it. */
export function announceStop(process: Process, signo: number): void {
  process.report = 'stopped';
  tellOfJobControl(process, CLD_STOPPED, signo);
}

export function announceContinue(process: Process): void {
  process.report = 'continued';
  tellOfJobControl(process, CLD_CONTINUED, SIGCONT);
}

function tellOfJobControl(process: Process, code: number, status: number): void {
  const { parent } = process;
  if (parent === undefined) return;
  if ((parent.actions.get(SIGCHLD).flags & SA_NOCLDSTOP) === 0) {
    sendToProcess(parent, childInfo(process, SIGCHLD, code, status));
  }
  parent.waiters.wakeAll();
}

/** How an end is described to whoever waits: si_code and si_status of waitid(2). */
export function describeEnd({ signal, code, coreDumped }: ExitStatus): { code: number; status: number } {
  if (signal === 0) return { code: CLD_EXITED, status: code };
  return { code: coreDumped ? CLD_DUMPED : CLD_KILLED, status: signal };
}

function endInfo(process: Process): SigInfo {
  const { code, status } = describeEnd(process.exitStatus!);
  return childInfo(process, process.exitSignal, code, status);
}

function childInfo(process: Process, signo: number, code: number, status: number): SigInfo {
  const { userNs, systemNs } = process.usage();
  const { ruid } = process.credentials;
  return SigInfo.child(signo, code, process.pid, ruid, status, ticks(userNs), ticks(systemNs));
}

/**
 * A process group is orphaned when no member has a parent in another group of the same session: nobody could continue it
 * (setpgid(2), POSIX 3.264).
 * @param without a process that is about to leave, and does not count
 */
export function isOrphanedGroup(kernel: Process['kernel'], pgrp: number, without?: Process): boolean {
  for (const process of kernel.processes.values()) {
    if (process.pgrp !== pgrp || process === without || process.zombie) continue;
    const { parent } = process;
    if (parent !== undefined && parent.pgrp !== pgrp && parent.sid === process.sid) return false;
  }
  return true;
}

/** The end of a process may orphan its children's groups and its own: stopped ones get SIGHUP and SIGCONT (exit(3)). */
export function releaseOrphanedGroups(process: Process): void {
  const { kernel, parent } = process;
  for (const child of process.children) {
    if (child.pgrp !== process.pgrp && child.sid === process.sid) releaseGroup(kernel, child.pgrp, process);
  }
  if (parent !== undefined && parent.pgrp !== process.pgrp && parent.sid === process.sid) {
    releaseGroup(kernel, process.pgrp, process);
  }
}

function releaseGroup(kernel: Process['kernel'], pgrp: number, leaving: Process): void {
  const members = [...kernel.processes.values()].filter((member) => member.pgrp === pgrp && !member.zombie);
  if (!members.some((member) => member.stoppedBy !== 0)) return;
  const heldBy = members.some(
    ({ parent, sid }) =>
      parent !== undefined && parent !== leaving && parent.pgrp !== pgrp && parent.sid === sid,
  );
  if (heldBy) return;
  for (const member of members) {
    sendToProcess(member, new SigInfo(SIGHUP, SI_KERNEL));
    sendToProcess(member, new SigInfo(SIGCONT, SI_KERNEL));
  }
}
