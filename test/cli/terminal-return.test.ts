/** The host's terminal after vkernel, whatever became of that: its settings and its screen are as before. */
import { expect } from 'chai';
import { writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { Workplace } from './vkernel-process.js';

/** What undoes what the guest did with the screen. */
const FRESH_SCREEN = '\x1b[?25h\x1b[?1049l';

describe('the terminal comes back', () => {
  let place: Workplace;
  before(() => (place = new Workplace()));
  after(() => place.close());

  /** Starts the guest, does something to vkernel, and compares. @returns vkernel's exit code, as the shell has it */
  async function afterwards(act: (pid: number) => void, env: NodeJS.ProcessEnv = {}): Promise<number> {
    const run = place.typed(['run', '-it', place.probe, 'screen']);
    // A killed vkernel has somebody who tidies up, but not before it is dead.
    const waits = `while [ "$(stty -g)" != "$before" ]; do sleep 0.1; done; read -r key`;
    const running = place.startShellOnTerminal(
      [
        'ulimit -c 0; before=$(stty -g)',
        `sh -c "echo pid=\\$\\$; exec ${run}"`,
        `code=$?; ${waits}; echo; echo "modes: $before"; echo "modes: $(stty -g)"; echo code: $code`,
      ].join('\n'),
      env,
    );
    await running.until('ready');
    act(Number(/pid=(\d+)/.exec(running.stdout)![1]));
    await running.until(FRESH_SCREEN);
    running.type('\n');
    const { stdout } = await running.end();
    const [before, after] = [...stdout.matchAll(/^modes: (.*)\r$/gm)].map(([, modes]) => modes);
    expect(before).to.match(/:/);
    expect(after, stdout).to.equal(before);
    return Number(/^code: (\d+)\r$/m.exec(stdout)![1]);
  }

  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGSEGV', 'SIGABRT', 'SIGKILL'] as const)
    it(`from ${signal}`, async () => {
      const code = await afterwards((pid) => process.kill(pid, signal));
      expect(code).to.equal(128 + constants.signals[signal]);
    });

  it('from an exception that nobody catches', async () => {
    const file = place.path('bug.cjs');
    writeFileSync(file, `process.on('SIGPWR', () => { throw new Error('a bug'); });`);
    const code = await afterwards((pid) => process.kill(pid, 'SIGPWR'), {
      NODE_OPTIONS: `--require=${file}`,
    });
    expect(code).to.be.above(0);
  });
});
