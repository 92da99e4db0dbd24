/** Which system call to stop before, as people write it: "execve", "openat(path=/etc/*)", "write(fd=1, arg3=4096)". */
import { RAX } from '../arch/registers.js';
import { argumentWords } from '../kernel/dispatch.js';
import type { CallTrap } from '../kernel/kernel.js';
import type { Argument, SyscallDeclaration } from '../kernel/syscall.js';
import type { Task } from '../kernel/task.js';
import { quote } from '../strace/quote.js';
import { PeekedMemory } from '../strace/shown-memory.js';
import { dirfd, fd, optionalPath, path, signal } from './arguments.js';
import { SYSCALLS } from './table.js';

/** What is not understood, in a sentence. */
export class CallPatternError extends Error {
  override readonly name = 'CallPatternError';
}

const FORM = /^(\w+)(?:\((.*)\))?$/s;
const CONDITION = /^\s*(\w+)\s*=\s*(.*?)\s*$/s;
const LONGEST_PATH = 4096;
/** Arguments by what they are; all others have a number only. */
const KINDS: Readonly<Record<string, readonly Argument<unknown>[]>> = {
  path: [path, optionalPath],
  fd: [fd, dirfd],
  signal: [signal],
};

interface Condition {
  /** One of these arguments must be so. */
  readonly indices: readonly number[];
  /** What stands between the `*`s. */
  readonly parts: readonly string[];
}

class CallPattern implements CallTrap {
  readonly #declaration: SyscallDeclaration;
  readonly #conditions: readonly Condition[];

  constructor(declaration: SyscallDeclaration, conditions: readonly Condition[]) {
    this.#declaration = declaration;
    this.#conditions = conditions;
  }

  matches(task: Task): boolean {
    const { number, args } = this.#declaration;
    if (task.registers.int(RAX) !== number) return false;
    const words = argumentWords(task);
    const call = { memory: new PeekedMemory(task.memory), words, result: undefined };
    return this.#conditions.every(({ indices, parts }) =>
      indices.some((index) => isLike(unquoted(args[index]!.show(words[index]!, call)), parts)),
    );
  }
}

/**
 * @param text a name, and conditions in parentheses: `path`, `fd` and `signal` are arguments of that kind, `arg1` to `arg6` those at
 * that place; the values are what strace shows, without quotes, and `*` is anything
 * @throws CallPatternError
 */
export function parseCallPattern(text: string): CallTrap {
  const [, name, inside = ''] = FORM.exec(text.trim()) ?? [];
  if (name === undefined) throw new CallPatternError(`'${text}' is not of the form NAME(KEY=VALUE, ...)`);
  const declaration = SYSCALLS.find((one) => one.name === name);
  if (declaration === undefined) throw new CallPatternError(`there is no system call '${name}'`);
  const conditions = inside.trim() === '' ? [] : inside.split(',');
  return new CallPattern(
    declaration,
    conditions.map((condition) => parseCondition(declaration, condition)),
  );
}

function parseCondition({ name, args }: SyscallDeclaration, text: string): Condition {
  const [, key, value] = CONDITION.exec(text) ?? [];
  if (key === undefined || value === undefined)
    throw new CallPatternError(`'${text.trim()}' is not of the form KEY=VALUE`);
  const place = /^arg([1-6])$/.exec(key);
  const indices = [...args.keys()].filter((index) =>
    place === null ? KINDS[key]?.includes(args[index]!) : index === Number(place[1]) - 1,
  );
  if (indices.length === 0) throw new CallPatternError(`${name} has no argument '${key}'`);
  return { indices, parts: unquoted(quote(value, LONGEST_PATH)).split('*') };
}

function unquoted(shown: string): string {
  return shown.startsWith('"') ? shown.slice(1, shown.lastIndexOf('"')) : shown;
}

/** Not by a regular expression: the text is the guest's, who could make one try for hours. */
function isLike(text: string, parts: readonly string[]): boolean {
  const [first, last] = [parts[0]!, parts.at(-1)!];
  if (parts.length === 1) return text === first;
  let at = first.length;
  const end = text.length - last.length;
  if (end < at || !text.startsWith(first) || !text.endsWith(last)) return false;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= end;
}
