/**
 * The host's terminal in raw mode while a guest has it: keys come one by one and unchanged, output goes out as it is. Node's own raw
 * mode leaves output processing on, so stty(1) does it. Its settings and its screen come back whatever happens: at the end, when Node
 * exits by itself, and, by a shell that watches, when it is killed or crashes.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import type { Writable } from 'node:stream';

/** Prints the settings, makes the terminal raw, prints what came of it. */
const ENTER = 'stty -g && stty raw -echo && stty -g';
/**
 * Each line is what is to be written to the terminal when nobody else is left, which is when there are no more lines; an empty one says
 * that all is well. Node may have restored the settings as it
 * died; those that somebody else made since then stay.
 */
const WATCH = `
  undo=
  while read -r line <&3; do
    [ -n "$line" ] || exit 0
    undo=$line
  done
  case $(stty -g) in "$1" | "$2") ;; *) exit 0 ;; esac
  printf "$undo" >&0
  stty "$2"`;
/** Undoes nothing. */
const NOTHING = '%s';

interface Settings {
  readonly saved: string;
  readonly raw: string;
}

export class RawMode {
  readonly #fd: number;
  readonly #beforeLeaving: () => void;
  #settings: Settings | undefined;
  #watcher: ChildProcess | undefined;
  readonly #onExit = (): void => this.leave();

  /** @param fd a terminal @param beforeLeaving called while the mode is still raw */
  constructor(fd: number, beforeLeaving: () => void) {
    this.#fd = fd;
    this.#beforeLeaving = beforeLeaving;
  }

  get active(): boolean {
    return this.#settings !== undefined;
  }

  /** Nothing happens on a host without stty(1). */
  enter(): void {
    if (this.active) return;
    const { status, stdout } = spawnSync('sh', ['-c', ENTER], {
      stdio: [this.#fd, 'pipe', 'ignore'],
      encoding: 'utf8',
    });
    const [saved, raw] = (stdout ?? '').split('\n');
    if (status !== 0 || saved === undefined || raw === undefined) return;
    this.#settings = { saved, raw };
    process.on('exit', this.#onExit);
    this.#watch(this.#settings);
  }

  /** What is to be written to the terminal if nobody can call `leave`: escape sequences, without control characters besides. */
  willNeed(undo: string): void {
    this.#watcherLine?.write(undo === '' ? `${NOTHING}\n` : `${undo.replaceAll('\x1b', '\\033')}\n`);
  }

  leave(): void {
    if (this.#settings === undefined) return;
    this.#beforeLeaving();
    spawnSync('stty', [this.#settings.saved], { stdio: [this.#fd, 'ignore', 'ignore'] });
    this.#settings = undefined;
    process.off('exit', this.#onExit);
    this.#watcherLine?.end('\n');
    this.#watcher = undefined;
  }

  /** In a session of its own: the terminal's signals do not reach it, and it may set what it is not in the foreground of. */
  #watch({ saved, raw }: Settings): void {
    this.#watcher = spawn('sh', ['-c', WATCH, 'sh', raw, saved], {
      detached: true,
      stdio: [this.#fd, 'ignore', 'ignore', 'pipe'],
    });
    // Without a watcher there is still our own exit.
    this.#watcher.on('error', () => undefined);
    this.#watcher.unref();
    this.#watcherLine?.on('error', () => undefined);
    (this.#watcherLine as (Writable & { unref?: () => void }) | undefined)?.unref?.();
  }

  get #watcherLine(): Writable | undefined {
    return this.#watcher?.stdio[3] as Writable | undefined;
  }
}
