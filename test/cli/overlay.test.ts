import { expect } from 'chai';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Workplace } from './vkernel-process.js';

describe('vkernel run --overlay', () => {
  let place: Workplace;
  let root: string;
  let commit: string;
  before(() => {
    place = new Workplace();
    root = place.path('root');
    for (const name of ['dev', 'proc']) mkdirSync(join(root, name), { recursive: true });
    copyFileSync(place.probe, join(root, 'probe'));
  });
  beforeEach(() => {
    writeFileSync(join(root, 'file'), 'of the host\n');
    commit = place.path(`commit-${readdirSync(place.directory).length}`);
  });
  after(() => place.close());
  const run = (args: readonly string[], ...options: readonly string[]) =>
    place.vkernel(['run', '--root', root, ...options, '/probe', ...args]);

  it('leaves the host directory as it is', () => {
    expect(run(['write', '/file'], '--overlay')).to.deep.equal({ code: 0, stdout: '', stderr: '' });
    expect(run(['write', '/new'], '--overlay')).to.include({ code: 0, stderr: '' });
    expect(readFileSync(join(root, 'file'), 'latin1')).to.equal('of the host\n');
    expect(readdirSync(root).sort()).to.deep.equal(['dev', 'file', 'probe', 'proc']);
    expect(run(['read', '/file'], '--overlay').stdout).to.equal('of the host\n');
    expect(run(['write', '/file'], '--overlay', '--root-read-only').code).to.equal(1);
  });

  it('commits what was changed, when the guest has ended', () => {
    expect(run(['write', '/new'], '--overlay', '--commit', commit)).to.include({ code: 0, stderr: '' });
    expect(readdirSync(commit)).to.deep.equal(['new']);
    expect(run(['read', '/new'], '--overlay').code).to.equal(1);
  });

  it('commits outside of the directory for no link in it', () => {
    mkdirSync(commit);
    const outside = place.path('outside');
    writeFileSync(outside, 'untouched');
    symlinkSync(outside, join(commit, 'file'));
    expect(run(['write', '/file'], '--overlay', '--commit', commit).code).to.equal(0);
    expect(readFileSync(outside, 'latin1')).to.equal('untouched');
    expect(readFileSync(join(commit, 'file'), 'latin1')).not.to.equal('of the host\n');
  });

  it('keeps the changes in a snapshot, and commits those of the resumed machine', () => {
    const core = place.path('overlay.core');
    const freeze = ['--snapshot-at', 'syscalls:9', '--stop', '-o', core];
    expect(run(['write', '/new'], '--overlay', '--commit', commit, ...freeze)).to.include({ code: 0 });
    expect(readdirSync(commit), 'nothing is committed before the end').to.deep.equal([]);
    const resumed = place.vkernel(['resume', '--root', root, '--commit', commit, core]);
    expect(resumed).to.include({ code: 0, stderr: '' });
    expect(readdirSync(commit)).to.deep.equal(['new']);
    expect(existsSync(join(root, 'new'))).to.equal(false);
  });

  it('lies over single mounts, too', () => {
    const mounted = `${root}:/data:overlay`;
    expect(place.run(['write', '/data/file'], '--mount', mounted)).to.include({ code: 0, stderr: '' });
    expect(readFileSync(join(root, 'file'), 'latin1')).to.equal('of the host\n');
    const core = place.path('mount.core');
    const freeze = ['--snapshot-at', 'syscalls:9', '--stop', '-o', core];
    expect(place.run(['write', '/data/new'], '--mount', mounted, ...freeze)).to.include({ code: 0 });
    expect(place.vkernel(['resume', '--mount', mounted, core])).to.include({ code: 0, stderr: '' });
    expect(existsSync(join(root, 'new'))).to.equal(false);
    const overFile = place.run(['exit', '0'], '--mount', `${root}/file:/data:overlay`);
    expect(overFile).to.include({
      code: 125,
      stderr: 'vkernel: mount point /data: an overlay lies over a directory\n',
    });
  });

  it('says what it cannot do', () => {
    const overlaid = place.run(['exit', '0'], '--overlay');
    expect(overlaid).to.deep.equal({
      code: 125,
      stdout: '',
      stderr: 'vkernel: overlay: it needs a root to lie over\n',
    });
    const uncommitted = run(['exit', '0'], '--commit', commit);
    expect(uncommitted.code).to.equal(125);
    expect(uncommitted.stderr).to.equal('vkernel: commit: only the changes of an overlay can be committed\n');
    expect(run(['exit', '0'], '--overlay', '--commit', join(root, 'file')).code).to.equal(125);
  });
});
