/**
 * Writes what tasks do, line by line, in the format of strace 6 with -f.
 *
 * A call is written in two parts: what it was given when it starts, what it gave back when it returns. When another task comes
 * in between, the line is broken off with "<unfinished ...>" and taken up with "<... read resumed>". The tracer only writes: it
 * belongs to this host process, and a resumed machine starts with a new one.
 */
import type { UserMemory } from '../mm/user-memory.js';
import { signalName, sigInfoText, type ShownSigInfo } from './signals.js';
import { resultText } from './result.js';

/** What an argument may look at to print itself. */
export interface TracedCall {
  readonly memory: UserMemory;
  /** The six argument words. */
  readonly words: readonly bigint[];
  /** Undefined before the call returns, and for calls that never do. */
  readonly result: number | undefined;
}

/** What the tracer needs of a system call's declaration. */
export interface TracedDeclaration {
  readonly name: string;
  readonly args: readonly {
    readonly show: (word: bigint, call: TracedCall) => string;
    readonly atExit?: boolean;
  }[];
  readonly showResult: ((result: number, call: TracedCall) => string) | undefined;
}

/** strace's -a: the column in which results start. */
const RESULT_COLUMN = 40;

const hexWord = { show: (word: bigint) => (word === 0n ? '0' : `0x${word.toString(16)}`) };

/** The declaration of a call the kernel does not have: six words. @param name as syscallName gives it */
export function unknownCall(name: string): TracedDeclaration {
  return { name, args: Array.from({ length: 6 }, () => hexWord), showResult: undefined };
}

export class Tracer {
  readonly #write: (text: string) => void;
  readonly #tasks = new Set<number>();
  /** The task whose line is not ended yet. */
  #open: number | undefined;
  #column = 0;
  /** Lines that wait until the open one is ended. */
  #notices: string[] = [];

  /** @param write is given pieces of lines, in order */
  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  /** A task exists from now on. While there are several, lines say which one they are about. */
  started(tid: number): void {
    this.#tasks.add(tid);
    if (this.#tasks.size > 1) this.#notice(`strace: Process ${tid} attached\n`);
  }

  /**
   * A task enters a call.
   * @param resumes the name of the call that a restart_syscall goes on with
   */
  enter(
    tid: number,
    call: TracedDeclaration,
    words: readonly bigint[],
    memory: UserMemory,
    resumes?: string,
  ): void {
    this.#breakOff();
    this.#begin(tid);
    this.#open = tid;
    if (resumes !== undefined) {
      this.#put(`${call.name}(<... resuming interrupted ${resumes} ...>`);
      return;
    }
    const early = this.#argumentsAtEntry(call);
    const shown = { memory, words, result: undefined };
    this.#put(
      `${call.name}(${call.args
        .slice(0, early)
        .map((a, i) => a.show(words[i]!, shown))
        .join(', ')}`,
    );
    if (early > 0 && early < call.args.length) this.#put(', ');
  }

  /** A task's call returns: `result` is a value, -errno, an -ERESTART, or undefined for a call that ends the task. */
  exit(
    tid: number,
    call: TracedDeclaration,
    words: readonly bigint[],
    memory: UserMemory,
    result: number | undefined,
  ): void {
    if (this.#open !== tid) {
      this.#breakOff();
      this.#begin(tid);
      this.#put(`<... ${call.name} resumed>`);
    }
    const shown = { memory, words, result };
    const early = this.#argumentsAtEntry(call);
    const late = call.args.slice(early).map((a, i) => a.show(words[early + i]!, shown));
    const { showResult } = call;
    const text = resultText(result, showResult && ((value) => showResult(value, shown)));
    this.#put(`${late.join(', ')})`);
    this.#put(`${' '.repeat(Math.max(RESULT_COLUMN - this.#column, 1))}= ${text}`);
    this.#end();
  }

  /** A signal is delivered to a task. */
  signal(tid: number, info: ShownSigInfo): void {
    this.#line(tid, `--- ${signalName(info.signo)} ${sigInfoText(info)} ---`);
  }

  /** A stop signal has stopped the task. */
  stopped(tid: number, signo: number): void {
    this.#line(tid, `--- stopped by ${signalName(signo)} ---`);
  }

  exited(tid: number, code: number): void {
    this.#line(tid, `+++ exited with ${code} +++`);
    this.#tasks.delete(tid);
  }

  killed(tid: number, signo: number, coreDumped: boolean): void {
    this.#line(tid, `+++ killed by ${signalName(signo)}${coreDumped ? ' (core dumped)' : ''} +++`);
    this.#tasks.delete(tid);
  }

  /** Arguments are printed in order: those behind the first that the call fills have to wait with it. */
  #argumentsAtEntry(call: TracedDeclaration): number {
    const first = call.args.findIndex((argument) => argument.atExit === true);
    return first < 0 ? call.args.length : first;
  }

  #line(tid: number, text: string): void {
    this.#breakOff();
    this.#begin(tid);
    this.#put(text);
    this.#end();
  }

  #begin(tid: number): void {
    if (this.#tasks.size > 1) this.#put(`[pid ${String(tid).padStart(5)}] `);
  }

  #put(text: string): void {
    this.#column += text.length;
    this.#write(text);
  }

  #end(): void {
    this.#write('\n');
    this.#column = 0;
    this.#open = undefined;
    for (const notice of this.#notices.splice(0)) this.#write(notice);
  }

  #breakOff(): void {
    if (this.#open === undefined) return;
    this.#put(' <unfinished ...>');
    this.#end();
  }

  #notice(text: string): void {
    if (this.#open === undefined) this.#write(text);
    else this.#notices.push(text);
  }
}
