/** A pseudoterminal's master, opened. There is one description: opening /dev/ptmx again makes another pseudoterminal (pty(7)). */
import { ref, refRole } from '../../ckpt/state/references.js';
import { accessor, role, savable } from '../../ckpt/state/savable.js';
import { EINVAL, SysError } from '../abi/errno.js';
import { POLLHUP, POLLIN, POLLOUT, POLLPRI, POLLRDNORM, POLLWRNORM } from '../abi/poll.js';
import { SIGINT, SIGQUIT, SIGTSTP } from '../abi/signal.js';
import { TIOCGPGRP, TIOCGPKT, TIOCGPTLCK, TIOCGPTN, TIOCPKT, TIOCSIG, TIOCSPTLCK } from '../abi/termios.js';
import type { WaitQueue } from '../lib/wait-queue.js';
import type { Inode } from '../vfs/inode.js';
import type { Location } from '../vfs/location.js';
import { OpenFile, openFileFields, readInt, writeInt, type IoctlMemory } from '../vfs/open-file.js';
import { waitSource } from '../vfs/wait-source.js';
import { PtyMaster } from './pty-master.js';
import { lineIoctl, type LineEnd } from './terminal-ioctl.js';
import type { TerminalFile } from './terminal-file.js';
import type { Terminal } from './terminal.js';

/** Signals that TIOCSIG sends. */
const KEY_SIGNALS: ReadonlySet<number> = new Set([SIGINT, SIGQUIT, SIGTSTP]);

/** Where pseudoterminals have their names. */
export interface PtyDirectory {
  /** The master was closed: the name goes. */
  remove(index: number): void;
  /** Opens the other end, whatever its name and mode (TIOCGPTPEER). */
  openPeer(index: number, flags: number): TerminalFile;
}

export const ptyDirectory = role<PtyDirectory>('PtyDirectory');

export class PtyMasterFile extends OpenFile implements LineEnd {
  readonly master: PtyMaster;
  readonly directory: PtyDirectory;

  constructor(inode: Inode, master: PtyMaster, directory: PtyDirectory, flags: number, location?: Location) {
    super(inode, flags, location);
    this.master = master;
    this.directory = directory;
  }

  override get waiters(): WaitQueue {
    return this.master.waiters;
  }

  get terminal(): Terminal {
    return this.master.terminal;
  }

  get readableBytes(): number {
    return this.master.output.length;
  }

  override read(into: Uint8Array): number {
    return this.master.read(into);
  }

  override write(from: Uint8Array): number {
    return this.master.write(from);
  }

  override poll(): number {
    const { output, status, packets, abandoned, terminal } = this.master;
    const tells = packets && status !== 0;
    let mask = 0;
    if (output.length > 0 || tells) mask |= POLLIN | POLLRDNORM;
    if (tells) mask |= POLLPRI;
    if (abandoned) mask |= POLLHUP;
    if (terminal.incomingRoom > 0) mask |= POLLOUT | POLLWRNORM;
    return mask;
  }

  override ioctl(request: number, argument: number, memory: IoctlMemory): number {
    const { master, terminal } = this;
    switch (request) {
      case TIOCGPTN:
        writeInt(memory, argument, master.index);
        return 0;
      case TIOCSPTLCK:
        master.locked = readInt(memory, argument) !== 0;
        return 0;
      case TIOCGPTLCK:
        writeInt(memory, argument, master.locked ? 1 : 0);
        return 0;
      case TIOCPKT:
        this.setPacketMode(readInt(memory, argument) !== 0);
        return 0;
      case TIOCGPKT:
        writeInt(memory, argument, master.packets ? 1 : 0);
        return 0;
      case TIOCSIG:
        // Here the argument is the signal itself.
        if (!KEY_SIGNALS.has(argument)) throw new SysError(EINVAL);
        if (terminal.foregroundGroup !== 0) terminal.jobs.signalGroup(terminal.foregroundGroup, argument);
        return 0;
      case TIOCGPGRP:
        writeInt(memory, argument, terminal.foregroundGroup);
        return 0;
      default:
        return lineIoctl(this, request, argument, memory) ?? super.ioctl(request, argument, memory);
    }
  }

  /** @throws SysError EIO while it is locked */
  openPeer(flags: number): TerminalFile {
    return this.directory.openPeer(this.master.index, flags);
  }

  private setPacketMode(on: boolean): void {
    if (on && !this.master.packets) this.master.status = 0;
    this.master.packets = on;
  }

  flushInput(): void {
    this.master.output.clear();
    this.terminal.drained();
  }
  flushOutput(): void {
    this.terminal.incoming.clear();
    this.master.received();
  }

  protected override close(): void {
    this.directory.remove(this.master.index);
    this.master.close();
  }
}

savable<PtyMasterFile>(
  'tty.PtyMasterFile',
  PtyMasterFile,
  {
    ...openFileFields,
    master: ref(() => PtyMaster),
    directory: refRole(ptyDirectory),
    terminal: accessor,
    readableBytes: accessor,
  },
  { roles: [waitSource] },
);
