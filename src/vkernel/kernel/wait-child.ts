/** Which child a wait is for, and what there is to say about it (wait(2)). */
import { __WALL, __WCLONE, __WNOTHREAD, WCONTINUED, WEXITED, WNOWAIT, WSTOPPED } from '../abi/sched.js';
import { CLD_CONTINUED, CLD_STOPPED, SIGCHLD, SIGCONT } from '../abi/signal.js';
import type { Process } from './process.js';
import { describeEnd, reap } from './process-tree.js';
import type { Task } from './task.js';

/** The children a call names: all, one by its id or by a descriptor of it, or those of a group. */
export type Wanted =
  | { readonly kind: 'any' }
  | { readonly kind: 'pid'; readonly pid: number }
  | { readonly kind: 'process'; readonly process: Process }
  | { readonly kind: 'group'; readonly pgrp: number };

/** What a wait has found out: si_code and si_status, and the wait status word of wait4(2). */
export interface ChildReport {
  readonly child: Process;
  readonly code: number;
  readonly status: number;
  readonly waitStatus: number;
}

const CONTINUED_STATUS = 0xffff;

/**
 * The children that a task's wait is for: those with another exit signal than SIGCHLD only with __WCLONE or __WALL, those of other
 * threads not with __WNOTHREAD.
 */
export function candidates({ tid, process }: Task, wanted: Wanted, options: number): Process[] {
  return [...process.children].filter((child) => {
    if ((options & __WNOTHREAD) !== 0 && child.parentThread !== tid) return false;
    if (wanted.kind === 'pid' && child.pid !== wanted.pid) return false;
    if (wanted.kind === 'process' && child !== wanted.process) return false;
    if (wanted.kind === 'group' && child.pgrp !== wanted.pgrp) return false;
    if ((options & __WALL) !== 0) return true;
    return (child.exitSignal !== SIGCHLD) === ((options & __WCLONE) !== 0);
  });
}

/** The first child that has something to say; with WNOWAIT it can be asked again. */
export function takeReport(children: readonly Process[], options: number): ChildReport | undefined {
  const keep = (options & WNOWAIT) !== 0;
  for (const child of children) {
    const report = reportOf(child, options);
    if (report === undefined) continue;
    if (!keep) {
      if (child.zombie) reap(child);
      else child.report = undefined;
    }
    return report;
  }
  return undefined;
}

function reportOf(child: Process, options: number): ChildReport | undefined {
  const { exitStatus, report, stoppedBy } = child;
  if (exitStatus !== undefined) {
    if ((options & WEXITED) === 0) return undefined;
    const { code, status } = describeEnd(exitStatus);
    const waitStatus = (exitStatus.code << 8) | exitStatus.signal | (exitStatus.coreDumped ? 0x80 : 0);
    return { child, code, status, waitStatus };
  }
  if (report === 'stopped' && stoppedBy !== 0 && (options & WSTOPPED) !== 0) {
    return { child, code: CLD_STOPPED, status: stoppedBy, waitStatus: (stoppedBy << 8) | 0x7f };
  }
  if (report === 'continued' && (options & WCONTINUED) !== 0) {
    return { child, code: CLD_CONTINUED, status: SIGCONT, waitStatus: CONTINUED_STATUS };
  }
  return undefined;
}
