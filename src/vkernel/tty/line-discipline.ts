/**
 * The line discipline, N_TTY of Linux: from keys to what read(2) gives (termios(3)). Plain data and logic; what keys do outside of it,
 * signals and starting and stopping the output, are `LineEvents`, which the terminal hands in.
 */
import { bool, listOf, uint } from '../../ckpt/state/codecs.js';
import { ref } from '../../ckpt/state/references.js';
import { accessor, savable } from '../../ckpt/state/savable.js';
import { SIGINT, SIGQUIT, SIGTSTP } from '../abi/signal.js';
import {
  ECHO,
  ECHOCTL,
  ECHOE,
  ECHOK,
  ECHOKE,
  ECHONL,
  ECHOPRT,
  ICANON,
  ICRNL,
  IEXTEN,
  IGNCR,
  INLCR,
  ISIG,
  ISTRIP,
  IUCLC,
  IUTF8,
  IXANY,
  IXON,
  VEOF,
  VEOL,
  VEOL2,
  VERASE,
  VINTR,
  VKILL,
  VLNEXT,
  VQUIT,
  VREPRINT,
  VSTART,
  VSTOP,
  VSUSP,
  VWERASE,
} from '../abi/termios.js';
import { BACKSPACE, CARET, isContinuation, isWordCharacter, NEWLINE, RETURN, toLower } from './characters.js';
import { Echo } from './echo.js';
import { OutputColumn } from './output-column.js';
import { initialTermios, termiosCodec, type Termios } from './termios.js';

/** N_TTY_BUF_SIZE. */
const BUFFER_BYTES = 4096;
const BYTE = 0xff;
/** Marks beside a byte of `held`: a line ends with it; it ends a line and is not part of it (VEOF). */
const ENDS_LINE = 0x100;
const IS_END_OF_FILE = 0x200;

export interface LineEvents {
  /** By a key or by TCOOFF; undefined while output flows. */
  readonly stoppedBy: 'key' | 'call' | undefined;
  stopOutput(): void;
  startOutput(): void;
  /** A key asks for a signal to the foreground; unread input and output are to be flushed unless NOFLSH is set. */
  signalFromKey(signo: number): void;
}

export class LineDiscipline {
  termios: Termios = initialTermios();
  /** What can be read: in canonical mode whole lines alone. Bytes, with the marks above. */
  held: number[] = [];
  /** The line that is being typed; empty outside of canonical mode. */
  line: number[] = [];
  /** The next character is taken as it is (VLNEXT). */
  literal = false;
  readonly column: OutputColumn = new OutputColumn();
  readonly echo: Echo = new Echo(this.column);

  get canonical(): boolean {
    return (this.termios.lflag & ICANON) !== 0;
  }

  /** What FIONREAD tells. */
  get readableBytes(): number {
    if (!this.canonical) return this.held.length;
    let count = 0;
    for (const entry of this.held) if ((entry & IS_END_OF_FILE) === 0) count++;
    return count;
  }

  /** Takes bytes from the line. @returns how many: fewer than all when there is no room */
  receive(bytes: Uint8Array, events: LineEvents): number {
    let done = 0;
    while (done < bytes.length && this.makeRoom()) this.take(bytes[done++]!, events);
    return done;
  }

  /** A line that nobody can end in time must still be ended: its last character makes room for the next. */
  private makeRoom(): boolean {
    const room = BUFFER_BYTES - 1 - this.held.length - this.line.length;
    if (room > 0) return true;
    if (!this.canonical || this.held.length > 0) return false;
    if (room < 0) this.line.pop();
    return true;
  }

  /** In canonical mode up to the end of one line. @returns how many bytes; 0 also for an end of file */
  read(into: Uint8Array): number {
    return this.canonical ? this.readLine(into) : this.readRaw(into);
  }

  private readRaw(into: Uint8Array): number {
    const count = Math.min(into.length, this.held.length);
    for (let i = 0; i < count; i++) into[i] = this.held[i]! & BYTE;
    this.held.splice(0, count);
    return count;
  }

  private readLine(into: Uint8Array): number {
    let done = 0;
    let ended = false;
    while (done < into.length && done < this.held.length && !ended) {
      const entry = this.held[done]!;
      if ((entry & IS_END_OF_FILE) !== 0) break;
      into[done++] = entry & BYTE;
      ended = (entry & ENDS_LINE) !== 0;
    }
    // An end of file right behind the last byte that fitted must not end the next read, too.
    const endsFile = !ended && into.length > 0 && (this.held[done]! & IS_END_OF_FILE) !== 0;
    this.held.splice(0, endsFile ? done + 1 : done);
    return done;
  }

  /** Unread input is thrown away. */
  flush(): void {
    this.held = [];
    this.line = [];
    this.literal = false;
    this.echo.erasing = false;
  }

  /** Typed bytes keep their order when canonical mode comes or goes; what was readable stays so. */
  setTermios(termios: Termios): void {
    const flips = ((this.termios.lflag ^ termios.lflag) & ICANON) !== 0;
    this.termios = termios;
    if (!flips) return;
    this.held = [...this.held, ...this.line].map((entry) => entry & BYTE);
    this.line = [];
    if (this.canonical && this.held.length > 0) this.held[this.held.length - 1]! |= ENDS_LINE;
    this.literal = false;
    this.echo.erasing = false;
  }

  /** A control character of 0 is none (_POSIX_VDISABLE). */
  private is(byte: number, index: number): boolean {
    return byte !== 0 && byte === this.termios.cc[index];
  }

  private take(received: number, events: LineEvents): void {
    const { iflag, lflag } = this.termios;
    let byte = (iflag & ISTRIP) !== 0 ? received & 0x7f : received;
    if ((iflag & IUCLC) !== 0 && (lflag & IEXTEN) !== 0) byte = toLower(byte);
    if (this.literal) {
      this.literal = false;
      this.store(byte);
      return;
    }
    if ((iflag & IXON) !== 0 && this.controlFlow(byte, events)) return;
    if ((lflag & ISIG) !== 0 && this.signal(byte, events)) return;
    if (events.stoppedBy === 'key' && (iflag & IXON) !== 0 && (iflag & IXANY) !== 0) events.startOutput();
    if (byte === RETURN) {
      if ((iflag & IGNCR) !== 0) return;
      if ((iflag & ICRNL) !== 0) return this.translated(NEWLINE);
    } else if (byte === NEWLINE && (iflag & INLCR) !== 0) return this.translated(RETURN);
    if (this.canonical && this.edit(byte)) return;
    this.store(byte);
  }

  private controlFlow(byte: number, events: LineEvents): boolean {
    if (this.is(byte, VSTART)) events.startOutput();
    else if (this.is(byte, VSTOP)) events.stopOutput();
    else return false;
    return true;
  }

  private signal(byte: number, events: LineEvents): boolean {
    const signo = this.is(byte, VINTR)
      ? SIGINT
      : this.is(byte, VQUIT)
        ? SIGQUIT
        : this.is(byte, VSUSP)
          ? SIGTSTP
          : undefined;
    if (signo === undefined) return false;
    events.signalFromKey(signo);
    if ((this.termios.iflag & IXON) !== 0) events.startOutput();
    if (this.echoes) this.echo.character(byte, this.termios);
    return true;
  }

  private get echoes(): boolean {
    return (this.termios.lflag & ECHO) !== 0;
  }

  /** INLCR and ICRNL: outside of canonical mode a newline that was made of a return is echoed as one. */
  private translated(byte: number): void {
    if (this.canonical && this.edit(byte)) return;
    if (this.echoes && byte === NEWLINE) {
      this.echo.finishErasing(this.termios);
      this.echo.raw(NEWLINE, this.termios);
      this.held.push(byte);
    } else this.store(byte);
  }

  /** An ordinary character. */
  private store(byte: number): void {
    if (this.echoes) {
      this.echo.finishErasing(this.termios);
      if (this.line.length === 0) this.echo.startLine();
      this.echo.character(byte, this.termios);
    }
    if (this.canonical) this.line.push(byte);
    else this.held.push(byte);
  }

  /** Keys with a meaning in canonical mode. @returns false for all others */
  private edit(byte: number): boolean {
    const { termios } = this;
    const extended = (termios.lflag & IEXTEN) !== 0;
    if (this.is(byte, VERASE)) this.erase(false);
    else if (this.is(byte, VKILL)) this.kill();
    else if (extended && this.is(byte, VWERASE)) this.erase(true);
    else if (extended && this.is(byte, VLNEXT)) this.nextIsLiteral();
    else if (extended && this.echoes && this.is(byte, VREPRINT)) this.reprint(byte);
    else if (byte === NEWLINE) {
      if ((termios.lflag & (ECHO | ECHONL)) !== 0) this.echo.raw(NEWLINE, termios);
      this.endLine(NEWLINE | ENDS_LINE);
    } else if (this.is(byte, VEOF)) this.endLine(IS_END_OF_FILE);
    else if (this.is(byte, VEOL) || (extended && this.is(byte, VEOL2))) {
      if (this.echoes) {
        if (this.line.length === 0) this.echo.startLine();
        this.echo.character(byte, termios);
      }
      this.endLine(byte | ENDS_LINE);
    } else return false;
    return true;
  }

  private endLine(last: number): void {
    this.held.push(...this.line, last);
    this.line = [];
  }

  private nextIsLiteral(): void {
    this.literal = true;
    if (!this.echoes) return;
    this.echo.finishErasing(this.termios);
    if ((this.termios.lflag & ECHOCTL) === 0) return;
    this.echo.raw(CARET, this.termios);
    this.echo.raw(BACKSPACE, this.termios);
  }

  private reprint(byte: number): void {
    this.echo.finishErasing(this.termios);
    this.echo.character(byte, this.termios);
    this.echo.raw(NEWLINE, this.termios);
    for (const typed of this.line) this.echo.character(typed, this.termios);
  }

  /** VERASE takes the last character, VWERASE the last word and what is behind it. */
  private erase(word: boolean): void {
    let inWord = false;
    while (this.line.length > 0) {
      const character = this.lastCharacter();
      if (character === undefined) break;
      const [first] = character;
      if (word) {
        if (isWordCharacter(first!)) inWord = true;
        else if (inWord) break;
      }
      this.line.length -= character.length;
      this.showErased(character, !word);
      if (!word) break;
    }
    if (this.line.length === 0 && this.echoes) this.echo.finishErasing(this.termios);
  }

  /** VKILL: the whole line, wiped if the terminal can (ECHOKE with ECHOK and ECHOE). */
  private kill(): void {
    const { termios } = this;
    const wipes = ECHOK | ECHOKE | ECHOE;
    if (this.line.length === 0) return;
    if (this.echoes && (termios.lflag & wipes) === wipes) {
      for (let last = this.lastCharacter(); last !== undefined; last = this.lastCharacter()) {
        this.line.length -= last.length;
        this.showErased(last, false);
      }
      if (this.line.length === 0) this.echo.finishErasing(termios);
      return;
    }
    this.line = [];
    if (!this.echoes) return;
    this.echo.finishErasing(termios);
    this.echo.character(termios.cc[VKILL]!, termios);
    if ((termios.lflag & ECHOK) !== 0) this.echo.raw(NEWLINE, termios);
  }

  /** The bytes of the last character; undefined when there is none, or only the rest of one. */
  private lastCharacter(): number[] | undefined {
    let at = this.line.length - 1;
    if ((this.termios.iflag & IUTF8) !== 0) while (at > 0 && isContinuation(this.line[at]!)) at--;
    if (at < 0) return undefined;
    if ((this.termios.iflag & IUTF8) !== 0 && isContinuation(this.line[at]!)) return undefined;
    return this.line.slice(at);
  }

  /** @param single one character was erased by VERASE, which without ECHOE is only shown itself */
  private showErased(character: readonly number[], single: boolean): void {
    const { termios, echo } = this;
    if (!this.echoes) return;
    if ((termios.lflag & ECHOPRT) !== 0) echo.print(character, termios);
    else if (single && (termios.lflag & ECHOE) === 0) echo.character(termios.cc[VERASE]!, termios);
    else echo.wipe(character[0]!, this.line, termios);
  }
}

savable<LineDiscipline>('tty.LineDiscipline', LineDiscipline, {
  termios: termiosCodec,
  held: listOf(uint),
  line: listOf(uint),
  literal: bool,
  column: ref(() => OutputColumn),
  echo: ref(() => Echo),
  canonical: accessor,
  readableBytes: accessor,
});
