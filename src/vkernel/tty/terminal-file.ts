/** An open terminal. */
import { ref } from '../../ckpt/state/references.js';
import { savable } from '../../ckpt/state/savable.js';
import { EINVAL, SysError } from '../abi/errno.js';
import { POLLHUP, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from '../abi/poll.js';
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
  TIOCGPGRP,
  TIOCGSID,
  TIOCGWINSZ,
  TIOCNOTTY,
  TIOCOUTQ,
  TIOCSCTTY,
  TIOCSPGRP,
  TIOCSWINSZ,
} from '../abi/termios.js';
import type { WaitQueue } from '../lib/wait-queue.js';
import type { Inode } from '../vfs/inode.js';
import type { Location } from '../vfs/location.js';
import { OpenFile, openFileFields, writeInt, type IoctlMemory } from '../vfs/open-file.js';
import { waitSource } from '../vfs/wait-source.js';
import { Terminal } from './terminal.js';
import { decodeTermios, encodeTermios, TERMIOS2_BYTES, TERMIOS_BYTES } from './termios.js';

const TCIFLUSH = 0;
const TCOFLUSH = 1;
const TCIOFLUSH = 2;
const WINSIZE_BYTES = 8;

export class TerminalFile extends OpenFile {
  readonly terminal: Terminal;

  constructor(inode: Inode, terminal: Terminal, flags: number, location?: Location) {
    super(inode, flags, location);
    this.terminal = terminal;
  }

  override get waiters(): WaitQueue {
    return this.terminal.waiters;
  }

  override get readTimeoutNs(): number | undefined {
    return this.terminal.readTimeoutNs;
  }

  override read(into: Uint8Array): number {
    return this.terminal.read(into);
  }

  override write(from: Uint8Array): number {
    return this.terminal.write(from);
  }

  override poll(): number {
    const { input, output } = this.terminal;
    let mask = 0;
    if (input.readable) mask |= POLLIN | POLLRDNORM;
    if (output.writable) mask |= POLLOUT | POLLWRNORM;
    if (output.broken) mask |= POLLHUP;
    return mask;
  }

  override ioctl(request: number, argument: number, memory: IoctlMemory): number {
    const { terminal } = this;
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
        return this.setTermios(memory.copyIn(argument, TERMIOS_BYTES), request === TCSETSF);
      case TCSETS2:
      case TCSETSW2:
      case TCSETSF2:
        return this.setTermios(memory.copyIn(argument, TERMIOS2_BYTES), request === TCSETSF2);
      case TIOCGWINSZ:
        memory.copyOut(argument, this.encodeSize());
        return 0;
      case TIOCSWINSZ:
        return this.setSize(memory.copyIn(argument, WINSIZE_BYTES));
      case TIOCGPGRP:
        writeInt(memory, argument, terminal.foregroundGroup);
        return 0;
      case TIOCSPGRP:
        terminal.foregroundGroup = new DataView(memory.copyIn(argument, 4).buffer).getInt32(0, true);
        return 0;
      case TIOCGSID:
        writeInt(memory, argument, terminal.session);
        return 0;
      case FIONREAD:
        writeInt(memory, argument, terminal.input.held);
        return 0;
      case TIOCOUTQ:
        writeInt(memory, argument, 0);
        return 0;
      case TCFLSH:
        return this.flush(argument);
      // The machine has one terminal, which belongs to its only session; output drains by itself.
      case TIOCSCTTY:
      case TIOCNOTTY:
      case TCSBRK:
      case TCSBRKP:
      case TCXONC:
        return 0;
      default:
        return super.ioctl(request, argument, memory);
    }
  }

  private setTermios(bytes: Uint8Array, flushes: boolean): number {
    if (flushes) this.terminal.input.discard();
    this.terminal.setTermios(decodeTermios(bytes, this.terminal.termios));
    return 0;
  }

  private encodeSize(): Uint8Array {
    const { rows, columns, widthPixels, heightPixels } = this.terminal.size;
    const bytes = new Uint8Array(WINSIZE_BYTES);
    const view = new DataView(bytes.buffer);
    [rows, columns, widthPixels, heightPixels].forEach((value, i) => view.setUint16(2 * i, value, true));
    return bytes;
  }

  private setSize(bytes: Uint8Array): number {
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    this.terminal.resize({
      rows: view.getUint16(0, true),
      columns: view.getUint16(2, true),
      widthPixels: view.getUint16(4, true),
      heightPixels: view.getUint16(6, true),
    });
    return 0;
  }

  private flush(queue: number): number {
    if (queue !== TCIFLUSH && queue !== TCOFLUSH && queue !== TCIOFLUSH) throw new SysError(EINVAL);
    if (queue !== TCOFLUSH) this.terminal.input.discard();
    return 0;
  }
}

savable<TerminalFile>(
  'tty.TerminalFile',
  TerminalFile,
  { ...openFileFields, terminal: ref(() => Terminal) },
  { roles: [waitSource] },
);
