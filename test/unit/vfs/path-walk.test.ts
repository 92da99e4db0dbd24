import { expect } from 'chai';
import { EACCES, ELOOP, ENAMETOOLONG, ENOENT, ENOTDIR, EXDEV } from '../../../src/vkernel/abi/errno.js';
import { linkText, pathText } from '../../../src/vkernel/vfs/location.js';
import { existing, walk } from '../../../src/vkernel/vfs/path-walk.js';
import { errnoOf, ROOT, TestTree } from '../../support/memory-pool.js';

describe('path walk', () => {
  let tree: TestTree;

  beforeEach(() => {
    tree = new TestTree();
    tree.directory('/a');
    tree.directory('/a/b');
    tree.file('/a/b/f', 'hello');
  });

  it('reaches the same place by every spelling', () => {
    const file = tree.at('/a/b/f');
    for (const path of ['a/b/f', '//a///b/./f', '/a/../a/b/../b/f', '/../../a/b/f'])
      expect(tree.at(path)).to.equal(file);
    expect(pathText(file, tree.root)).to.deep.equal({ text: '/a/b/f', reachable: true });
  });

  it('tells a missing last component from a missing directory', () => {
    expect(tree.walk('/a/new')).to.include({
      location: undefined,
      name: 'new',
      last: 'name',
      trailingSlash: false,
    });
    expect(errnoOf(() => tree.walk('/missing/new'))).to.equal(ENOENT);
    expect(errnoOf(() => tree.walk('/a/b/f/new'))).to.equal(ENOTDIR);
    expect(errnoOf(() => tree.walk(''))).to.equal(ENOENT);
    expect(errnoOf(() => existing(tree.walk('/a/b/f/')))).to.equal(ENOTDIR);
  });

  it('limits names to 255 bytes and links to 40', () => {
    expect(errnoOf(() => tree.walk('/' + 'x'.repeat(255)))).to.equal(0);
    expect(errnoOf(() => tree.walk('/' + 'x'.repeat(256)))).to.equal(ENAMETOOLONG);
    tree.symlink('/l0', '/a/b/f');
    for (let i = 1; i <= 40; i++) tree.symlink(`/l${i}`, `l${i - 1}`);
    expect(tree.at('/l39').name).to.equal('f');
    expect(errnoOf(() => tree.walk('/l40'))).to.equal(ELOOP);
    tree.symlink('/loop', 'loop');
    expect(errnoOf(() => tree.walk('/loop'))).to.equal(ELOOP);
    expect(tree.walk('/loop', { follow: false }).location?.inode.readlink()).to.equal('loop');
  });

  it('follows a final link for a trailing slash, and to where a dangling one points', () => {
    tree.symlink('/dir', 'a/b');
    expect(tree.walk('/dir/', { follow: false }).location).to.equal(tree.at('/a/b'));
    tree.symlink('/dangling', 'a/later');
    expect(tree.walk('/dangling')).to.include({ location: undefined, parent: tree.at('/a'), name: 'later' });
  });

  it('asks for execute permission on every directory', () => {
    tree.at('/a').inode.setAttributes({ mode: 0o040700 });
    expect(errnoOf(() => tree.walk('/a/b', { uid: 1000 }))).to.equal(EACCES);
    expect(errnoOf(() => tree.walk('/a', { uid: 1000 }))).to.equal(0);
  });

  it('crosses mounts both ways, and stays below a changed root', () => {
    const other = tree.newFs();
    const mount = tree.mounts.mount(other, tree.at('/a/b'));
    expect(tree.at('/a/b')).to.equal(mount.root);
    tree.directory('/a/b/in');
    expect(tree.at('/a/b/in/../..').inode).to.equal(tree.at('/a').inode);
    expect(pathText(tree.at('/a/b/in'), tree.root).text).to.equal('/a/b/in');
    const jail = tree.at('/a');
    expect(tree.walk('/../../..', { root: jail }).location).to.equal(jail);
    expect(tree.walk('b/../..', { root: jail, start: jail }).location).to.equal(jail);
    expect(pathText(tree.root, jail).reachable).to.equal(false);
    tree.mounts.detach(mount);
    expect(tree.at('/a/b/f').inode.attributes().sizeBytes).to.equal(5);
  });

  it('holds walks of openat2 below their start', () => {
    tree.symlink('/a/up', '../..');
    tree.symlink('/a/abs', '/a');
    const start = tree.at('/a');
    const beneath = { root: start, start, subject: ROOT, follow: true, beneath: 'refuse' } as const;
    expect(errnoOf(() => walk('b/../..', beneath))).to.equal(EXDEV);
    expect(errnoOf(() => walk('up', beneath))).to.equal(EXDEV);
    expect(errnoOf(() => walk('abs', beneath))).to.equal(EXDEV);
    expect(walk('b/..', beneath).location).to.equal(start);
    expect(walk('up/b', { ...beneath, beneath: 'clamp' }).location).to.equal(tree.at('/a/b'));
  });

  it('shows renames to who stands below, and removals as deleted', () => {
    const file = tree.at('/a/b/f');
    const [a, b] = [tree.at('/a'), tree.at('/a/b')];
    tree.root.inode.rename('a', tree.root.inode, 'z');
    a.moveTo(tree.root, 'z');
    expect(pathText(file, tree.root).text).to.equal('/z/b/f');
    expect(tree.at('/z/b')).to.equal(b);
    b.inode.unlink('f');
    file.forget();
    expect(linkText(file, tree.root)).to.equal('/z/b/f (deleted)');
  });
});
