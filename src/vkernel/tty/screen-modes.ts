/**
 * What programs have told a terminal by escape sequences that outlasts what they show: the alternate screen, a hidden cursor, reports of
 * the mouse, what keys send (xterm's ctlseqs). Who takes the terminal away from them undoes it; another terminal is told anew.
 */
import { mapOf, str } from '../../ckpt/state/codecs.js';
import { accessor, derived, savable } from '../../ckpt/state/savable.js';

const ESCAPE = 0x1b;
/** A sequence that is longer without an end is none of ours. */
const LONGEST_SEQUENCE = 64;
/** DEC's private modes, and xterm's, that are on from the beginning: lines wrap, the cursor shows. */
const USUALLY_ON: ReadonlySet<number> = new Set([7, 25]);
/** And those that are off: keys, origin, screens, mouse and focus reports, bracketed paste. */
const USUALLY_OFF: ReadonlySet<number> = new Set([
  ...[1, 5, 6, 9, 45, 47, 66, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1015, 1016, 1047, 1049, 2004],
]);
/** What is no ASCII is no part of a sequence. */
const ascii = new TextDecoder('latin1');
const PLAIN_ATTRIBUTES = '\x1b[m';
const WHOLE_SCREEN = '\x1b7\x1b[r\x1b8';

/** Groups: private modes and their end; a scroll region; attributes; modified keys; keypad, or a reset of all; the set of characters. */
const SEQUENCES =
  // eslint-disable-next-line no-control-regex
  /\x1b(?:\[\?([\d;]+)([hl])|\[([\d;]*)r|\[([\d;]*)m|\[>4(?:;(\d))?m|([=>c])|\(([0B]))/g;
// eslint-disable-next-line no-control-regex
const UNFINISHED = /\x1b(?:\[[?>]?[\d;]*|\()?$/;

/** Whoever wants to know of each change. */
export interface ScreenWatcher {
  changed(): void;
}

export class ScreenModes {
  /** What differs from a fresh terminal: the sequence that undoes it, and the one that does it again (none if programs do it anyway). */
  readonly differences = new Map<string, string>();
  /** The beginning of a sequence whose end has not come yet. */
  unfinished = '';
  watcher: ScreenWatcher | undefined = undefined;

  /** Output on its way to the terminal. */
  observe(bytes: Uint8Array): void {
    if (this.unfinished === '' && !bytes.includes(ESCAPE)) return;
    const text = this.unfinished + ascii.decode(bytes);
    const rest = UNFINISHED.exec(text)?.[0] ?? '';
    this.unfinished = rest.length <= LONGEST_SEQUENCE ? rest : '';
    const before = this.undone;
    for (const [, modes, end, region, attributes, keys, single, characters] of text.matchAll(SEQUENCES)) {
      if (modes !== undefined) for (const mode of modes.split(';')) this.setMode(Number(mode), end === 'h');
      else if (region !== undefined) this.note(WHOLE_SCREEN, region === '' ? undefined : '');
      else if (attributes !== undefined)
        this.note(PLAIN_ATTRIBUTES, /^0*$/.test(attributes) ? undefined : '');
      else if (single === 'c') this.differences.clear();
      else if (single !== undefined) this.note('\x1b>', single === '=' ? '\x1b=' : undefined);
      else if (characters !== undefined) this.note('\x1b(B', characters === '0' ? '\x1b(0' : undefined);
      else this.note('\x1b[>4m', (keys ?? '0') === '0' ? undefined : `\x1b[>4;${keys!}m`);
    }
    if (this.undone !== before) this.watcher?.changed();
  }

  private setMode(mode: number, on: boolean): void {
    const sequence = (set: boolean): string => `\x1b[?${mode}${set ? 'h' : 'l'}`;
    if (USUALLY_ON.has(mode)) this.note(sequence(true), on ? undefined : sequence(false));
    else if (USUALLY_OFF.has(mode)) this.note(sequence(false), on ? sequence(true) : undefined);
  }

  private note(undo: string, again: string | undefined): void {
    if (again === undefined) this.differences.delete(undo);
    else this.differences.set(undo, again);
  }

  /** Makes the terminal a fresh one: what came last goes first. */
  get undone(): string {
    return [...this.differences.keys()].reverse().join('');
  }

  /** Makes a fresh terminal this one. */
  get redone(): string {
    return [...this.differences.values()].join('');
  }
}

savable<ScreenModes>('tty.ScreenModes', ScreenModes, {
  differences: mapOf(str, str),
  unfinished: str,
  watcher: derived(() => undefined),
  undone: accessor,
  redone: accessor,
});
