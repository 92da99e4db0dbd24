/** What terminals need of the processes that use them. The kernel implements it: processes are above this layer. */
import { role } from '../../ckpt/state/savable.js';
import type { Owner } from '../vfs/inode.js';
import type { Terminal } from './terminal.js';

/** The caller is the process whose system call runs. */
export interface JobControl {
  /** Whom a new terminal belongs to. */
  callerOwner(): Owner;
  /** The caller's controlling terminal (/dev/tty). */
  callerTerminal(): Terminal | undefined;
  /** It has CAP_SYS_ADMIN. */
  callerIsPrivileged(): boolean;
  /**
   * Called before the caller uses a terminal in a way that is the foreground's alone: in the background it gets the signal instead.
   * @param signo SIGTTIN to read, SIGTTOU to change
   * @throws SysError ERESTARTSYS when the signal was sent, EIO when there is nobody who could continue the group
   */
  assertForeground(terminal: Terminal, signo: number): void;
  /** TIOCSCTTY. @param readable opened for reading @throws SysError EPERM */
  acquire(terminal: Terminal, steal: boolean, readable: boolean): void;
  /** TIOCNOTTY. @throws SysError ENOTTY */
  giveUp(terminal: Terminal): void;
  /** TIOCSPGRP. @throws SysError ENOTTY, ESRCH, EPERM */
  setForeground(terminal: Terminal, pgrp: number): void;
  /** Sends a signal to all of a process group, as the kernel does. */
  signalGroup(pgrp: number, signo: number): void;
  /** The line is gone: the session that the terminal controls has none any more, and its leader is told. */
  sessionHangUp(terminal: Terminal): void;
}

export const jobControl = role<JobControl>('JobControl');
