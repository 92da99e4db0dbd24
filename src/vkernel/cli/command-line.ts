/**
 * Command lines, read with yargs' parser alone: all of yargs takes several times as long to load, and only the help text needs it.
 */
import parser from 'yargs-parser';
import { CliError } from './cli-error.js';
import type { Command, CommandLine, OptionSpec, OptionTable } from './command.js';

const CONFIGURATION = {
  'boolean-negation': false,
  'camel-case-expansion': false,
  'dot-notation': false,
  'halt-at-non-option': false,
  'parse-numbers': false,
  'parse-positional-numbers': false,
  'strip-aliased': true,
};

const HELP: OptionSpec = { kind: 'flag', alias: 'h', describe: 'This text' };

/** Reads the arguments behind the command's name; `--help` is an option of all. @throws CliError what is wrong with them */
export function parseCommandLine(command: Command, args: readonly string[]): CommandLine {
  const options: OptionTable = { ...command.options, help: HELP };
  const spelled = args.map((token) => spellOut(token, options));
  const { argv, error } = parser.detailed(spelled, {
    string: namesOf(options, 'text', 'optional'),
    boolean: namesOf(options, 'flag'),
    narg: Object.fromEntries(namesOf(options, 'text').map((name) => [name, 1])),
    alias: Object.fromEntries(
      Object.entries(options).flatMap(([name, { alias }]) => (alias ? [[name, alias]] : [])),
    ),
    configuration: { ...CONFIGURATION, 'halt-at-non-option': command.guestArguments === true },
  });
  const complain = (problem: string): never => {
    throw new CliError(`${command.name}: ${problem}; see vkernel ${command.name} --help`);
  };
  const { _: rest, ...given } = argv as { _: string[]; [name: string]: unknown };
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(options, name));
  if (unknown !== undefined) complain(`unknown option ${dashed(unknown)}`);
  if (error)
    complain(
      error.message.replace(
        /^Not enough arguments following: (.*)$/,
        (_, name: string) => `${dashed(name)} needs a value`,
      ),
    );
  const values = new Map(Object.entries(given).map(([name, value]) => [name, [value].flat()]));
  for (const [name, found] of values) {
    const { kind, repeatable } = options[name]!;
    if (found.length > 1 && !repeatable) complain(`${dashed(name)} is given twice`);
    if (kind === 'flag' && found[0] !== true) complain(`${dashed(name)} takes no value`);
    if (kind === 'text' && found.some((value) => typeof value !== 'string'))
      complain(`${dashed(name)} needs a value`);
  }
  // The guest's arguments are taken from the original: the parser saw its own spelling.
  const positionals = command.guestArguments ? args.slice(args.length - rest.length) : rest;
  const asksForHelp = values.get('help')?.[0] === true;
  if (!asksForHelp) checkCount(command, positionals, complain);
  return {
    positionals,
    text: (name) => values.get(name)?.at(-1) as string | undefined,
    flag: (name) => values.get(name)?.[0] === true,
    list: (name) => (values.get(name) ?? []) as string[],
  };
}

function checkCount(
  command: Command,
  positionals: readonly string[],
  complain: (problem: string) => never,
): void {
  const wanted = command.positionals;
  if (positionals.length < wanted.length) complain(`${wanted[positionals.length]} is missing`);
  if (positionals.length > wanted.length && !command.guestArguments)
    complain(`'${positionals[wanted.length]}' is one argument too many`);
}

/**
 * A flag or an optional value must not take the next word for its value: yargs' parser would take the word "true" behind a
 * flag, which is a program's name.
 */
function spellOut(token: string, options: OptionTable): string {
  const name = /^--([^=]+)$/.exec(token)?.[1];
  const kind = name !== undefined && Object.hasOwn(options, name) ? options[name]!.kind : undefined;
  if (kind === 'flag') return `${token}=true`;
  return kind === 'optional' ? `${token}=` : token;
}

function namesOf(options: OptionTable, ...kinds: readonly string[]): string[] {
  return Object.keys(options).filter((name) => kinds.includes(options[name]!.kind));
}

const dashed = (name: string): string => (name.length === 1 ? `-${name}` : `--${name}`);
