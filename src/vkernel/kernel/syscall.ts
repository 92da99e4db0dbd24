/**
 * One declaration per system call: it decodes the registers, types the handler's arguments, tells strace how to print, and fills
 * the coverage table of docs/syscalls.md.
 */
import { R10, R8, R9, RDI, RDX, RSI } from '../arch/registers.js';
import { SYSCALL_NUMBERS, type SyscallName } from '../abi/syscall-numbers.js';
import type { ShownMemory } from '../strace/shown-memory.js';
import type { Task } from './task.js';
import type { Wait } from './wait.js';

/** What strace knows of a call when it prints an argument: the raw argument words and the result. */
export interface ShownCall {
  readonly memory: ShownMemory;
  readonly words: readonly bigint[];
  /** The result; undefined for a call that does not return (exit) or has not yet. Negative: -errno. */
  readonly result: number | undefined;
}

/** How one argument is read from its register and printed. Instances are shared constants. */
export interface Argument<V> {
  readonly decode: (task: Task, slot: number) => V;
  readonly show: (word: bigint, call: ShownCall) => string;
  /** The call fills what the argument points to: strace prints it, and what follows it, when the call returns. */
  readonly atExit?: boolean;
}

/** A result: a number (never above 2^53; negative from -4095 is -errno), or what the call waits for. */
export type Result = number | Wait;

export interface SyscallDeclaration {
  readonly name: SyscallName;
  readonly number: number;
  readonly args: readonly Argument<unknown>[];
  /** What Linux does here that vkernel does not, for docs/syscalls.md; undefined when nothing is known to be missing. */
  readonly missing: string | undefined;
  /** How strace prints the result, "0x..." for addresses; decimal when undefined. */
  readonly showResult: ((result: number, call: ShownCall) => string) | undefined;
  readonly run: (task: Task) => Result;
}

const SLOTS = [RDI, RSI, RDX, R10, R8, R9] as const;

type Decoded<A extends readonly Argument<unknown>[]> = {
  -readonly [I in keyof A]: A[I] extends Argument<infer V> ? V : never;
};

/** The decoders are unrolled by number of arguments: no array is made on the way to a handler. */
function runner<A extends readonly Argument<unknown>[]>(
  args: A,
  handler: (task: Task, ...values: Decoded<A>) => Result,
): (task: Task) => Result {
  const call = handler as (task: Task, ...values: unknown[]) => Result;
  const [a, b, c, d, e, f] = args.map((argument) => argument.decode);
  const [s0, s1, s2, s3, s4, s5] = SLOTS;
  if (!a) return (t) => call(t);
  if (!b) return (t) => call(t, a(t, s0));
  if (!c) return (t) => call(t, a(t, s0), b(t, s1));
  if (!d) return (t) => call(t, a(t, s0), b(t, s1), c(t, s2));
  if (!e) return (t) => call(t, a(t, s0), b(t, s1), c(t, s2), d(t, s3));
  if (!f) return (t) => call(t, a(t, s0), b(t, s1), c(t, s2), d(t, s3), e(t, s4));
  return (t) => call(t, a(t, s0), b(t, s1), c(t, s2), d(t, s3), e(t, s4), f(t, s5));
}

/** Declares a system call. The handler's parameters have the types its arguments decode to. */
export function syscall<const A extends readonly Argument<unknown>[]>(
  name: SyscallName,
  args: A,
  handler: (task: Task, ...values: Decoded<A>) => Result,
  options: {
    missing?: string;
    showResult?: (result: number, call: ShownCall) => string;
  } = {},
): SyscallDeclaration {
  return {
    name,
    number: SYSCALL_NUMBERS[name],
    args,
    missing: options.missing,
    showResult: options.showResult,
    run: runner(args, handler),
  };
}
