/** What a command is: the data that parsing, help and the dispatcher work from. */
import type { Options } from 'yargs';

/** One option; only what help and the parser both understand. */
export interface OptionSpec {
  /** `text` takes a value, `optional` takes one only as `--name=VALUE`, `flag` takes none. */
  readonly kind: 'text' | 'optional' | 'flag';
  /** A one-letter form. */
  readonly alias?: string;
  /** May be given more than once. */
  readonly repeatable?: boolean;
  /** What stands for the value in the help text. */
  readonly value?: string;
  readonly describe: NonNullable<Options['describe']>;
}

export type OptionTable = Readonly<Record<string, OptionSpec>>;

/** The values of a command line. */
export interface CommandLine {
  /** The positional arguments; for a command with a guest, the image and everything behind it, untouched. */
  readonly positionals: readonly string[];
  /** The last value given; "" for an `optional` without one. */
  text(name: string): string | undefined;
  flag(name: string): boolean;
  /** All values of a repeatable option. */
  list(name: string): readonly string[];
}

export interface Command {
  readonly name: string;
  /** The line of the command list. */
  readonly summary: string;
  /** Names of the positional arguments, in the order of the usage line. */
  readonly positionals: readonly string[];
  /** After the first positional argument nothing is parsed: it belongs to the guest. */
  readonly guestArguments?: boolean;
  readonly options: OptionTable;
  /** Paragraphs below the options in the help text. */
  readonly notes?: readonly string[];
  readonly examples?: readonly (readonly [string, string])[];
  /** Exit code when vkernel fails: 125 where the guest's own codes are passed on, else 1. */
  readonly failureExitCode: number;
  /** @returns the exit code */
  run(line: CommandLine): Promise<number>;
}
