/** The guest programs that guest-images/ builds, and what the comment lines at the top of each source say about it. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { constants, networkInterfaces } from 'node:os';
import { basename, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url));
const GUEST_IMAGES = join(REPOSITORY, 'guest-images');

/** One program, built by one toolchain, with one list of arguments. */
export interface GuestProgram {
  /** For people: `glibc tls`. */
  readonly name: string;
  readonly source: string;
  /** The executable, an absolute path; missing when the machine has no such toolchain. */
  readonly image: string;
  readonly args: readonly string[];
  /** The exit status, as a shell has it: 128 + n for signal n. */
  readonly status: number;
  /** Where the emulated run rightly ends otherwise: after a part of the native output, with this status. */
  readonly emulatedStatus: number | undefined;
  /** Why there is no emulated run. */
  readonly nativeOnly: string | undefined;
  /** Why it cannot be frozen. */
  readonly noFreeze: string | undefined;
  /** Freeze at every so many system calls, where the runner's own choice is a bad one. */
  readonly freezeEvery: number | undefined;
  /** With fewer system calls between freezes its timers would fire before anything else happens, again and again. */
  readonly freezeApart: number;
  /** CPU features that the native run takes, as /proc/cpuinfo spells them; `mount`: a mount namespace of its own; `loopback`: 127.0.0.1. */
  readonly needs: readonly string[];
  /** Host directories that the guest sees, read-only, at the same path. */
  readonly mounts: readonly string[];
}

/** All programs of a folder of guest-images/, by name. A line of `// args:` is a program of its own. */
export function guestPrograms(folder: string): GuestProgram[] {
  const directory = join(GUEST_IMAGES, folder);
  return readdirSync(directory)
    .sort()
    .filter((file) => ['.c', '.S', '.go'].includes(extname(file)))
    .flatMap((file) => programsOf(folder, join(directory, file)));
}

function programsOf(folder: string, source: string): GuestProgram[] {
  const said = headerOf(source);
  if (said.has('no-test')) return [];
  const one = (key: string): string | undefined => said.get(key)?.[0];
  const stem = basename(source, extname(source));
  const emulated = one('emulated');
  const toolchains = { '.c': one('builds') ?? 'glibc musl', '.S': 'asm', '.go': 'go' }[extname(source)]!;
  return toolchains.split(' ').flatMap((toolchain) =>
    (said.get('args') ?? ['']).map((args) => ({
      name: `${toolchain} ${stem}${args && ` ${args}`}`,
      source,
      image: join(GUEST_IMAGES, 'build', toolchain, toolchain === 'asm' ? '' : folder, stem),
      args: Array.from(args.matchAll(/"([^"]*)"|(\S+)/g), (match) => match[1] ?? match[2]!),
      status: statusOf(one('expect') ?? 'exit 0', source),
      emulatedStatus: emulated === undefined ? undefined : statusOf(emulated, source),
      nativeOnly: one('native-only'),
      noFreeze: one('no-freeze'),
      freezeEvery: one('freeze-every') === undefined ? undefined : Number(one('freeze-every')),
      freezeApart: Number(one('freeze-apart') ?? 1),
      needs: one('needs')?.split(' ') ?? [],
      mounts: [],
    })),
  );
}

/** Lines `// key: value` at the top of a source, or `# key: value` of a script. */
export function headerOf(source: string): Map<string, string[]> {
  const said = new Map<string, string[]>();
  for (const line of readFileSync(source, 'utf8').split('\n').slice(0, 20)) {
    const [, key, value] = /^(?:\/\/|#) ([a-z-]+): (.*)$/.exec(line) ?? [];
    if (key !== undefined) said.set(key, [...(said.get(key) ?? []), value!]);
  }
  return said;
}

/** `exit 3`, `signal SIGSEGV`, or `status 162` for what has no name. */
function statusOf(text: string, source: string): number {
  const [kind, value = ''] = text.split(' ');
  if (kind === 'exit' || kind === 'status') return Number(value);
  if (kind === 'signal' && value in constants.signals)
    return 128 + constants.signals[value as NodeJS.Signals];
  throw new Error(`${source}: '${text}' is no expectation`);
}

/** An applet of busybox, which needs no source here. */
export function busyboxApplet(args: readonly string[], mounts: readonly string[]): GuestProgram {
  const image = join(GUEST_IMAGES, 'build/busybox/busybox');
  const unset = {
    emulatedStatus: undefined,
    nativeOnly: undefined,
    noFreeze: undefined,
    freezeApart: 1,
    freezeEvery: undefined,
  };
  return {
    ...unset,
    name: args.slice(0, 2).join(' '),
    source: image,
    image,
    args,
    status: 0,
    needs: [],
    mounts,
  };
}

let features: Set<string> | undefined;

/** Why the program cannot run natively here, or undefined. */
export function whyNotHere(program: GuestProgram): string | undefined {
  if (!existsSync(program.image)) return 'not built: see the output of make guests';
  features ??= new Set(/^flags\s*: (.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1]?.split(' '));
  if (program.needs.includes('mount') && mayMount()) features.add('mount');
  if (Object.values(networkInterfaces()).some((all) => all?.some(({ internal }) => internal)))
    features.add('loopback');
  const missing = program.needs.filter((feature) => !features?.has(feature));
  return missing.length > 0 ? `this machine has no ${missing.join(', ')}` : undefined;
}

/** Containers often forbid it, even to root. */
function mayMount(): boolean {
  const script = 'mount -t tmpfs none /tmp && mount --bind /tmp /tmp';
  return spawnSync('unshare', ['-m', 'sh', '-c', script], { stdio: 'ignore' }).status === 0;
}
