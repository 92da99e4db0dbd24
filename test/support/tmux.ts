/** A terminal that a test looks at and types into: a pane of tmux, whose server is this test's alone. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const POLL_MS = 50;
const LIMIT_MS = 30_000;
/** A screen that did not change for so long shows all there is. */
const SETTLED_MS = 400;

export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

export class Screen {
  readonly #folder = mkdtempSync(join(tmpdir(), 'vkernel-tmux-'));
  readonly #server: ChildProcess;

  private constructor() {
    // In the foreground, so that it ends with the test whatever becomes of that.
    const command = ['setpriv', '--pdeathsig', 'KILL', 'tmux', ...this.#options, '-D'];
    const env = { PATH: process.env['PATH'], LANG: 'C.UTF-8', HOME: this.#folder, SHELL: '/bin/sh' };
    this.#server = spawn(command[0]!, command.slice(1), { env, stdio: 'ignore' });
  }

  /** Starts a command on a new screen. */
  static async open(command: readonly string[], { columns, rows }: ScreenSize): Promise<Screen> {
    const screen = new Screen();
    const start = ['new-session', '-d', '-x', String(columns), '-y', String(rows), ...command];
    try {
      await screen.#until(() => screen.#tmux(...start) !== undefined, 'tmux starts no session');
      return screen;
    } catch (error) {
      screen.close();
      throw error;
    }
  }

  /** Keys by tmux's names ("C-z", "Enter", "Up"); what is no name is typed as it is. */
  type(...keys: readonly string[]): void {
    this.#tmux('send-keys', '--', ...keys);
  }

  resize({ columns, rows }: ScreenSize): void {
    this.#tmux('resize-window', '-x', String(columns), '-y', String(rows));
  }

  /** The lines of the screen, without blanks at their ends, and where the cursor is. */
  get text(): string {
    const cursor = this.#tmux('display-message', '-p', 'cursor: column #{cursor_x}, row #{cursor_y}');
    return `${this.#tmux('capture-pane', '-p') ?? ''}${cursor ?? ''}`.replaceAll(/[ \t]+$/gm, '');
  }

  /** The modes of the terminal itself, as stty(1) writes them. */
  get modes(): string {
    const device = this.#tmux('display-message', '-p', '#{pane_tty}')!.trim();
    return execFileSync('stty', ['-g', '-F', device], { encoding: 'utf8' });
  }

  /** Programs draw on the other screen, over that of the shell. */
  get isAlternate(): boolean {
    return this.#tmux('display-message', '-p', '#{alternate_on}') === '1\n';
  }

  /** Waits until the screen shows it, and nothing more comes. @returns the screen */
  async settled(shown: RegExp): Promise<string> {
    let [last, since] = ['', Date.now()];
    await this.#until(
      () => {
        const { text } = this;
        if (text !== last) [last, since] = [text, Date.now()];
        return shown.test(text) && Date.now() - since >= SETTLED_MS;
      },
      () => `${String(shown)} does not come:\n${last}`,
    );
    return last;
  }

  /** Waits until the screen is this one. */
  async becomes(wanted: string): Promise<void> {
    await this.#until(
      () => this.text === wanted,
      () => `wanted:\n${wanted}\ngot:\n${this.text}`,
    );
  }

  close(): void {
    this.#tmux('kill-server');
    this.#server.kill('SIGKILL');
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #options(): string[] {
    return ['-u', '-f', '/dev/null', '-S', join(this.#folder, 'socket')];
  }

  /** @returns what it prints; undefined when it fails */
  #tmux(...args: readonly string[]): string | undefined {
    try {
      const stdio: ['ignore', 'pipe', 'ignore'] = ['ignore', 'pipe', 'ignore'];
      return execFileSync('tmux', ['-N', ...this.#options, ...args], { encoding: 'utf8', stdio });
    } catch {
      return undefined;
    }
  }

  async #until(isSo: () => boolean, complaint: string | (() => string)): Promise<void> {
    for (const deadlineMs = Date.now() + LIMIT_MS; !isSo();) {
      if (Date.now() > deadlineMs) throw new Error(typeof complaint === 'string' ? complaint : complaint());
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
}
