/**
 * Writes what tasks do, line by line, in the format of strace 6 with -f.
 *
 * A call is written in two parts: what it was given when it starts, what it gave back when it returns. When another task comes
 * in between, the line is broken off with "<unfinished ...>" and taken up with "<... read resumed>". The tracer only writes: it
 * belongs to this host process, and a resumed machine starts with a new one.
 */
import { signalName, sigInfoText, type ShownSigInfo } from './signals.js';
import { resultText } from './result.js';
import { PeekedMemory, type PeekableMemory, type ShownMemory } from './shown-memory.js';

/** What an argument may look at to print itself. */
export interface TracedCall {
  readonly memory: ShownMemory;
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

/** A task as the tracer sees it. */
export interface TracedTask {
  readonly tid: number;
  readonly memory: PeekableMemory;
}

/** How a task ended: `signal` is 0 for an exit. */
export interface TracedEnd {
  readonly code: number;
  readonly signal: number;
  readonly coreDumped: boolean;
}

export class Tracer {
  readonly #write: (text: string) => void;
  readonly #tasks = new Set<number>();
  /** The calls that tasks are in. */
  readonly #calls = new Map<number, string>();
  /** The task whose line is not ended yet, and what of the line was not written yet. */
  #open: number | undefined;
  #pending = '';
  #column = 0;

  /** @param write is given whole lines, and the beginnings of lines of calls that wait */
  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  /**
   * A task enters a call.
   * @param resumes the name of the call that a restart_syscall goes on with
   */
  enter(task: TracedTask, call: TracedDeclaration, words: readonly bigint[], resumes?: string): void {
    this.#begin(task.tid);
    this.#open = task.tid;
    this.#calls.set(task.tid, call.name);
    if (resumes !== undefined) {
      this.#put(`${call.name}(<... resuming interrupted ${resumes} ...>`);
      return;
    }
    const early = argumentsAtEntry(call);
    const shown = { memory: new PeekedMemory(task.memory), words, result: undefined };
    this.#put(`${call.name}(${argumentsText(call, 0, early, shown)}`);
    if (early > 0 && early < call.args.length) this.#put(', ');
  }

  /** The call the task has entered waits: shows it as far as it is known. */
  waiting(task: TracedTask): void {
    if (this.#open === task.tid) this.#flush();
  }

  /** A task's call returns: `result` is a value, -errno, an -ERESTART, or undefined for a call that ends the task. */
  exit(
    task: TracedTask,
    call: TracedDeclaration,
    words: readonly bigint[],
    result: number | undefined,
  ): void {
    this.#resume(task.tid, call.name);
    const shown = { memory: new PeekedMemory(task.memory), words, result };
    const early = argumentsAtEntry(call);
    const { showResult } = call;
    this.#put(argumentsText(call, early, call.args.length, shown));
    this.#result(task.tid, resultText(result, showResult && ((value) => showResult(value, shown))));
  }

  /** A signal is delivered to a task. */
  signal(task: TracedTask, info: ShownSigInfo): void {
    this.#line(task.tid, `--- ${signalName(info.signo)} ${sigInfoText(info)} ---`);
  }

  /** A stop signal has stopped the task. */
  stopped(task: TracedTask, signo: number): void {
    this.#line(task.tid, `--- stopped by ${signalName(signo)} ---`);
  }

  /** The task is gone; a call it was in never returns. */
  ended(task: TracedTask, { code, signal, coreDumped }: TracedEnd): void {
    const { tid } = task;
    const call = this.#calls.get(tid);
    if (call !== undefined) {
      this.#resume(tid, call);
      this.#result(tid, '?');
    }
    const how =
      signal === 0
        ? `exited with ${code}`
        : `killed by ${signalName(signal)}${coreDumped ? ' (core dumped)' : ''}`;
    this.#line(tid, `+++ ${how} +++`);
    this.#tasks.delete(tid);
  }

  /** Goes on with the line of the task's call, in a new line if another's came in between. */
  #resume(tid: number, name: string): void {
    if (this.#open === tid) return;
    this.#begin(tid);
    this.#put(`<... ${name} resumed>`);
  }

  #result(tid: number, text: string): void {
    this.#put(')');
    this.#put(`${' '.repeat(Math.max(RESULT_COLUMN - this.#column, 1))}= ${text}`);
    this.#calls.delete(tid);
    this.#end();
  }

  #line(tid: number, text: string): void {
    this.#begin(tid);
    this.#put(text);
    this.#end();
  }

  /** Starts a line about a task. While there are several tasks, lines say which one they are about. */
  #begin(tid: number): void {
    if (this.#open !== undefined) {
      this.#put(' <unfinished ...>');
      this.#end();
    }
    if (!this.#tasks.has(tid)) {
      this.#tasks.add(tid);
      if (this.#tasks.size > 1) this.#write(`strace: Process ${tid} attached\n`);
    }
    if (this.#tasks.size > 1) this.#put(`[pid ${String(tid).padStart(5)}] `);
  }

  #put(text: string): void {
    this.#column += text.length;
    this.#pending += text;
  }

  #end(): void {
    this.#put('\n');
    this.#flush();
    this.#column = 0;
    this.#open = undefined;
  }

  #flush(): void {
    if (this.#pending !== '') this.#write(this.#pending);
    this.#pending = '';
  }
}

/** The arguments from `first` up to `end`. One that prints as nothing is not there (the mode of an open that creates nothing). */
function argumentsText(declaration: TracedDeclaration, first: number, end: number, call: TracedCall): string {
  return declaration.args
    .slice(first, end)
    .map((argument, i) => argument.show(call.words[first + i]!, call))
    .filter((text) => text !== '')
    .join(', ');
}

/** Arguments are printed in order: those behind the first that the call fills have to wait with it. */
function argumentsAtEntry(call: TracedDeclaration): number {
  const first = call.args.findIndex((argument) => argument.atExit === true);
  return first < 0 ? call.args.length : first;
}
