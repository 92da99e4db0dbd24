/** Sessions, process groups and their terminal (credentials(7), tty_ioctl(4)). */
import { ref } from '../../ckpt/state/references.js';
import { savable } from '../../ckpt/state/savable.js';
import { CAP_SYS_ADMIN } from '../abi/capability.js';
import { EIO, ENOTTY, EPERM, ERESTARTSYS, ESRCH, EINVAL, SysError } from '../abi/errno.js';
import { SI_KERNEL, SIG_IGN, SIGCONT, SIGHUP, SIGTTIN } from '../abi/signal.js';
import { SigInfo } from '../arch/siginfo.js';
import { DEV_CONSOLE } from '../fs/devfs/populate.js';
import { jobControl, type JobControl } from '../tty/job-control.js';
import type { TerminalFile } from '../tty/terminal-file.js';
import type { Terminal } from '../tty/terminal.js';
import { hasCapability } from '../vfs/access.js';
import type { Owner } from '../vfs/inode.js';
import { Kernel } from './kernel.js';
import type { Process } from './process.js';
import { isOrphanedGroup } from './process-tree.js';
import { sendToProcess } from './signal-send.js';
import { signalBit } from './signal-set.js';
import type { Task } from './task.js';

/** Sends a signal to all of a process group, as the kernel does. */
export function signalGroup(kernel: Kernel, pgrp: number, signo: number): void {
  for (const process of [...kernel.processes.values()]) {
    if (process.pgrp === pgrp) sendToProcess(process, new SigInfo(signo, SI_KERNEL));
  }
}

const leadsSession = ({ pid, sid }: Process): boolean => pid === sid;

/** Nobody of the session has a controlling terminal any more. */
function clearTerminal(kernel: Kernel, session: number): void {
  for (const process of kernel.processes.values()) if (process.sid === session) process.terminal = undefined;
}

/** A session's leader gives its terminal up, or ends: what runs in the foreground is told (setsid(2), exit(3)). */
function dissociate(process: Process, ends: boolean): void {
  const { kernel, terminal } = process;
  if (terminal === undefined) {
    if (!ends || process.lostForeground === 0) return;
    signalGroup(kernel, process.lostForeground, SIGHUP);
    signalGroup(kernel, process.lostForeground, SIGCONT);
    return;
  }
  if (terminal.foregroundGroup !== 0) {
    signalGroup(kernel, terminal.foregroundGroup, SIGHUP);
    if (!ends) signalGroup(kernel, terminal.foregroundGroup, SIGCONT);
  }
  terminal.session = 0;
  terminal.foregroundGroup = 0;
  clearTerminal(kernel, process.sid);
}

/** The end of a session's leader is the end of the session's terminal. */
export function endSession(process: Process): void {
  if (leadsSession(process)) dissociate(process, true);
}

/** open(2) without O_NOCTTY: a leader without a terminal gets the first it opens, if that is free and not /dev/console. */
export function adoptTerminal({ process }: Task, { terminal, readable, inode }: TerminalFile): void {
  const isConsole = inode.attributes().rdev === DEV_CONSOLE;
  const wants = leadsSession(process) && process.terminal === undefined && !isConsole;
  if (wants && readable && terminal.session === 0) setControlling(process, terminal);
}

export function setControlling(process: Process, terminal: Terminal): void {
  terminal.session = process.sid;
  terminal.foregroundGroup = process.pgrp;
  process.terminal = terminal;
  process.lostForeground = 0;
}

export class KernelJobControl implements JobControl {
  readonly kernel: Kernel;

  constructor(kernel: Kernel) {
    this.kernel = kernel;
  }

  private caller(): Task {
    const { current } = this.kernel;
    if (current === undefined) throw new Error('no system call runs');
    return current;
  }

  callerOwner(): Owner {
    const { euid, egid } = this.caller().process.credentials;
    return { uid: euid, gid: egid };
  }

  callerTerminal(): Terminal | undefined {
    return this.caller().process.terminal;
  }

  callerIsPrivileged(): boolean {
    return hasCapability(this.caller().process.credentials, CAP_SYS_ADMIN);
  }

  assertForeground(terminal: Terminal, signo: number): void {
    const task = this.caller();
    const { process, wait } = task;
    const foreground = terminal.foregroundGroup;
    if (process.terminal !== terminal || foreground === 0 || foreground === process.pgrp) return;
    // Who waits already was in the foreground when the call began.
    if (wait !== undefined) return;
    if ((task.blocked & signalBit(signo)) !== 0n || process.actions.get(signo).handler === SIG_IGN) {
      if (signo === SIGTTIN) throw new SysError(EIO);
      return;
    }
    if (isOrphanedGroup(this.kernel, process.pgrp)) throw new SysError(EIO);
    signalGroup(this.kernel, process.pgrp, signo);
    throw new SysError(ERESTARTSYS);
  }

  acquire(terminal: Terminal, steal: boolean, readable: boolean): void {
    const { process } = this.caller();
    if (!leadsSession(process)) throw new SysError(EPERM);
    if (terminal.session === process.sid) return;
    if (process.terminal !== undefined) throw new SysError(EPERM);
    const privileged = this.callerIsPrivileged();
    if (terminal.session !== 0) {
      if (!steal || !privileged) throw new SysError(EPERM);
      clearTerminal(this.kernel, terminal.session);
    }
    if (!readable && !privileged) throw new SysError(EPERM);
    setControlling(process, terminal);
  }

  giveUp(terminal: Terminal): void {
    const { process } = this.caller();
    if (process.terminal !== terminal) throw new SysError(ENOTTY);
    if (leadsSession(process)) dissociate(process, false);
    process.terminal = undefined;
  }

  setForeground(terminal: Terminal, pgrp: number): void {
    const { process } = this.caller();
    if (pgrp < 0) throw new SysError(EINVAL);
    if (process.terminal !== terminal || terminal.session !== process.sid) throw new SysError(ENOTTY);
    const processes = [...this.kernel.processes.values()];
    const member = processes.find((one) => one.pgrp === pgrp) ?? this.kernel.processes.get(pgrp);
    if (member === undefined) throw new SysError(ESRCH);
    if (member.sid !== process.sid) throw new SysError(EPERM);
    terminal.foregroundGroup = pgrp;
  }

  signalGroup(pgrp: number, signo: number): void {
    signalGroup(this.kernel, pgrp, signo);
  }

  sessionHangUp(terminal: Terminal): void {
    for (const process of [...this.kernel.processes.values()]) {
      if (process.terminal !== terminal) continue;
      process.terminal = undefined;
      if (!leadsSession(process)) continue;
      process.lostForeground = terminal.foregroundGroup;
      sendToProcess(process, new SigInfo(SIGHUP, SI_KERNEL));
      sendToProcess(process, new SigInfo(SIGCONT, SI_KERNEL));
    }
  }
}

savable<KernelJobControl>(
  'KernelJobControl',
  KernelJobControl,
  { kernel: ref(() => Kernel) },
  { roles: [jobControl] },
);
