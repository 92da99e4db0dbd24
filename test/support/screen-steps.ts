/** Steps at a terminal, whose screens are compared: natively in the Debian root, under vkernel, and after a freeze. */
import { expect } from 'chai';
import type { Context } from 'mocha';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from './guest-program.js';
import { inTemporaryFolder, vkernel } from './guest-run.js';
import { DEBIAN_ROOT, requireDebianRoot } from './program-set.js';
import { Screen, type ScreenSize } from './tmux.js';

const ENTER = join(REPOSITORY, 'guest-images/debian/enter.sh');
/** How large the first screen is. */
const SIZE: ScreenSize = { columns: 80, rows: 24 };
/** Of the machine. */
const NAME = 'on-a-screen';

/** Something is done, and the screen then shows this, among all else that is the same natively. */
export interface Step {
  readonly keys?: readonly string[];
  /** The terminal gets another size first. */
  readonly size?: ScreenSize;
  /** And then it is another terminal: the machine is frozen, and goes on there. */
  readonly elsewhere?: boolean;
  readonly shows: RegExp;
}

export const keys = (shows: RegExp, ...pressed: readonly string[]): Step => ({ keys: pressed, shows });
export const line = (text: string, shows: RegExp): Step => keys(shows, text, 'Enter');

/** And behind it a prompt: what is typed before there is one goes to the terminal's line discipline, not to the shell. */
export const thenPrompt = (shows: RegExp): RegExp =>
  new RegExp(`${shows.source}[^]*#$`, `${shows.flags.replace('m', '')}m`);

/** The host's terminal gets its new size and then the keys; the guest may hear of the size a moment later. */
export const whenResized = (size: string): string =>
  `until [ "$(stty size)" = "${size}" ]; do :; done; clear`;

/** A place for /work and /tmp of the guest, with a file that the programs are shown. */
async function inWorkFolder<T>(use: (folder: string) => T | Promise<T>): Promise<T> {
  return inTemporaryFolder(async (folder) => {
    for (const name of ['work', 'tmp']) mkdirSync(join(folder, name));
    const lines = Array.from(
      { length: 200 },
      (_, i) => `line ${i + 1} of a text that is longer than a screen`,
    );
    writeFileSync(join(folder, 'work/text'), `${lines.join('\n')}\n`);
    return use(folder);
  });
}

function natively(folder: string, command: readonly string[]): string[] {
  return [ENTER, DEBIAN_ROOT, join(folder, 'work'), join(folder, 'tmp'), ...command];
}

function grants(folder: string): string[] {
  const mounts = ['work', 'tmp'].flatMap((name) => ['--mount', `${join(folder, name)}:/${name}`]);
  return ['--root', DEBIAN_ROOT, '--root-read-only', ...mounts];
}

/** Behind it the terminal stays, with what vkernel left there. */
function inShell(folder: string, command: readonly string[]): string[] {
  return ['sh', '-c', `stty -g > ${folder}/modes; "$@"; exec cat`, 'sh', ...command];
}

function emulated(folder: string, command: readonly string[]): string[] {
  const options = ['-it', ...grants(folder), '-w', '/work', '--name', NAME];
  const run = vkernel('run', ...options, `/bin/${command[0]!}`, ...command.slice(1));
  return inShell(folder, ['env', `XDG_RUNTIME_DIR=${folder}`, ...run]);
}

/** Goes through the steps natively first, and expects the same screens of vkernel. */
export async function compareScreens(command: readonly string[], steps: readonly Step[]): Promise<void> {
  const wanted: string[] = [];
  await inWorkFolder(async (folder) => {
    await using(await Screen.open(natively(folder, command), SIZE), async (screen) => {
      for (const step of steps) {
        act(screen, step);
        wanted.push(await screen.settled(step.shows));
      }
    });
  });
  await onScreen(command, async (screen, folder) => {
    let current = screen;
    try {
      for (const [i, step] of steps.entries()) {
        if (step.elsewhere === true) current = await moved(current, folder, step.size!);
        act(current, step);
        await current.becomes(wanted[i]!);
      }
    } finally {
      current.close();
    }
  });
}

/** What a program shows under vkernel. */
export function onScreen(
  command: readonly string[],
  use: (screen: Screen, folder: string) => Promise<void>,
): Promise<void> {
  return inWorkFolder(async (folder) =>
    using(await Screen.open(emulated(folder, command), SIZE), (screen) => use(screen, folder)),
  );
}

async function using(screen: Screen, use: (screen: Screen) => Promise<void>): Promise<void> {
  try {
    await use(screen);
  } finally {
    screen.close();
  }
}

/** Freezes the machine on a screen, which is as vkernel found it then. @returns the screen on which it goes on */
async function moved(screen: Screen, folder: string, size: ScreenSize): Promise<Screen> {
  const core = join(folder, 'core');
  const [node, ...snapshot] = vkernel('snapshot', '--stop', '-o', core, NAME);
  const env = { ...process.env, XDG_RUNTIME_DIR: folder };
  const { status, stderr } = spawnSync(node!, snapshot, { env, encoding: 'utf8' });
  expect(status, stderr).to.equal(0);
  await screen.settled(/vkernel: frozen in/);
  expect(screen.isAlternate, 'the screen that programs draw on').to.equal(false);
  expect(screen.modes).to.equal(readFileSync(join(folder, 'modes'), 'utf8'));
  screen.close();
  return Screen.open(inShell(folder, vkernel('resume', ...grants(folder), core)), size);
}

/** @returns what keeps this machine from showing the native screens */
async function whatIsMissing(): Promise<string | undefined> {
  if (spawnSync('tmux', ['-V']).error) return 'no tmux: apt-get install tmux';
  return inWorkFolder((folder) => {
    const [enter, ...args] = natively(folder, ['true']);
    const { status, stderr } = spawnSync(enter!, args, { encoding: 'utf8' });
    return status === 0 ? undefined : stderr.trim();
  });
}

function act(screen: Screen, step: Step): void {
  if (step.size !== undefined) screen.resize(step.size);
  if (step.keys !== undefined) screen.type(...step.keys);
}

/** A hook: skips all when this machine cannot show the native screens. */
export async function requireNativeScreens(this: Context): Promise<void> {
  requireDebianRoot();
  const missing = await whatIsMissing();
  if (missing === undefined) return;
  process.stderr.write(`skipped: programs on a terminal: ${missing}\n`);
  this.skip();
}
