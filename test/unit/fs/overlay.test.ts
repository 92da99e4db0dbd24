import { expect } from 'chai';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadGraph } from '../../../src/ckpt/state/load.js';
import { saveGraph } from '../../../src/ckpt/state/save.js';
import { EINVAL, ENOTEMPTY } from '../../../src/vkernel/abi/errno.js';
import { O_RDONLY, O_RDWR } from '../../../src/vkernel/abi/fcntl.js';
import { S_IFCHR, S_IFDIR, S_IFIFO } from '../../../src/vkernel/abi/stat.js';
import { HostFs, hostPaths } from '../../../src/vkernel/fs/hostfs/hostfs.js';
import { commitOverlay } from '../../../src/vkernel/fs/overlay/commit.js';
import { OverlayFs } from '../../../src/vkernel/fs/overlay/overlay.js';
import type { Inode } from '../../../src/vkernel/vfs/inode.js';
import { MountTable } from '../../../src/vkernel/vfs/mount.js';
import { errnoOf, ROOT, TestTree } from '../../support/memory-pool.js';

describe('overlay', () => {
  let directory: string;
  let lower: string;
  let tree: TestTree;
  let overlay: OverlayFs;

  it('counts the inodes that it makes', () => {
    const { special } = tree.mounts;
    const { heldInodes: before } = special;
    overlay.root.create('made', S_IFDIR | 0o755, ROOT, 0);
    overlay.root.symlink('symbolic', 'made', ROOT);
    expect(special.heldInodes).to.equal(before + 2);
    overlay.root.rmdir('made');
    overlay.root.unlink('symbolic');
    overlay.root.unlink('file');
    expect(special.heldInodes).to.equal(before);
  });

  beforeEach(() => {
    directory = fs.mkdtempSync(join(tmpdir(), 'overlay-'));
    lower = join(directory, 'lower');
    fs.mkdirSync(join(lower, 'sub/deep'), { recursive: true });
    fs.writeFileSync(join(lower, 'file'), 'contents', { mode: 0o644 });
    fs.writeFileSync(join(lower, 'sub/a'), 'a');
    fs.writeFileSync(join(lower, 'sub/deep/b'), 'b');
    fs.symlinkSync('file', join(lower, 'link'));
    fs.linkSync(join(lower, 'file'), join(lower, 'twin'));
    tree = new TestTree();
    overlay = over([hostFs(lower, true).root]);
    tree.directory('/o');
    tree.mounts.mount(overlay, tree.at('/o'));
  });
  afterEach(() => fs.rmSync(directory, { recursive: true }));

  function hostFs(hostPath: string, readOnly: boolean): HostFs {
    return new HostFs(tree.mounts.allocateDevice(), tree.pool, { hostPath, guestPath: '/o', readOnly });
  }
  function over(lowers: Inode[]): OverlayFs {
    const { mounts, clock } = tree;
    const device = mounts.allocateDevice();
    return new OverlayFs({ device, clock, special: mounts.special, lowers, memory: tree.newFs() });
  }
  const read = (inode: Inode): string => {
    const file = inode.open(O_RDONLY).retain();
    const bytes = new Uint8Array(1000);
    const count = file.read(bytes);
    file.release();
    return Buffer.from(bytes.subarray(0, count)).toString();
  };
  const write = (path: string, text: string, at = 0): void => {
    const file = tree.at(path).inode.open(O_RDWR).retain();
    file.write(Buffer.from(text), at);
    file.release();
  };
  const names = (path: string): string[] =>
    tree
      .at(path)
      .inode.entries()
      .map(({ name }) => name)
      .sort();
  const move = (from: string, to: string): void => {
    const [a, b] = [tree.walk(from, { follow: false }), tree.walk(to, { follow: false })];
    a.parent.inode.rename(a.name, b.parent.inode, b.name);
    a.location!.moveTo(b.parent, b.name);
  };

  it('changes files in memory, under their old numbers and all their names', () => {
    const before = tree.at('/o/file').inode;
    expect(read(before)).to.equal('contents');
    const { ino } = before;
    write('/o/file', 'C');
    expect(tree.at('/o/file').inode).to.equal(before);
    expect(before.ino).to.equal(ino);
    expect(read(tree.at('/o/twin').inode)).to.equal('Contents');
    expect(tree.at('/o/link').inode).to.equal(before);
    expect(fs.readFileSync(join(lower, 'file'), 'latin1')).to.equal('contents');
    expect(before.attributes()).to.include({ sizeBytes: 8, nlink: 2 });
  });

  it('keeps a changed file that nobody has open', () => {
    tree.at('/o/sub/deep/b').inode.setAttributes({ uid: 42, mode: 0o100600 });
    expect(tree.at('/o/sub/deep/b').inode.attributes()).to.include({ uid: 42, mode: 0o100600, sizeBytes: 1 });
    expect(read(tree.at('/o/sub/deep/b').inode)).to.equal('b');
  });

  it('shows who has a file open what others write', () => {
    const reader = tree.at('/o/file').inode.open(O_RDONLY).retain();
    const bytes = new Uint8Array(8);
    reader.read(bytes.subarray(0, 4));
    write('/o/file', 'CONTENTS');
    expect(reader.read(bytes.subarray(4))).to.equal(4);
    expect(Buffer.from(bytes).toString()).to.equal('contENTS');
    tree.at('/o/sub').inode.rename('a', tree.at('/o').inode, 'file');
    expect(reader.read(bytes, 0)).to.equal(8);
    reader.release();
    expect(read(tree.at('/o/file').inode)).to.equal('a');
  });

  it('removes, makes anew and lists', () => {
    const sub = tree.at('/o/sub').inode;
    expect(errnoOf(() => tree.at('/o').inode.rmdir('sub'))).to.equal(ENOTEMPTY);
    sub.unlink('a');
    expect(tree.walk('/o/sub/a').location).to.equal(undefined);
    tree.at('/o/sub/deep').inode.unlink('b');
    sub.rmdir('deep');
    tree.at('/o').inode.rmdir('sub');
    expect(names('/o')).to.deep.equal(['file', 'link', 'twin']);
    tree.directory('/o/sub');
    expect(names('/o/sub')).to.deep.equal([]);
    tree.file('/o/sub/new', 'n');
    expect(names('/o/sub')).to.deep.equal(['new']);
    expect(tree.at('/o').inode.attributes().nlink).to.equal(fs.statSync(lower).nlink);
    expect(fs.existsSync(join(lower, 'sub/deep/b'))).to.equal(true);
  });

  it('renames directories of the lower layer with all that is in them', () => {
    const { ino } = tree.at('/o/sub/deep').inode;
    write('/o/sub/a', 'A');
    move('/o/sub', '/o/moved');
    expect(names('/o')).to.deep.equal(['file', 'link', 'moved', 'twin']);
    expect(read(tree.at('/o/moved/a').inode)).to.equal('A');
    expect(read(tree.at('/o/moved/deep/b').inode)).to.equal('b');
    expect(tree.at('/o/moved/deep').inode.ino).to.equal(ino);
    const root = tree.at('/o').inode;
    root.exchange('moved', root, 'file');
    expect(read(tree.at('/o/moved').inode)).to.equal('contents');
    expect(names('/o/file')).to.deep.equal(['a', 'deep']);
  });

  it('maps the pages that reads see', () => {
    const { inode } = tree.at('/o/file');
    const file = inode.open(O_RDWR).retain();
    const frame = inode.page(0)!;
    tree.pool.bytes(frame).set(Buffer.from('J'));
    expect(read(inode)).to.equal('Jontents');
    const dropped: number[] = [];
    inode.addPageUser({ dropPages: (of, first) => dropped.push(of === inode ? first : -1) });
    inode.truncate(0);
    expect(dropped).to.deep.equal([0]);
    file.release();
  });

  it('gives back the memory of files that are gone', () => {
    const used = tree.pool.frames.size;
    tree.file('/o/big', 'x'.repeat(50_000));
    expect(tree.pool.frames.size).to.be.greaterThan(used);
    const file = tree.at('/o/big').inode.open(O_RDONLY).retain();
    tree.at('/o').inode.unlink('big');
    expect(file.read(new Uint8Array(10))).to.equal(10);
    file.release();
    expect(tree.pool.frames.size).to.equal(used);
  });

  it('merges several layers, with whiteouts and opaque directories', () => {
    const top = tree.newFs();
    const upper = top.root.create('sub', 0o040755, ROOT, 0);
    upper.create('new', 0o100644, ROOT, 0);
    upper.create('a', S_IFCHR, ROOT, 0);
    const merged = over([top.root, hostFs(lower, true).root]).root;
    const list = (inode: Inode) => inode.entries().map(({ name }) => name).sort(); // prettier-ignore
    expect(list(merged)).to.deep.equal(['file', 'link', 'sub', 'twin']);
    expect(list(merged.lookup('sub')!)).to.deep.equal(['deep', 'new']);
    upper.extendedAttributes(true).set('trusted.overlay.opaque', Buffer.from('y'), 'any');
    const opaque = over([top.root, hostFs(lower, true).root]).root;
    expect(list(opaque.lookup('sub')!)).to.deep.equal(['new']);
  });

  it('is saved and loaded with its changes, over whatever is granted then', () => {
    write('/o/file', 'C');
    move('/o/sub', '/o/moved');
    tree.at('/o').inode.unlink('link');
    const other = join(directory, 'other');
    fs.cpSync(lower, other, { recursive: true });
    const reports: string[] = [];
    const services = tree.services().provide(hostPaths, {
      granted: () => ({ path: other, readOnly: false }),
      report: ({ message }) => reports.push(message),
    });
    const { graph } = saveGraph(tree.mounts, services);
    const { root } = loadGraph(graph, MountTable, services);
    tree = Object.assign(tree, { mounts: root, root: root.mounts[0]!.root });
    expect(read(tree.at('/o/file').inode)).to.equal('Contents');
    expect(names('/o')).to.deep.equal(['file', 'moved', 'twin']);
    expect(read(tree.at('/o/moved/deep/b').inode)).to.equal('b');
    write('/o/moved/a', 'changed');
    expect(fs.readFileSync(join(other, 'sub/a'), 'latin1')).to.equal('a');
    expect(reports).to.deep.equal([]);
  });

  describe('committed', () => {
    let target: string;
    beforeEach(() => {
      target = join(directory, 'target');
      fs.mkdirSync(target);
    });
    const commit = (to = target) => commitOverlay(overlay, hostFs(to, false).root, to === lower);
    const all = (of: string): string[] =>
      fs
        .readdirSync(of, { recursive: true, withFileTypes: true })
        .map((entry) => join(entry.parentPath, entry.name).slice(of.length + 1))
        .sort();

    it('gives an empty directory the changed files alone', () => {
      write('/o/sub/a', 'A');
      tree.file('/o/new', 'n', 0o4755);
      tree.at('/o').inode.unlink('file');
      expect(commit()).to.deep.equal({ written: 3, removed: 0, skipped: [] });
      expect(all(target)).to.deep.equal(['new', 'sub', 'sub/a']);
      expect(fs.readFileSync(join(target, 'sub/a'), 'latin1')).to.equal('A');
      expect(fs.statSync(join(target, 'new')).mode & 0o7777).to.equal(0o755);
    });

    it('makes of the lower directory itself what the guest saw', () => {
      const root = tree.at('/o').inode;
      root.exchange('sub', root, 'file');
      root.symlink('other', '/nowhere', ROOT);
      root.link('hard', tree.at('/o/sub').inode);
      tree.at('/o/file/deep').inode.unlink('b');
      root.unlink('link');
      const report = commit(lower);
      expect(report.skipped).to.deep.equal([]);
      expect(all(lower)).to.deep.equal(['file', 'file/a', 'file/deep', 'hard', 'other', 'sub', 'twin']);
      expect(fs.readFileSync(join(lower, 'sub'), 'latin1')).to.equal('contents');
      expect(fs.statSync(join(lower, 'sub')).ino).to.equal(fs.statSync(join(lower, 'hard')).ino);
      expect(fs.readlinkSync(join(lower, 'other'))).to.equal('/nowhere');
    });

    it('replaces a directory that was removed and made again', () => {
      fs.cpSync(lower, target, { recursive: true });
      move('/o/sub', '/o/elsewhere');
      tree.directory('/o/sub');
      tree.file('/o/sub/only', 'o');
      commit();
      expect(all(join(target, 'sub'))).to.deep.equal(['only']);
      expect(fs.readFileSync(join(target, 'elsewhere/deep/b'), 'latin1')).to.equal('b');
    });

    it('follows no link of the directory, and makes no devices', () => {
      const outside = join(directory, 'outside');
      fs.mkdirSync(outside);
      fs.writeFileSync(join(outside, 'a'), 'untouched');
      fs.symlinkSync('../outside', join(target, 'sub'));
      fs.symlinkSync('outside/a', join(target, 'file'));
      write('/o/sub/a', 'A');
      write('/o/file', 'F');
      tree.at('/o').inode.create('pipe', S_IFIFO | 0o600, ROOT, 0);
      const { skipped } = commit();
      expect(skipped).to.deep.equal(['/pipe: neither a file, a directory nor a link']);
      expect(fs.readFileSync(join(outside, 'a'), 'latin1')).to.equal('untouched');
      expect(fs.readdirSync(outside)).to.deep.equal(['a']);
      expect(fs.lstatSync(join(target, 'sub')).isDirectory()).to.equal(true);
      expect(fs.readFileSync(join(target, 'file'), 'latin1')).to.equal('Fontents');
    });

    it('goes on with the others when one cannot be written, and is no trap when a tree is deep', () => {
      let at = tree.at('/o').inode;
      for (let depth = 0; depth < 600; depth++) at = at.create('d', 0o040755, ROOT, 0);
      tree.file('/o/z', 'z');
      const { skipped } = commit();
      expect(skipped).to.have.length(1);
      expect(skipped[0]).to.match(/: too deep$/);
      expect(fs.readFileSync(join(target, 'z'), 'latin1')).to.equal('z');
    });
  });

  it('has no links to files of another file system', () => {
    expect(errnoOf(() => tree.at('/o').inode.link('x', tree.file('/x').inode))).to.equal(EINVAL);
    expect(tree.walk('/o/x').location).to.equal(undefined);
  });
});
