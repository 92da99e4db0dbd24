/**
 * A terminal, as programs see it: the slave of a pseudoterminal, or the host's terminal. Between a line discipline and a line to a
 * peer; with a foreground, a session and a window size (tty_ioctl(4), credentials(7)).
 */
import { bool, oneOf, opt, struct, uint } from '../../ckpt/state/codecs.js';
import { ref, refRole } from '../../ckpt/state/references.js';
import { accessor, derived, role, savable } from '../../ckpt/state/savable.js';
import { EAGAIN, EIO, SysError } from '../abi/errno.js';
import { SIGWINCH } from '../abi/signal.js';
import { CREAD, CS8, CSIZE, EXTPROC, IXON, NOFLSH, OPOST, PARENB, VSTART, VSTOP } from '../abi/termios.js';
import {
  TIOCPKT_DOSTOP,
  TIOCPKT_FLUSHREAD,
  TIOCPKT_FLUSHWRITE,
  TIOCPKT_IOCTL,
  TIOCPKT_NOSTOP,
  TIOCPKT_START,
  TIOCPKT_STOP,
} from '../abi/tty.js';
import { WaitQueue } from '../lib/wait-queue.js';
import { ByteQueue } from './byte-queue.js';
import { jobControl, type JobControl } from './job-control.js';
import { LineDiscipline, type LineEvents } from './line-discipline.js';
import { initialTermios, type Termios } from './termios.js';

/** What a line holds on its way in, beside what the line discipline does. */
export const LINE_BYTES = 8192;
/** The most that one byte becomes in output processing: a tab of eight spaces. */
const MOST_EXPANSION = 8;
/** Echoes go out after so many bytes at the latest: their buffer is small. */
const ECHO_EVERY_BYTES = 256;
const CONTROL_S = 19;
const CONTROL_Q = 17;

/** struct winsize (ioctl_tty(2)). */
export interface WindowSize {
  readonly rows: number;
  readonly columns: number;
  readonly widthPixels: number;
  readonly heightPixels: number;
}

const windowSize = struct<WindowSize>({ rows: uint, columns: uint, widthPixels: uint, heightPixels: uint });

/** The other end of a terminal's line. */
export interface TerminalPeer {
  /** It is gone: writing is EIO. */
  readonly gone: boolean;
  /** Bytes that it takes now. */
  readonly room: number;
  /** Takes bytes, no more than there is room for. The array is the peer's from then on. */
  send(bytes: Uint8Array): void;
  /** Output that nobody has read yet is thrown away. */
  flush(): void;
  /** Bytes that were received have been taken off the line. */
  received(): void;
  /** TIOCPKT_* bits, for who wants them. */
  report(bits: number): void;
  /** A program has opened the terminal; none has it open any more. */
  opened(): void;
  closed(): void;
}

export const terminalPeer = role<TerminalPeer>('TerminalPeer');

export class Terminal implements LineEvents {
  readonly jobs: JobControl;
  readonly peer: TerminalPeer;
  /** As st_rdev has it; 0 until it has a name. */
  deviceNumber = 0;
  readonly discipline = new LineDiscipline();
  /** Received, and not taken by the line discipline yet. */
  readonly incoming = new ByteQueue();
  size: WindowSize = { rows: 0, columns: 0, widthPixels: 0, heightPixels: 0 };
  /** The session it controls, and that session's foreground process group: 0 for none. */
  session = 0;
  foregroundGroup = 0;
  stoppedBy: 'key' | 'call' | undefined = undefined;
  /** TIOCEXCL. */
  exclusive = false;
  /** Open descriptions. */
  opens = 0;
  /** How often it was hung up: descriptions that are older than the last time are dead. */
  hangUps = 0;
  /** Woken by either direction. */
  readonly waiters = new WaitQueue();

  constructor(jobs: JobControl, peer: TerminalPeer) {
    this.jobs = jobs;
    this.peer = peer;
  }

  get termios(): Termios {
    return this.discipline.termios;
  }

  // Input.

  /** Bytes that the peer may still send: those beyond would not fit. */
  get incomingRoom(): number {
    return Math.max(0, LINE_BYTES - this.incoming.length);
  }

  /** Bytes from the peer. The array is kept. */
  receive(bytes: Uint8Array): void {
    this.incoming.push(bytes);
    this.pump();
  }

  /** Moves received bytes into the line discipline, as far as it has room. */
  private pump(): void {
    const before = this.incoming.length;
    while (this.incoming.length > 0) {
      const front = this.incoming.front.subarray(0, ECHO_EVERY_BYTES);
      const count = this.discipline.receive(front, this);
      this.showEchoes();
      // A key may have flushed the line meanwhile.
      if (this.incoming.length > 0) this.incoming.skip(count);
      if (count < front.length) break;
    }
    if (this.incoming.length === before) return;
    this.peer.received();
    this.waiters.wakeAll();
  }

  /** @returns bytes read: in canonical mode of one line. The caller has seen to it that there is something to read. */
  read(into: Uint8Array): number {
    const count = this.discipline.read(into);
    this.pump();
    return count;
  }

  // Output.

  get writable(): boolean {
    return this.stoppedBy === undefined && this.discipline.echo.pending.length === 0 && this.peer.room > 0;
  }

  /** @returns bytes taken, or -EAGAIN @throws SysError EIO when the peer is gone */
  write(from: Uint8Array): number {
    if (this.peer.gone) throw new SysError(EIO);
    if (from.length === 0) return 0;
    this.showEchoes();
    if (!this.writable) return -EAGAIN;
    const { room } = this.peer;
    const count = (this.termios.oflag & OPOST) === 0 ? Math.min(room, from.length) : this.process(from, room);
    if ((this.termios.oflag & OPOST) === 0) this.peer.send(from.slice(0, count));
    return count > 0 ? count : -EAGAIN;
  }

  private process(from: Uint8Array, room: number): number {
    const { termios } = this;
    const { column } = this.discipline;
    const out = new Uint8Array(Math.min(room, from.length * MOST_EXPANSION));
    let length = 0;
    let done = 0;
    const emit = (byte: number): void => void (out[length++] = byte);
    while (done < from.length && length + column.widthOf(from[done]!, termios) <= room) {
      column.process(from[done++]!, termios, emit);
    }
    this.peer.send(out.subarray(0, length));
    return done;
  }

  /** Echoes go out before anything that is written after the keys were pressed. */
  private showEchoes(): void {
    const { echo } = this.discipline;
    if (echo.pending.length === 0 || this.stoppedBy !== undefined) return;
    const bytes = echo.pending.splice(0, this.peer.room);
    if (bytes.length > 0) this.peer.send(Uint8Array.from(bytes));
  }

  /** The peer has room again. */
  drained(): void {
    this.showEchoes();
    this.waiters.wakeAll();
  }

  stopOutput(by: 'key' | 'call' = 'key'): void {
    const wasStopped = this.stoppedBy !== undefined;
    if (by === 'call' || !wasStopped) this.stoppedBy = by;
    if (!wasStopped) this.peer.report(TIOCPKT_STOP);
  }

  /** What TCOOFF stopped, only TCOON starts again. */
  startOutput(by: 'key' | 'call' = 'key'): void {
    if (this.stoppedBy === undefined || (this.stoppedBy === 'call' && by === 'key')) return;
    this.stoppedBy = undefined;
    this.peer.report(TIOCPKT_START);
    this.drained();
  }

  /** A character for the peer, past everything that waits (TCIOFF, TCION). */
  sendNow(byte: number): void {
    if (byte !== 0 && this.peer.room > 0) this.peer.send(Uint8Array.of(byte));
  }

  // Flushing.

  flushInput(): void {
    this.discipline.flush();
    this.incoming.clear();
    this.peer.received();
    this.peer.report(TIOCPKT_FLUSHREAD);
  }

  flushOutput(): void {
    this.peer.flush();
    this.peer.report(TIOCPKT_FLUSHWRITE);
    this.waiters.wakeAll();
  }

  signalFromKey(signo: number): void {
    if (this.foregroundGroup !== 0) this.jobs.signalGroup(this.foregroundGroup, signo);
    if ((this.termios.lflag & NOFLSH) !== 0) return;
    this.discipline.echo.pending = [];
    this.flushOutput();
    this.discipline.flush();
    this.peer.report(TIOCPKT_FLUSHREAD);
  }

  // Settings.

  setTermios(wanted: Termios): void {
    const before = this.termios;
    // Of a line without wires, bits and parity are what they are.
    const termios = { ...wanted, cflag: (wanted.cflag & ~(CSIZE | PARENB)) | CS8 | CREAD };
    this.discipline.setTermios(termios);
    const flows = flowControlled(termios);
    if (flows !== flowControlled(before)) this.peer.report(flows ? TIOCPKT_DOSTOP : TIOCPKT_NOSTOP);
    if (((termios.lflag | before.lflag) & EXTPROC) !== 0) this.peer.report(TIOCPKT_IOCTL);
    // Nobody could start what a key has stopped.
    if ((termios.iflag & IXON) === 0 && (before.iflag & IXON) !== 0) this.startOutput();
    this.pump();
    this.waiters.wakeAll();
  }

  /** The size changed: the foreground is told. */
  resize(size: WindowSize): void {
    const { rows, columns, widthPixels, heightPixels } = this.size;
    const same =
      rows === size.rows &&
      columns === size.columns &&
      widthPixels === size.widthPixels &&
      heightPixels === size.heightPixels;
    if (same) return;
    this.size = size;
    this.redraw();
  }

  /** What programs do when the size has changed, they do for a screen that is not theirs any more as well. */
  redraw(): void {
    if (this.foregroundGroup !== 0) this.jobs.signalGroup(this.foregroundGroup, SIGWINCH);
  }

  // Coming and going.

  opened(): void {
    this.opens++;
    this.peer.opened();
  }

  closed(): void {
    if (--this.opens > 0) return;
    this.exclusive = false;
    this.peer.closed();
  }

  /** The line is dead: whoever has the terminal open has nothing any more, and its session is told (vhangup(2), SIGHUP). */
  hangUp(): void {
    this.hangUps++;
    this.discipline.flush();
    this.incoming.clear();
    this.discipline.setTermios(initialTermios());
    this.stoppedBy = undefined;
    this.jobs.sessionHangUp(this);
    this.session = 0;
    this.foregroundGroup = 0;
    this.peer.closed();
    this.waiters.wakeAll();
  }
}

/** The keys ^S and ^Q stop and start: what a remote login's local end wants to know (TIOCPKT_DOSTOP). */
function flowControlled({ iflag, cc }: Termios): boolean {
  return (iflag & IXON) !== 0 && cc[VSTOP] === CONTROL_S && cc[VSTART] === CONTROL_Q;
}

savable<Terminal>('tty.Terminal', Terminal, {
  jobs: refRole(jobControl),
  peer: refRole(terminalPeer),
  deviceNumber: uint,
  discipline: ref(() => LineDiscipline),
  incoming: ref(() => ByteQueue),
  size: windowSize,
  session: uint,
  foregroundGroup: uint,
  stoppedBy: opt(oneOf('key', 'call')),
  exclusive: bool,
  opens: uint,
  hangUps: uint,
  waiters: derived(() => new WaitQueue()),
  termios: accessor,
  incomingRoom: accessor,
  writable: accessor,
});
