/** The host's terminal while it is the guest's: its mode, and the keys that are not for the guest. */
import type { ReadStream } from 'node:tty';
import { ISIG, VINTR } from '../abi/termios.js';
import { isTerminal, streamOf } from './console.js';
import type { MachineState } from './machine-state.js';
import type { RunOptions } from './options.js';
import { RawMode } from './raw-mode.js';

/** Docker's keys. */
const CONTROL_P = 16;
const CONTROL_Q = 17;

export class HostTerminal {
  readonly #state: () => MachineState;
  readonly #options: RunOptions;
  readonly #mode: RawMode | undefined;
  /** The last key was Ctrl-P. */
  #prefixed = false;

  /** @param state of the machine now: it is another after a rollback */
  constructor(state: () => MachineState, options: RunOptions) {
    this.#state = state;
    this.#options = options;
    if (state().console.line === undefined) return;
    const stdin = streamOf(options.stdin);
    if (!isTerminal(stdin)) return;
    this.#mode = new RawMode((stdin as ReadStream & { readonly fd: number }).fd, () => this.leaveScreen());
  }

  get isRaw(): boolean {
    return this.#mode?.active === true;
  }

  /** It is the guest's from now on, also that of another state than before. */
  claim(): void {
    if (this.#mode === undefined) return;
    const mode = this.#mode;
    mode.enter();
    const line = this.#state().console.line!;
    this.#write(line.enterScreen());
    const tellUndo = (): void => mode.willNeed(line.screen.undone);
    line.screen.watcher = { changed: tellUndo };
    tellUndo();
  }

  /** It has its own settings again, as the guest found it. */
  release(): void {
    this.#mode?.leave();
  }

  /** The screen is that of a fresh terminal, before somebody else writes to it: the shell, or the state that is gone back to. */
  leaveScreen(): void {
    if (this.isRaw) this.#write(this.#state().console.line!.leaveScreen());
  }

  #write(sequences: string): void {
    const { stdout } = this.#options;
    if (sequences !== '' && isTerminal(stdout)) stdout!.write(sequences);
  }

  /** @returns what the guest gets of the keys */
  filter(bytes: Uint8Array): Uint8Array {
    if (this.#mode === undefined) return bytes;
    this.#noticeInterrupt(bytes);
    return this.#options.onDetachKeys === undefined ? bytes : this.#withoutDetachKeys(bytes);
  }

  #noticeInterrupt(bytes: Uint8Array): void {
    const { console, kernel } = this.#state();
    const { discipline } = console.line!.terminal;
    const { lflag, cc } = discipline.termios;
    const key = cc[VINTR]!;
    const isGuests = !discipline.canonical || (lflag & ISIG) === 0 || kernel.processes.size > 1;
    if (isGuests || key === 0) return;
    for (const byte of bytes) if (byte === key) this.#options.onInterruptKey?.();
  }

  /** The guest gets the Ctrl-P at once: shells have a use for it. */
  #withoutDetachKeys(bytes: Uint8Array): Uint8Array {
    const at = this.#prefixed ? 0 : bytes.indexOf(CONTROL_P) + 1;
    const isDetach = (this.#prefixed || at > 0) && bytes[at] === CONTROL_Q;
    this.#prefixed = bytes.at(-1) === CONTROL_P;
    if (!isDetach) return bytes;
    this.#options.onDetachKeys!();
    return Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + 1)]);
  }
}
