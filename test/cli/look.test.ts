/** What `inspect --html` and `diff` show of real cores, and that a browser shows the page. */
import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { guest } from '../ckpt/machine.js';
import { Workplace } from './vkernel-process.js';

const THREADS = guest('glibc/programs/threads');
const BUSYBOX = guest('busybox/busybox');
const HOSTILE = `'"><script>alert(1)<img src=x onerror=alert(2)>&lt;`;

function browser(): string | undefined {
  return ['chromium', 'chromium-browser', 'google-chrome'].find(
    (name) => spawnSync(name, ['--version']).status === 0,
  );
}

describe('looking into a core', function () {
  this.timeout(120_000);
  let place: Workplace;
  before(() => {
    place = new Workplace();
    const freeze = (at: string, file: string, ...command: string[]): void => {
      const { code, stderr } = place.vkernel([
        ...command.slice(0, 1),
        '--snapshot-at',
        at,
        '-o',
        file,
        '--stop',
        ...command.slice(1),
      ]);
      expect({ code, stderr }).to.deep.include({ code: 0 });
    };
    freeze('syscalls:60', 'a.core', 'run', THREADS, '6', '3', '1');
    freeze('syscalls:20', 'b.core', 'resume', 'a.core');
    freeze(
      'ms:700',
      'tree.core',
      'run',
      BUSYBOX,
      'sh',
      '-c',
      'exec 7>"/tmp/$0"; true & sleep 100 | cat & sleep 99 & exec sleep 98',
      HOSTILE,
    );
  });
  after(() => place.close());

  const page = (core: string, ...options: string[]): string => {
    const { code, stderr } = place.vkernel(['inspect', core, '--html', 'page.html', ...options]);
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    return readFileSync(place.path('page.html'), 'utf8');
  };

  it('draws threads with symbols, TLS and the memory to scale', () => {
    const text = page('a.core');
    const threads = Number(/<b>(\d+)<\/b><span>threads/.exec(text)?.[1]);
    expect(threads).to.be.within(2, 7);
    expect(text.match(/class="thread"/g)).to.have.length(threads);
    expect(text).to.match(/<b>main\+0x[0-9a-f]+<\/b>/);
    expect(text)
      .to.match(/class="bar"/)
      .and.match(/linear-gradient/)
      .and.match(/\[stack of \d+\]/)
      .and.match(/\[vvar\][^]*\[vdso\]/);
    expect(text).to.contain('the thread control block at fs');
  });

  it('draws the tree of processes, zombies too', () => {
    const text = page('tree.core');
    expect(text).to.match(/<b>5<\/b><span>processes|<b>4<\/b><span>processes/);
    expect(text).to.contain('zombie').and.to.contain('shared with others');
    expect(text).to.match(/in (nanosleep|clock_nanosleep)\([^<]*, 9[0-9]\.\d+ s left/);
  });

  it('is one page that loads nothing, runs nothing and believes no text', () => {
    const text = page('tree.core');
    expect(text).to.contain("default-src 'none'");
    expect(text).to.not.match(/<script|<img|<link|https?:|javascript:/);
    expect(text).to.contain(
      '/tmp/&#39;&quot;&gt;&lt;script&gt;alert(1)&lt;img src=x onerror=alert(2)&gt;&amp;lt;',
    );
  });

  it('is shown by a browser', function () {
    const program = browser();
    if (program === undefined) {
      process.stderr.write('skipped: no browser: apt-get install chromium\n');
      return this.skip();
    }
    page('tree.core');
    const options = [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--hide-scrollbars',
      '--window-size=1200,1800',
    ];
    const url = `file://${place.path('page.html')}`;
    const dom = spawnSync(program, [...options, '--dump-dom', url], { encoding: 'utf8', timeout: 60_000 });
    expect(dom.stdout.match(/<section class="card"/g)!.length).to.be.greaterThan(3);
    expect(dom.stdout).to.not.contain('<script');
    spawnSync(program, [...options, `--screenshot=${place.path('page.png')}`, url], { timeout: 60_000 });
    const png = readFileSync(place.path('page.png'));
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).to.deep.equal([1200, 1800]);
    // A page of one colour would be some kilobytes.
    expect(png.length).to.be.greaterThan(60_000);
  });

  it('says in text and JSON only what is asked for', () => {
    const text = place.vkernel(['inspect', 'tree.core', '--files']).stdout;
    expect(text)
      .to.match(/open files/)
      .and.not.to.match(/ maps\n| thread \d/);
    const { processes } = JSON.parse(
      place.vkernel(['inspect', 'tree.core', '--json', '--threads']).stdout,
    ) as { processes: object[] };
    expect(Object.keys(processes[0]!)).to.deep.equal(['pid', 'name', 'threads']);
    expect(place.vkernel(['inspect', 'tree.core', '--state']).stdout).to.match(/^Kernel#\d+ \{/m);
  });

  it('finds nothing different in the same core', () => {
    expect(place.vkernel(['diff', 'a.core', 'a.core'])).to.deep.equal({ code: 0, stdout: '', stderr: '' });
  });

  it('says what differs in registers, memory by symbol, and threads', () => {
    const { code, stdout } = place.vkernel(['diff', 'a.core', 'b.core']);
    expect(code).to.equal(1);
    expect(stdout).to.match(/^process \d+ \(threads\)$/m);
    expect(stdout).to.match(/^ {4}rip: 0x[0-9a-f]+.* → 0x[0-9a-f]+/m);
    expect(stdout).to.match(/^ {2}memory 0x[0-9a-f]+-0x[0-9a-f]+ rw-p .*threads: \d+ of \d+ pages/m);
    expect(stdout).to.match(/^ {4}(lock|workers|round_starts|worker_done|current_round): \d+ bytes$/m);
    const json = JSON.parse(place.vkernel(['diff', '--json', 'a.core', 'b.core']).stdout) as {
      changed: object[];
    };
    expect(json.changed).to.have.length(1);
    expect(place.vkernel(['diff', 'a.core', 'tree.core']).code).to.equal(1);
    expect(place.vkernel(['diff', 'a.core', 'missing'])).to.deep.include({ code: 2, stdout: '' });
  });
});
