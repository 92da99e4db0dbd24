/** What the terminal shows of the keys: bytes that wait to go out before anything else does. */
import { bool, listOf, uint } from '../../ckpt/state/codecs.js';
import { ref } from '../../ckpt/state/references.js';
import { savable } from '../../ckpt/state/savable.js';
import { ECHOCTL, IUTF8 } from '../abi/termios.js';
import {
  BACKSLASH,
  BACKSPACE,
  CARET,
  caretLetter,
  isContinuation,
  isControl,
  SPACE,
  TAB,
} from './characters.js';
import { OutputColumn } from './output-column.js';
import type { Termios } from './termios.js';

/** More than this is not kept: whoever stops the output and goes on typing does not see it. */
const LIMIT = 4096;
const SLASH = 47;

export class Echo {
  readonly column: OutputColumn;
  pending: number[] = [];
  /** Erased characters are being shown between \ and / (ECHOPRT). */
  erasing = false;

  constructor(column: OutputColumn) {
    this.column = column;
  }

  private emit(byte: number): void {
    if (this.pending.length < LIMIT) this.pending.push(byte);
  }

  /** As it is, but for output processing. */
  raw(byte: number, termios: Termios): void {
    this.column.process(byte, termios, (out) => this.emit(out));
  }

  /** With ECHOCTL, control characters but the tab are shown as ^X. */
  character(byte: number, termios: Termios): void {
    if ((termios.lflag & ECHOCTL) === 0 || !isControl(byte) || byte === TAB) {
      this.raw(byte, termios);
      return;
    }
    this.emit(CARET);
    this.emit(caretLetter(byte));
    this.column.column += 2;
  }

  /** A line begins here. */
  startLine(): void {
    this.column.lineStart = this.column.column;
  }

  /** Wipes the last character off the screen. @param line what is before it, since the line began */
  wipe(byte: number, line: readonly number[], termios: Termios): void {
    if (byte === TAB) {
      this.wipeTab(line, termios);
      return;
    }
    const showsControl = (termios.lflag & ECHOCTL) !== 0;
    const columns = !isControl(byte) ? 1 : showsControl ? 2 : 0;
    for (let i = 0; i < columns; i++)
      [BACKSPACE, SPACE, BACKSPACE].forEach((each) => this.raw(each, termios));
  }

  private wipeTab(line: readonly number[], { lflag, iflag }: Termios): void {
    let columns = 0;
    let at = line.length - 1;
    for (; at >= 0 && line[at] !== TAB; at--) {
      const byte = line[at]!;
      if (isControl(byte)) columns += (lflag & ECHOCTL) !== 0 ? 2 : 0;
      else if ((iflag & IUTF8) === 0 || !isContinuation(byte)) columns++;
    }
    this.column.eraseTab(columns, at >= 0, (out) => this.emit(out));
  }

  /** ECHOPRT: shows erased bytes, the first of a character first. */
  print(character: readonly number[], termios: Termios): void {
    if (!this.erasing) {
      this.raw(BACKSLASH, termios);
      this.erasing = true;
    }
    character.forEach((byte, i) => {
      if (i === 0) this.character(byte, termios);
      else this.raw(byte, termios);
    });
  }

  /** ECHOPRT: something else than erasing comes. */
  finishErasing(termios: Termios): void {
    if (!this.erasing) return;
    this.raw(SLASH, termios);
    this.erasing = false;
  }
}

savable<Echo>('tty.Echo', Echo, { column: ref(() => OutputColumn), pending: listOf(uint), erasing: bool });
