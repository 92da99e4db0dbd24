/** An open terminal: the end that programs use. */
import { uint } from '../../ckpt/state/codecs.js';
import { ref } from '../../ckpt/state/references.js';
import { accessor, savable } from '../../ckpt/state/savable.js';
import { EAGAIN, EIO, ENOTTY, EPERM, SysError } from '../abi/errno.js';
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from '../abi/poll.js';
import { SIGTTIN, SIGTTOU } from '../abi/signal.js';
import {
  TIOCGPGRP,
  TIOCGPTPEER,
  TIOCNOTTY,
  TIOCSPGRP,
  TIOCVHANGUP,
  TOSTOP,
  VMIN,
  VTIME,
} from '../abi/termios.js';
import type { WaitQueue } from '../lib/wait-queue.js';
import type { Inode } from '../vfs/inode.js';
import type { Location } from '../vfs/location.js';
import { OpenFile, openFileFields, writeInt, type IoctlMemory } from '../vfs/open-file.js';
import { waitSource } from '../vfs/wait-source.js';
import { assertMayRequest, lineIoctl, type LineEnd } from './terminal-ioctl.js';
import { Terminal } from './terminal.js';

const ALWAYS_READY = POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;

export class TerminalFile extends OpenFile implements LineEnd {
  readonly terminal: Terminal;
  /** `terminal.hangUps` when it was opened. */
  readonly openedAfter: number;

  constructor(inode: Inode, terminal: Terminal, flags: number, location?: Location) {
    super(inode, flags, location);
    this.terminal = terminal;
    this.openedAfter = terminal.hangUps;
    terminal.opened();
  }

  override get waiters(): WaitQueue {
    return this.terminal.waiters;
  }

  /** The terminal was hung up since: this description is dead. */
  get hungUp(): boolean {
    return this.openedAfter !== this.terminal.hangUps;
  }

  get readableBytes(): number {
    return this.terminal.discipline.readableBytes;
  }

  /** @throws SysError ERESTARTSYS, EIO for a reader in the background */
  assertMayRead(): void {
    this.terminal.jobs.assertForeground(this.terminal, SIGTTIN);
  }

  /** What there is, whatever VMIN and VTIME say: those are the system call's (read(2) of a terminal). */
  override read(into: Uint8Array): number {
    if (this.hungUp || into.length === 0) return 0;
    this.assertMayRead();
    if (this.terminal.discipline.held.length === 0) return -EAGAIN;
    return this.terminal.read(into);
  }

  override write(from: Uint8Array): number {
    const { terminal } = this;
    if (this.hungUp) throw new SysError(EIO);
    if ((terminal.termios.lflag & TOSTOP) !== 0) terminal.jobs.assertForeground(terminal, SIGTTOU);
    return terminal.write(from);
  }

  override poll(): number {
    if (this.hungUp) return ALWAYS_READY | POLLERR | POLLHUP;
    const { discipline, writable, termios } = this.terminal;
    const wanted = !discipline.canonical && termios.cc[VTIME] === 0 ? Math.max(1, termios.cc[VMIN]!) : 1;
    let mask = 0;
    if (discipline.held.length >= wanted) mask |= POLLIN | POLLRDNORM;
    if (writable) mask |= POLLOUT | POLLWRNORM;
    return mask;
  }

  override ioctl(request: number, argument: number, memory: IoctlMemory): number {
    const { terminal } = this;
    if (this.hungUp) throw new SysError(request === TIOCSPGRP ? ENOTTY : EIO);
    assertMayRequest(terminal, request);
    const result = lineIoctl(this, request, argument, memory);
    if (result !== undefined) return result;
    switch (request) {
      case TIOCGPGRP:
        if (terminal.jobs.callerTerminal() !== terminal) throw new SysError(ENOTTY);
        writeInt(memory, argument, terminal.foregroundGroup);
        return 0;
      case TIOCNOTTY:
        terminal.jobs.giveUp(terminal);
        return 0;
      // Only a master has one.
      case TIOCGPTPEER:
        throw new SysError(EIO);
      case TIOCVHANGUP:
        if (!terminal.jobs.callerIsPrivileged()) throw new SysError(EPERM);
        terminal.hangUp();
        return 0;
      default:
        return super.ioctl(request, argument, memory);
    }
  }

  flushInput(): void {
    this.terminal.flushInput();
  }
  flushOutput(): void {
    this.terminal.flushOutput();
  }

  protected override close(): void {
    this.terminal.closed();
  }
}

savable<TerminalFile>(
  'tty.TerminalFile',
  TerminalFile,
  {
    ...openFileFields,
    terminal: ref(() => Terminal),
    openedAfter: uint,
    hungUp: accessor,
    readableBytes: accessor,
  },
  { roles: [waitSource] },
);
