import { expect } from 'chai';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { pause, Workplace, type Running } from './vkernel-process.js';

interface Listed {
  readonly id: string;
  readonly hostPid: number;
  readonly image: string;
  readonly threads: number;
  readonly uptimeMs: number;
}

const TICKS = 60;
const ticks = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, i) => `tick ${from + i}\n`).join('');
const lastTick = (text: string): number => Number(/tick (\d+)\n$/.exec(text)?.[1] ?? 0);

describe('a running vkernel', () => {
  let place: Workplace;
  beforeEach(() => (place = new Workplace()));
  afterEach(() => place.close());
  const list = (): Listed[] => JSON.parse(place.vkernel(['ps', '--json']).stdout) as Listed[];
  /** Starts a guest; resolves when it has printed `text` and can be asked. */
  const started = async (text: string, ...args: string[]): Promise<Running> => {
    const running = place.start(args);
    await running.until(text);
    const sockets = place.path('vkernel');
    for (let i = 0; i < 500 && !(existsSync(sockets) && readdirSync(sockets).length > 0); i++)
      await pause(10);
    return running;
  };
  const counting = async (...options: string[]): Promise<Running> => {
    return started('tick 3\n', 'run', ...options, place.probe, 'count', String(TICKS));
  };

  it('is listed by ps until it ends', async () => {
    expect(list()).to.deep.equal([]);
    const running = await started('ready', 'run', place.probe, 'threads', '4');
    const [entry, ...more] = list();
    expect(more).to.deep.equal([]);
    expect(entry).to.include({ hostPid: running.child.pid, image: place.probe, threads: 4 });
    expect(entry!.uptimeMs).to.be.within(1, 60_000);
    const { code, stdout, stderr } = place.vkernel(['ps']);
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    expect(stdout)
      .to.match(/^ID +PID +THREADS +UPTIME +IMAGE\n/)
      .and.to.match(new RegExp(`^${entry!.id} +${entry!.hostPid} +4 +\\d+s`, 'm'));
    running.kill('SIGTERM');
    await running.end();
    expect(list()).to.deep.equal([]);
  });
  it('that was killed disappears from ps', async () => {
    const running = await started('ready', 'run', '--name', 'doomed', place.probe, 'threads', '1');
    expect(list().map(({ id }) => id)).to.deep.equal(['doomed']);
    running.kill('SIGKILL');
    await running.end();
    expect(list()).to.deep.equal([]);
    const again = await started('ready', 'run', '--name', 'doomed', place.probe, 'threads', '1');
    expect(list()[0]).to.include({ id: 'doomed', hostPid: again.child.pid });
    expect(place.run(['exit', '0'], '--name', 'doomed')).to.include({ code: 125 });
  });
  it('is frozen while it goes on, and resumes from the file', async () => {
    const running = await counting();
    const [{ id }] = list() as [Listed];
    const { code, stdout, stderr } = place.vkernel(['snapshot', id.slice(0, 4), '-o', 'app.core']);
    expect({ code, stdout }).to.deep.equal({ code: 0, stdout: '' });
    expect(stderr).to.match(/^vkernel: snapshot: .*app\.core: .*1 thread, \d+ pages\n$/);
    const first = await running.end();
    expect(first).to.deep.equal({ code: 5, stdout: ticks(1, TICKS), stderr: '' });
    for (const args of [
      ['resume', 'app.core'],
      ['resume', '--preload', 'app.core'],
    ]) {
      const resumed = place.vkernel(args);
      const start = TICKS + 1 - resumed.stdout.split('\n').length + 1;
      expect(resumed).to.deep.equal({ code: 5, stdout: ticks(start, TICKS), stderr: '' });
      expect(start).to.be.within(4, TICKS);
    }
  });
  it('ends with a snapshot that is to stop it, and loses nothing', async () => {
    const running = await counting('--name', 'app');
    const report = place.vkernel(['snapshot', 'app', '-o', 'app.core', '--stop', '--json']);
    expect(report.code).to.equal(0);
    expect(JSON.parse(report.stdout)).to.include({
      file: place.path('app.core'),
      threads: 1,
      bytes: statSync(place.path('app.core')).size,
    });
    const first = await running.end();
    expect(first.code).to.equal(0);
    expect(first.stderr).to.match(/^vkernel: frozen in .*app\.core; vkernel resume .*app\.core goes on\n$/);
    const second = place.vkernel(['resume', 'app.core']);
    expect(first.stdout + second.stdout).to.equal(ticks(1, TICKS));
    expect(second.code).to.equal(5);
  });
  it('keeps the earlier file when a snapshot fails', async () => {
    const running = await counting('--name', 'app');
    expect(place.vkernel(['snapshot', 'app', '-o', 'app.core']).code).to.equal(0);
    const before = readFileSync(place.path('app.core'));
    const failed = place.vkernel(['snapshot', 'app', '-o', 'missing/app.core']);
    expect(failed.code).to.equal(1);
    expect(failed.stderr).to.match(/^vkernel: [^\n]*missing[^\n]*no such file[^\n]*\n$/);
    expect(readFileSync(place.path('app.core')).equals(before)).to.equal(true);
    running.kill('SIGTERM');
    await running.end();
  });
  it('freezes by itself at a system call or a time', () => {
    for (const when of ['syscalls:20', 'ms:200']) {
      const first = place.run(['count', String(TICKS)], '--snapshot-at', when, '-o', 'at.core', '--stop');
      expect(first.code, when).to.equal(0);
      expect(lastTick(first.stdout)).to.be.within(1, TICKS - 1);
      const second = place.vkernel(['resume', 'at.core']);
      expect(first.stdout + second.stdout).to.equal(ticks(1, TICKS));
    }
  });
  it('freezes by itself before a system call', () => {
    const trigger = ['--snapshot-on', 'write(fd=1, arg2=tick 4*)', '-o', 'on.core', '--stop'];
    const first = place.run(['count', String(TICKS)], ...trigger);
    expect(first.stdout).to.equal(ticks(1, 3));
    expect(place.vkernel(['resume', 'on.core']).stdout).to.equal(ticks(4, TICKS));
  });
  it('freezes again and again, and keeps the last ones', () => {
    const options = ['--every', '100ms', '--keep', '2', '-o', 'now.core'];
    const { code, stdout, stderr } = place.run(['count', String(TICKS)], ...options);
    expect({ code, stdout }).to.deep.equal({ code: 5, stdout: ticks(1, TICKS) });
    expect(stderr.match(/^vkernel: snapshot: .*now\.core: /gm)!.length).to.be.greaterThan(2);
    const files = readdirSync(place.path('.')).filter((name) => name.startsWith('now.'));
    expect(files.sort()).to.deep.equal(['now.core', 'now.core.1']);
    const starts = ['now.core.1', 'now.core'].map((file) => {
      const { stdout: rest } = place.vkernel(['resume', file]);
      return TICKS + 1 - rest.split('\n').length + 1;
    });
    expect(starts[0]).to.be.at.most(starts[1]!);
  });
  it('says as JSON what a resumed machine lacks', () => {
    place.run(['count', '2'], '--snapshot-at', 'syscalls:1', '-o', 'json.core', '--stop');
    const { stderr } = place.vkernel(['resume', '--json', 'json.core']);
    expect(JSON.parse(stderr)).to.deep.equal({ resumed: { lost: [], files: [] } });
    expect(place.vkernel(['resume', '--files', 'maybe', 'json.core']).stderr).to.contain(
      "--files: 'maybe' is none of strict, warn, ignore",
    );
  });
  it('freezes at SIGUSR2 and goes on', async () => {
    const running = await counting('--snapshot-at', 'signal', '-o', 'signal.core');
    running.kill('SIGUSR2');
    await running.until('vkernel: snapshot:', 1, 'stderr');
    expect(existsSync(place.path('signal.core'))).to.equal(true);
    expect((await running.end()).stdout).to.equal(ticks(1, TICKS));
    expect(place.vkernel(['resume', 'signal.core']).code).to.equal(5);
  });
  it('can be frozen again after it was resumed', async () => {
    const first = place.run(
      ['count', String(TICKS)],
      '--snapshot-at',
      'syscalls:10',
      '-o',
      'a.core',
      '--stop',
    );
    const second = place.vkernel([
      'resume',
      '--snapshot-at',
      'syscalls:10',
      '-o',
      'b.core',
      '--stop',
      'a.core',
    ]);
    const third = await started('tick', 'resume', '--name', 'third', 'b.core');
    expect(list().map(({ id }) => id)).to.deep.equal(['third']);
    const { code, stdout } = await third.end();
    expect(code).to.equal(5);
    expect(first.stdout + second.stdout + stdout).to.equal(ticks(1, TICKS));
  });
  it('leaves a core when its guest crashes, if asked to', () => {
    const { code } = place.run(['crash'], '--core-on-crash', 'crash.core');
    expect(code).to.equal(139);
    const { stdout } = place.vkernel(['inspect', 'crash.core']);
    expect(stdout).to.contain('si_signo=SIGSEGV').and.to.contain('si_addr=0x8');
  });
  it('that does not answer keeps nobody waiting', async () => {
    const running = await started('ready', 'run', place.probe, 'threads', '1');
    running.kill('SIGSTOP');
    const { code, stdout } = place.vkernel(['ps']);
    running.kill('SIGCONT');
    expect(code).to.equal(0);
    expect(stdout).to.contain('(does not answer)');
  });
});
