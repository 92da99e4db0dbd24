/**
 * The terminal the host lends to the guest. While it is in canonical mode the host's own terminal edits lines and makes signals of
 * keys; when the guest asks for single characters, the host is put into raw mode and what of ISIG, ICRNL and ECHO the guest left
 * on is done here.
 */
import { listOf, opt, struct, uint } from '../../ckpt/state/codecs.js';
import { ref } from '../../ckpt/state/references.js';
import { accessor, derived, savable } from '../../ckpt/state/savable.js';
import { EIO, ENXIO, SysError } from '../abi/errno.js';
import { SIGINT, SIGQUIT, SIGTSTP, SIGWINCH } from '../abi/signal.js';
import { ECHO, ICANON, ICRNL, ISIG, VINTR, VMIN, VQUIT, VSUSP, VTIME } from '../abi/termios.js';
import { WaitQueue } from '../lib/wait-queue.js';
import { NS_PER_MS } from '../time/clock.js';
import type { Inode } from '../vfs/inode.js';
import type { Location } from '../vfs/location.js';
import { driver, type Driver } from '../vfs/special-files.js';
import { HostInput } from './host-input.js';
import { HostOutput } from './host-output.js';
import { TerminalFile } from './terminal-file.js';
import { initialTermios, type Termios } from './termios.js';

const NEWLINE = 10;
const RETURN = 13;
/** VTIME counts tenths of a second. */
const VTIME_NS = 100 * NS_PER_MS;

/** struct winsize (ioctl_tty(2)). */
export interface WindowSize {
  readonly rows: number;
  readonly columns: number;
  readonly widthPixels: number;
  readonly heightPixels: number;
}

/** What the machine does for a terminal. */
export interface TerminalHost {
  /** Raw: no line editing, no echo, no signals from keys. */
  setRawMode(raw: boolean): void;
  /** Sends a signal to the foreground process group. */
  signalForeground(signo: number): void;
}

export class Terminal implements Driver {
  readonly input: HostInput;
  readonly output: HostOutput;
  termios: Termios = initialTermios();
  size: WindowSize = { rows: 24, columns: 80, widthPixels: 0, heightPixels: 0 };
  /** The foreground process group and the session: 0 for none. */
  foregroundGroup = 0;
  session = 0;
  host: TerminalHost | undefined = undefined;
  /** Woken by either end. */
  readonly waiters: WaitQueue = new WaitQueue();

  constructor(input: HostInput, output: HostOutput) {
    this.input = input;
    this.output = output;
    this.listen();
  }

  /** Connects the machine, again after a resume. */
  attach(host: TerminalHost): void {
    this.host = host;
    host.setRawMode(!this.canonical);
  }

  get canonical(): boolean {
    return (this.termios.lflag & ICANON) !== 0;
  }

  /** Bytes from the host's terminal. */
  receive(bytes: Uint8Array): void {
    if (this.canonical) this.input.push(bytes);
    else this.receiveRaw(bytes);
  }

  private receiveRaw(bytes: Uint8Array): void {
    const { iflag, lflag, cc } = this.termios;
    const signals = new Map([
      [cc[VINTR]!, SIGINT],
      [cc[VQUIT]!, SIGQUIT],
      [cc[VSUSP]!, SIGTSTP],
    ]);
    signals.delete(0); // _POSIX_VDISABLE
    const kept: number[] = [];
    for (const byte of bytes) {
      const signo = (lflag & ISIG) !== 0 ? signals.get(byte) : undefined;
      if (signo !== undefined) this.host?.signalForeground(signo);
      else kept.push(byte === RETURN && (iflag & ICRNL) !== 0 ? NEWLINE : byte);
    }
    const kept8 = Uint8Array.from(kept);
    if ((lflag & ECHO) !== 0 && !this.output.broken) this.output.write(kept8);
    this.input.push(kept8);
  }

  /** @returns like OpenFile.read */
  read(into: Uint8Array): number {
    if (this.canonical) return this.input.read(into, NEWLINE);
    if (this.input.held === 0 && this.termios.cc[VMIN] === 0 && this.termios.cc[VTIME] === 0) return 0;
    return this.input.read(into);
  }

  /** With VMIN 0, a read ends after VTIME (termios(3), "non-canonical mode"). */
  get readTimeoutNs(): number | undefined {
    if (this.canonical || this.termios.cc[VMIN] !== 0) return undefined;
    return this.termios.cc[VTIME]! * VTIME_NS;
  }

  /** @throws SysError EIO when the host's terminal is gone */
  write(from: Uint8Array): number {
    if (this.output.broken) throw new SysError(EIO);
    return this.output.write(from);
  }

  setTermios(termios: Termios): void {
    const before = this.canonical;
    this.termios = termios;
    if (this.canonical !== before) this.host?.setRawMode(!this.canonical);
    this.waiters.wakeAll();
  }

  /** The size changed, at the host or by TIOCSWINSZ: the foreground is told. */
  resize(size: WindowSize): void {
    const { rows, columns, widthPixels, heightPixels } = this.size;
    if (
      rows === size.rows &&
      columns === size.columns &&
      widthPixels === size.widthPixels &&
      heightPixels === size.heightPixels
    ) {
      return;
    }
    this.size = size;
    this.host?.signalForeground(SIGWINCH);
  }

  open(inode: Inode, flags: number, location: Location | undefined): TerminalFile {
    return new TerminalFile(inode, this, flags, location);
  }

  /** Waiters of the terminal wait for both ends. */
  listen(): void {
    const relay = { wake: () => this.waiters.wakeAll() };
    this.input.waiters.add(relay);
    this.output.waiters.add(relay);
  }
}

savable<Terminal>(
  'tty.Terminal',
  Terminal,
  {
    input: ref(() => HostInput),
    output: ref(() => HostOutput),
    termios: struct<Termios>({
      iflag: uint,
      oflag: uint,
      cflag: uint,
      lflag: uint,
      line: uint,
      cc: listOf(uint),
      inputSpeed: uint,
      outputSpeed: uint,
    }),
    size: struct<WindowSize>({ rows: uint, columns: uint, widthPixels: uint, heightPixels: uint }),
    foregroundGroup: uint,
    session: uint,
    host: derived(() => undefined),
    waiters: derived(() => new WaitQueue()),
    canonical: accessor,
    readTimeoutNs: accessor,
  },
  { roles: [driver], afterLoad: (self) => self.listen() },
);

/** /dev/tty: whatever terminal the machine has (tty(4)). */
export class ControllingTerminal implements Driver {
  terminal: Terminal | undefined = undefined;

  /** @throws SysError ENXIO without a terminal */
  open(inode: Inode, flags: number, location: Location | undefined): TerminalFile {
    if (this.terminal === undefined) throw new SysError(ENXIO);
    return this.terminal.open(inode, flags, location);
  }
}

savable<ControllingTerminal>(
  'tty.ControllingTerminal',
  ControllingTerminal,
  { terminal: opt(ref(() => Terminal)) },
  { roles: [driver] },
);
