/** The command `vkernel` (start.ts runs this): finds the command, turns what it throws into one line and an exit code. */
import { CliError, errorLine, exitCodeOf, OutputClosedError } from './cli-error.js';
import type { Command } from './command.js';
import { COMMANDS } from './commands.js';
import { drainOutput, print, say } from './output.js';

const HELP = new Set(['help', '--help', '-h']);
const VERSION = new Set(['version', '--version', '-V']);

async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  let command: Command | undefined;
  try {
    if (name === undefined) throw new CliError('no command given; see vkernel --help');
    if (VERSION.has(name)) return await version();
    if (HELP.has(name)) return await help(rest[0]);
    command = await commandNamed(name);
    const { parseCommandLine } = await import('./command-line.js');
    const line = parseCommandLine(command, rest);
    return line.flag('help') ? await help(name) : await command.run(line);
  } catch (error) {
    if (!(error instanceof OutputClosedError)) report(error);
    return exitCodeOf(error, command?.failureExitCode ?? 1);
  }
}

async function commandNamed(name: string): Promise<Command> {
  if (!Object.hasOwn(COMMANDS, name)) throw new CliError(`unknown command '${name}'; see vkernel --help`);
  return COMMANDS[name]!();
}

async function help(name: string | undefined): Promise<number> {
  const { commandHelp, generalHelp } = await import('./help.js');
  const text =
    name === undefined || name.startsWith('-')
      ? await generalHelp()
      : await commandHelp(await commandNamed(name));
  await print(`${text}\n`);
  return 0;
}

async function version(): Promise<number> {
  const { readFile } = await import('node:fs/promises');
  const text = await readFile(new URL('../../../../package.json', import.meta.url), 'utf8');
  await print(`vkernel ${(JSON.parse(text) as { version: string }).version}, ${await engine()}\n`);
  return 0;
}

async function engine(): Promise<string> {
  const { engineDescription } = await import('../cpu/unicorn-cpu.js');
  try {
    return engineDescription();
  } catch (error) {
    throw new CliError(error instanceof Error ? error.message : String(error));
  }
}

function report(error: unknown): void {
  say(errorLine(error));
  if (process.env['VKERNEL_DEBUG'] === '1' && error instanceof Error && error.stack !== undefined)
    say(error.stack);
}

// Whoever writes learns of a closed pipe from the write itself.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);
void main(process.argv.slice(2)).then(async (exitCode) => {
  await drainOutput();
  // Standard input may still be open, and would keep the process alive.
  process.exit(exitCode);
});
