/** The line to the host's terminal, which is in raw mode: the machine's own end of its console. */
import { bool } from '../../ckpt/state/codecs.js';
import { ref } from '../../ckpt/state/references.js';
import { accessor, derived, savable } from '../../ckpt/state/savable.js';
import { ENXIO, SysError } from '../abi/errno.js';
import { IUTF8, VEOF } from '../abi/termios.js';
import type { Inode } from '../vfs/inode.js';
import type { Location } from '../vfs/location.js';
import { driver, type Driver } from '../vfs/special-files.js';
import { ByteQueue } from './byte-queue.js';
import type { InputFlow } from './host-input.js';
import { HostOutput } from './host-output.js';
import type { JobControl } from './job-control.js';
import { ScreenModes } from './screen-modes.js';
import { TerminalFile } from './terminal-file.js';
import { LINE_BYTES, Terminal, terminalPeer, type TerminalPeer } from './terminal.js';

/** What may wait for a slow host before programs wait. */
const UNSENT_BYTES = 65536;

export class HostLine implements TerminalPeer, Driver {
  readonly terminal: Terminal;
  readonly output: HostOutput;
  /** Taken, and not by the host yet. */
  readonly unsent = new ByteQueue();
  /** Of what the host took. */
  readonly screen = new ScreenModes();
  /** The host's terminal does not show what programs believe. */
  isAway = false;
  gone = false;
  flow: InputFlow | undefined = undefined;
  paused = false;

  constructor(jobs: JobControl, output: HostOutput) {
    this.output = output;
    this.terminal = new Terminal(jobs, this);
    const { termios } = this.terminal;
    this.terminal.discipline.termios = { ...termios, iflag: termios.iflag | IUTF8 };
    this.listen();
  }

  /** Connects the host's keyboard, again after a resume. */
  attach(flow: InputFlow): void {
    this.flow = flow;
    this.paused = false;
    flow.resume();
    this.received();
  }

  /** Somebody else gets the host's terminal. @returns what makes that a fresh one */
  leaveScreen(): string {
    if (this.isAway) return '';
    this.isAway = true;
    return this.screen.undone;
  }

  /** The host's terminal is there (again): whoever has the foreground draws it anew. @returns what prepares it for that */
  enterScreen(): string {
    if (!this.isAway) return '';
    this.isAway = false;
    this.terminal.redraw();
    return this.screen.redone;
  }

  /** Keys. More than the line holds makes the host wait. */
  deliver(bytes: Uint8Array): void {
    this.terminal.receive(bytes);
    if (this.paused || this.terminal.incomingRoom > 0) return;
    this.paused = true;
    this.flow?.pause();
  }

  /** The host's stream ended, and is no terminal: the guest reads an end of file. */
  endInput(): void {
    const end = this.terminal.termios.cc[VEOF]!;
    if (end !== 0) this.terminal.receive(Uint8Array.of(end));
  }

  /** The host's terminal is gone. */
  hangUp(): void {
    if (this.gone) return;
    this.gone = true;
    this.terminal.hangUp();
  }

  get room(): number {
    return Math.max(0, UNSENT_BYTES - this.unsent.length);
  }

  send(bytes: Uint8Array): void {
    this.unsent.push(bytes);
    this.drain();
  }

  private drain(): void {
    const { unsent, output } = this;
    if (output.broken) unsent.clear();
    while (unsent.length > 0) {
      const count = output.write(unsent.front);
      if (count < 0) return;
      this.screen.observe(unsent.front.subarray(0, count));
      unsent.skip(count);
    }
  }

  flush(): void {
    this.unsent.clear();
  }

  received(): void {
    if (!this.paused || this.terminal.incoming.length > LINE_BYTES / 2) return;
    this.paused = false;
    this.flow?.resume();
  }

  report(): void {
    // The host's terminal is in raw mode, and has nothing to know.
  }
  opened(): void {}
  closed(): void {}

  /** /dev/console. @throws SysError ENXIO when the host's terminal is gone */
  open(inode: Inode, flags: number, location: Location | undefined): TerminalFile {
    if (this.gone) throw new SysError(ENXIO);
    return new TerminalFile(inode, this.terminal, flags, location);
  }

  /** The host takes more: what waits goes first, then programs that wait may write. */
  listen(): void {
    this.output.waiters.add({
      wake: () => {
        this.drain();
        this.terminal.drained();
      },
    });
  }
}

savable<HostLine>(
  'tty.HostLine',
  HostLine,
  {
    terminal: ref(() => Terminal),
    output: ref(() => HostOutput),
    unsent: ref(() => ByteQueue),
    screen: ref(() => ScreenModes),
    isAway: derived(() => true),
    gone: bool,
    flow: derived(() => undefined),
    paused: derived(() => false),
    room: accessor,
  },
  { roles: [terminalPeer, driver], afterLoad: (self) => self.listen() },
);
