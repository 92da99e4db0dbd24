/** Help texts, laid out by yargs. */
import yargs, { type Argv } from 'yargs';
import type { Command, OptionSpec } from './command.js';
import { COMMANDS } from './commands.js';

const WIDEST_COLUMNS = 100;

/** The text of `vkernel COMMAND --help`. */
export async function commandHelp(command: Command): Promise<string> {
  const guest = command.guestArguments ? ' [ARGS...]' : '';
  const usage = ['vkernel', command.name, '[options]', ...command.positionals].join(' ') + guest;
  let text = blank().usage(`${usage}\n\n${command.summary}`);
  for (const [name, spec] of Object.entries(command.options)) text = text.option(name, yargsOption(spec));
  for (const [line, meaning] of command.examples ?? []) text = text.example(line, meaning);
  return text.epilogue((command.notes ?? []).join('\n\n')).getHelp();
}

/** The text of `vkernel --help`. */
export async function generalHelp(): Promise<string> {
  let text = blank().usage(
    'vkernel COMMAND [options]\n\nA virtual kernel that runs, freezes and resumes x86-64 Linux programs.',
  );
  for (const load of Object.values(COMMANDS)) {
    const { name, positionals, summary } = await load();
    text = text.command([name, ...positionals].join(' '), summary);
  }
  return text
    .command('help COMMAND', "A command's options")
    .command('version', 'The version of vkernel')
    .epilogue('vkernel COMMAND --help lists the options of a command.')
    .getHelp();
}

function blank(): Argv {
  const columns = process.stdout.columns ?? WIDEST_COLUMNS;
  return yargs([])
    .scriptName('')
    .help(false)
    .version(false)
    .locale('en')
    .wrap(Math.min(columns, WIDEST_COLUMNS));
}

/** The value's name stands where yargs would write a type. */
function yargsOption({ kind, alias, value, describe }: OptionSpec): { alias?: string; describe: string } {
  const shown =
    value === undefined ? describe : `${kind === 'optional' ? `[=${value}]` : value}: ${describe}`;
  return { ...(alias === undefined ? {} : { alias }), describe: shown };
}
