import { expect } from 'chai';
import { parseCommandLine } from '../../../src/vkernel/cli/command-line.js';
import { checkName, randomId } from '../../../src/vkernel/cli/machine-id.js';
import { parseEnvironment } from '../../../src/vkernel/cli/environment-option.js';
import { parseMount } from '../../../src/vkernel/cli/mount-option.js';
import { parseNumber } from '../../../src/vkernel/cli/number-option.js';
import { bootOptions, run } from '../../../src/vkernel/cli/run.js';
import { durationText, parseSize } from '../../../src/vkernel/cli/size.js';
import { sizeText } from '../../../src/vkernel/lib/size-text.js';
import { snapshotTrigger } from '../../../src/vkernel/cli/snapshot-option.js';

const runLine = (...args: string[]): ReturnType<typeof parseCommandLine> =>
  parseCommandLine(run, [...args, 'prog']);

describe('sizes', () => {
  it('are read with units of 1024 and rounded up to pages', () => {
    const sizes: Record<string, number> = {
      '4096': 4096,
      '1': 4096,
      '4097': 8192,
      '64k': 65536,
      '512M': 512 << 20,
      '512MB': 512 << 20,
      '1GiB': 1 << 30,
      '1.5g': 1.5 * (1 << 30),
      '2T': 2 * 2 ** 40,
      '8192B': 8192,
    };
    for (const [text, bytes] of Object.entries(sizes))
      expect(parseSize(text, '--memory'), text).to.equal(bytes);
  });
  it('that are none are refused', () => {
    for (const text of ['', '0', '-1', 'G', '1GG', '1X', '0x1000', '1e9', 'NaN', '9999999T', '1 G B']) {
      expect(() => parseSize(text, '--memory'), text).to.throw(`--memory: '${text}' is not a size`);
    }
  });
  it('are written for people', () => {
    expect([0, 1023, 1024, 1536, 64 << 20, 3 * 2 ** 30].map(sizeText)).to.deep.equal([
      '0 B',
      '1023 B',
      '1.0 KiB',
      '1.5 KiB',
      '64.0 MiB',
      '3.0 GiB',
    ]);
  });
  it('of time are written with the two largest units', () => {
    const times = [0, 999, 59_999, 60_000, 130_000, 3_900_000, 90_000_000];
    expect(times.map(durationText)).to.deep.equal(['0s', '0s', '59s', '1m00s', '2m10s', '1h05m', '1d01h']);
  });
});

describe('mounts', () => {
  it('have a host path, a guest path and a mode', () => {
    expect(parseMount('/a:/b', '/x')).to.deep.equal({
      host: '/a',
      guest: '/b',
      readOnly: false,
      overlay: false,
    });
    expect(parseMount('/a:/b:overlay', '/x')).to.include({ readOnly: false, overlay: true });
    expect(parseMount('../a:/b:ro', '/x/y')).to.include({ host: '/x/a', guest: '/b', readOnly: true });
    expect(parseMount('.:/b:rw', '/x')).to.include({ host: '/x', guest: '/b', readOnly: false });
  });
  it('that are none are refused', () => {
    for (const text of ['', 'a', ':/b', '/a:', '/a:b', '/a:/b:rx', '/a:/b:', '/a:/b:ro:ro']) {
      expect(() => parseMount(text, '/'), text).to.throw(`--mount: '${text}'`);
    }
  });
});

describe('environments', () => {
  it('are settings of which the last one wins', () => {
    expect(parseEnvironment(['A=1', 'B=', 'A=x=y'])).to.deep.equal({ A: 'x=y', B: '' });
  });
  it('never take a value from our own', () => {
    for (const text of ['PATH', '=x', ''])
      expect(() => parseEnvironment([text])).to.throw('write NAME=VALUE');
  });
});

describe('numbers', () => {
  it('are whole and in range', () => {
    expect(parseNumber('-5', '--n', -10, 10)).to.equal(-5);
    for (const text of ['11', '1.5', 'x', '', '0x1', '1e1', '--1'])
      expect(() => parseNumber(text, '--n', -10, 10)).to.throw('--n');
  });
});

describe('--snapshot-at', () => {
  const trigger = (...args: string[]): unknown => snapshotTrigger(runLine(...args), '/here');
  it('has three forms', () => {
    expect(trigger()).to.equal(undefined);
    expect(trigger('--snapshot-at', 'syscalls:7', '-o', 'f')).to.deep.equal({
      file: '/here/f',
      stop: false,
      at: { syscalls: 7 },
    });
    expect(trigger('--snapshot-at', 'ms:0', '-o', '/f', '--stop')).to.deep.equal({
      file: '/f',
      stop: true,
      at: { ms: 0 },
    });
    expect(trigger('--snapshot-at', 'signal', '-o', 'f')).to.deep.equal({
      file: '/here/f',
      stop: false,
      at: 'signal',
    });
  });
  it('may be a call, or again and again', () => {
    const common = { file: '/here/f', stop: false };
    expect(trigger('--snapshot-on', 'open', '-o', 'f')).to.deep.equal({ ...common, at: { call: 'open' } });
    const every = ['--every', '1.5m', '--keep', '3', '--thin', '-o', 'f'];
    expect(trigger(...every)).to.deep.equal({ ...common, thin: true, at: { everyMs: 90_000, keep: 3 } });
    expect(() => trigger('--every', '5', '-o', 'f')).to.throw("--every: '5' is no time");
    expect(() => trigger('--every', '5s', '--keep', '0', '-o', 'f')).to.throw('--keep');
    expect(() => trigger('--every', '5s', '--stop', '-o', 'f')).to.throw('exclude each other');
    expect(() => trigger('--every', '5s', '--snapshot-on', 'open', '-o', 'f')).to.throw('exclude each other');
  });
  it('needs its file, and the file needs it', () => {
    expect(() => trigger('--snapshot-at', 'signal')).to.throw('needs -o FILE');
    expect(() => trigger('-o', 'f')).to.throw('need --snapshot-at');
    expect(() => trigger('--stop')).to.throw('need --snapshot-at');
  });
  it('refuses other times', () => {
    for (const when of ['ms', 'ms:', 'ms:x', 'syscalls:0', 'signal:1', 'ms:1:2', 'never', '']) {
      expect(() => trigger('--snapshot-at', when, '-o', 'f'), when).to.throw('--snapshot-at');
    }
  });
});

describe('the options of run', () => {
  it('become those of the machine', () => {
    const line = runLine(
      '--memory',
      '64M',
      '--max-files',
      '10',
      '--no-aslr',
      '--hostname',
      'h',
      '-w',
      '/w',
      '--root-read-only',
    );
    const options = bootOptions(line);
    expect(options).to.include({
      memoryBytes: 64 << 20,
      maxFiles: 10,
      aslr: false,
      hostname: 'h',
      cwd: '/w',
      argv0: 'prog',
    });
    expect(options.image).to.equal(`${process.cwd()}/prog`);
    expect(options).not.to.have.property('root');
  });
  it('leave the image alone when it is a path in a root', () => {
    expect(bootOptions(runLine('--root', '/r'))).to.include({ root: '/r', image: 'prog' });
  });
});

describe('ids', () => {
  it('are short and typable', () => {
    for (let i = 0; i < 100; i++) expect(checkName(randomId())).to.match(/^[a-z][a-z2-9]{5}$/);
  });
  it('that users choose are checked', () => {
    expect(checkName('web-1')).to.equal('web-1');
    for (const name of ['', 'A', '1a', '../x', 'a/b', 'a.b', 'a'.repeat(33)])
      expect(() => checkName(name)).to.throw('--name');
  });
});
