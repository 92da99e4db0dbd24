/** The ioctls of ioctl_tty(2) that are the same at both ends of a line. */
import { EINVAL, EIO, ENOTTY, SysError } from '../abi/errno.js';
import { SIGTTOU } from '../abi/signal.js';
import {
  FIONREAD,
  TCFLSH,
  TCGETS,
  TCGETS2,
  TCSBRK,
  TCSBRKP,
  TCSETS,
  TCSETS2,
  TCSETSF,
  TCSETSF2,
  TCSETSW,
  TCSETSW2,
  TCXONC,
  TIOCCBRK,
  TIOCEXCL,
  TIOCGDEV,
  TIOCGETD,
  TIOCGEXCL,
  TIOCGSID,
  TIOCGWINSZ,
  TIOCNXCL,
  TIOCOUTQ,
  TIOCSBRK,
  TIOCSCTTY,
  TIOCSETD,
  TIOCSPGRP,
  TIOCSTI,
  TIOCSWINSZ,
  VSTART,
  VSTOP,
} from '../abi/termios.js';
import { TCIFLUSH, TCIOFF, TCIOFLUSH, TCION, TCOFLUSH, TCOOFF, TCOON } from '../abi/tty.js';
import { readInt, writeInt, type IoctlMemory } from '../vfs/open-file.js';
import type { Terminal, WindowSize } from './terminal.js';
import { decodeTermios, encodeTermios, TERMIOS2_BYTES, TERMIOS_BYTES } from './termios.js';

const WINSIZE_BYTES = 8;
const N_TTY = 0;

/** One end of a line: what an ioctl means there. */
export interface LineEnd {
  readonly terminal: Terminal;
  readonly readable: boolean;
  /** Bytes that a read would get at once. */
  readonly readableBytes: number;
  flushInput(): void;
  flushOutput(): void;
}

/** Requests that change something, and so are the foreground's alone at the terminal's own end (tty_check_change). */
const CHANGING: ReadonlySet<number> = new Set([
  TCSETS,
  TCSETSW,
  TCSETSF,
  TCSETS2,
  TCSETSW2,
  TCSETSF2,
  TCFLSH,
  TCXONC,
  TCSBRK,
  TCSBRKP,
  TIOCSBRK,
  TIOCCBRK,
  TIOCSETD,
]);

/** @throws SysError ERESTARTSYS, EIO for a caller in the background */
export function assertMayRequest(terminal: Terminal, request: number): void {
  if (request === TIOCSPGRP) {
    try {
      terminal.jobs.assertForeground(terminal, SIGTTOU);
    } catch (error) {
      // Of an orphaned group the terminal is none (tiocspgrp).
      throw error instanceof SysError && error.errno === EIO ? new SysError(ENOTTY) : error;
    }
  } else if (CHANGING.has(request)) terminal.jobs.assertForeground(terminal, SIGTTOU);
}

/** @returns undefined for a request that is not one of these @throws SysError */
export function lineIoctl(
  end: LineEnd,
  request: number,
  argument: number,
  memory: IoctlMemory,
): number | undefined {
  const { terminal } = end;
  switch (request) {
    case TCGETS:
      memory.copyOut(argument, encodeTermios(terminal.termios, TERMIOS_BYTES));
      return 0;
    case TCGETS2:
      memory.copyOut(argument, encodeTermios(terminal.termios, TERMIOS2_BYTES));
      return 0;
    case TCSETS:
    case TCSETSW:
    case TCSETSF:
      return setTermios(terminal, memory.copyIn(argument, TERMIOS_BYTES), request === TCSETSF);
    case TCSETS2:
    case TCSETSW2:
    case TCSETSF2:
      return setTermios(terminal, memory.copyIn(argument, TERMIOS2_BYTES), request === TCSETSF2);
    case TIOCGWINSZ:
      memory.copyOut(argument, encodeSize(terminal.size));
      return 0;
    case TIOCSWINSZ:
      terminal.resize(decodeSize(memory.copyIn(argument, WINSIZE_BYTES)));
      return 0;
    case TIOCGSID:
      if (terminal.session === 0) throw new SysError(ENOTTY);
      writeInt(memory, argument, terminal.session);
      return 0;
    case TIOCSPGRP:
      terminal.jobs.setForeground(terminal, readInt(memory, argument));
      return 0;
    case TIOCSCTTY:
      terminal.jobs.acquire(terminal, argument === 1, end.readable);
      return 0;
    case FIONREAD:
      writeInt(memory, argument, end.readableBytes);
      return 0;
    case TIOCOUTQ:
      writeInt(memory, argument, 0);
      return 0;
    case TCFLSH:
      return flush(end, argument);
    case TCXONC:
      return flowControl(terminal, argument);
    case TIOCEXCL:
    case TIOCNXCL:
      terminal.exclusive = request === TIOCEXCL;
      return 0;
    case TIOCGEXCL:
      writeInt(memory, argument, terminal.exclusive ? 1 : 0);
      return 0;
    case TIOCGDEV:
      writeInt(memory, argument, terminal.deviceNumber);
      return 0;
    case TIOCGETD:
      writeInt(memory, argument, N_TTY);
      return 0;
    case TIOCSETD:
      if (readInt(memory, argument) !== N_TTY) throw new SysError(EINVAL);
      return 0;
    // Output leaves at once, and there is no wire that could break.
    case TCSBRK:
    case TCSBRKP:
    case TIOCSBRK:
    case TIOCCBRK:
      return 0;
    // Faking input has only ever been a way out of a sandbox (CONFIG_LEGACY_TIOCSTI).
    case TIOCSTI:
      throw new SysError(EIO);
    default:
      return undefined;
  }
}

function setTermios(terminal: Terminal, bytes: Uint8Array, flushes: boolean): number {
  if (flushes) terminal.flushInput();
  terminal.setTermios(decodeTermios(bytes, terminal.termios));
  return 0;
}

function encodeSize({ rows, columns, widthPixels, heightPixels }: WindowSize): Uint8Array {
  const bytes = new Uint8Array(WINSIZE_BYTES);
  const view = new DataView(bytes.buffer);
  [rows, columns, widthPixels, heightPixels].forEach((value, i) => view.setUint16(2 * i, value, true));
  return bytes;
}

function decodeSize(bytes: Uint8Array): WindowSize {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const [rows, columns, widthPixels, heightPixels] = [0, 2, 4, 6].map((at) => view.getUint16(at, true)) as [
    number,
    number,
    number,
    number,
  ];
  return { rows, columns, widthPixels, heightPixels };
}

function flush(end: LineEnd, queue: number): number {
  if (queue !== TCIFLUSH && queue !== TCOFLUSH && queue !== TCIOFLUSH) throw new SysError(EINVAL);
  if (queue !== TCOFLUSH) end.flushInput();
  if (queue !== TCIFLUSH) end.flushOutput();
  return 0;
}

/** tcflow(3). */
function flowControl(terminal: Terminal, action: number): number {
  const { cc } = terminal.termios;
  switch (action) {
    case TCOOFF:
      terminal.stopOutput('call');
      return 0;
    case TCOON:
      if (terminal.stoppedBy === 'call') terminal.startOutput('call');
      return 0;
    case TCIOFF:
      terminal.sendNow(cc[VSTOP]!);
      return 0;
    case TCION:
      terminal.sendNow(cc[VSTART]!);
      return 0;
    default:
      throw new SysError(EINVAL);
  }
}
