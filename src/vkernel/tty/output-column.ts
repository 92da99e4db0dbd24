/** Output processing: what OPOST and its flags make of a byte, and the column of the cursor, which tabs and erasing depend on. */
import { uint } from '../../ckpt/state/codecs.js';
import { savable } from '../../ckpt/state/savable.js';
import { IUTF8, OCRNL, OLCUC, ONLCR, ONLRET, ONOCR, OPOST, TABDLY, XTABS } from '../abi/termios.js';
import { BACKSPACE, isContinuation, isControl, NEWLINE, RETURN, SPACE, TAB, toUpper } from './characters.js';
import type { Termios } from './termios.js';

const TAB_STOP = 8;

/** Takes what goes out on the line. */
export type Emit = (byte: number) => void;

export class OutputColumn {
  column = 0;
  /** Where the line that is being typed began. */
  lineStart = 0;

  /** How many bytes `process` would emit at most. */
  widthOf(byte: number, { oflag }: Termios): number {
    if (byte === NEWLINE) return (oflag & ONLCR) !== 0 ? 2 : 1;
    return byte === TAB && (oflag & TABDLY) === XTABS ? TAB_STOP - (this.column % TAB_STOP) : 1;
  }

  /** One byte of output (termios(3), c_oflag). */
  process(byte: number, termios: Termios, emit: Emit): void {
    const { oflag } = termios;
    if ((oflag & OPOST) === 0) {
      emit(byte);
      return;
    }
    switch (byte) {
      case NEWLINE:
        this.newline(oflag, emit);
        return;
      case RETURN:
        this.carriageReturn(oflag, emit);
        return;
      case TAB:
        this.tab(oflag, emit);
        return;
      case BACKSPACE:
        this.back();
        emit(byte);
        return;
    }
    if (isControl(byte)) {
      emit(byte);
      return;
    }
    if ((termios.iflag & IUTF8) === 0 || !isContinuation(byte)) this.column++;
    emit((oflag & OLCUC) !== 0 ? toUpper(byte) : byte);
  }

  private newline(oflag: number, emit: Emit): void {
    if ((oflag & ONLRET) !== 0) this.column = 0;
    if ((oflag & ONLCR) !== 0) {
      this.column = 0;
      emit(RETURN);
    }
    this.lineStart = this.column;
    emit(NEWLINE);
  }

  private carriageReturn(oflag: number, emit: Emit): void {
    if ((oflag & ONOCR) !== 0 && this.column === 0) return;
    if ((oflag & OCRNL) === 0) {
      this.column = this.lineStart = 0;
      emit(RETURN);
      return;
    }
    if ((oflag & ONLRET) !== 0) this.column = this.lineStart = 0;
    emit(NEWLINE);
  }

  private tab(oflag: number, emit: Emit): void {
    const width = TAB_STOP - (this.column % TAB_STOP);
    this.column += width;
    if ((oflag & TABDLY) !== XTABS) emit(TAB);
    else for (let i = 0; i < width; i++) emit(SPACE);
  }

  /** The cursor goes back by one. */
  back(): void {
    if (this.column > 0) this.column--;
  }

  /**
   * Moves the cursor back over a tab.
   * @param columns that the characters since the last tab take, or since the start of the line that is being typed
   */
  eraseTab(columns: number, afterTab: boolean, emit: Emit): void {
    const before = columns + (afterTab ? 0 : this.lineStart);
    for (let left = TAB_STOP - (before % TAB_STOP); left > 0; left--) {
      this.back();
      emit(BACKSPACE);
    }
  }
}

savable<OutputColumn>('tty.OutputColumn', OutputColumn, { column: uint, lineStart: uint });
