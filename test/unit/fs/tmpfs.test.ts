import { expect } from 'chai';
import { loadGraph } from '../../../src/ckpt/state/load.js';
import { saveGraph } from '../../../src/ckpt/state/save.js';
import { EISDIR, ENOSPC, ENOTEMPTY, ENXIO, EPERM } from '../../../src/vkernel/abi/errno.js';
import {
  F_SEAL_GROW,
  F_SEAL_WRITE,
  O_APPEND,
  O_RDWR,
  SEEK_DATA,
  SEEK_HOLE,
} from '../../../src/vkernel/abi/fcntl.js';
import { DirectoryFile } from '../../../src/vkernel/vfs/directory-file.js';
import { MountTable } from '../../../src/vkernel/vfs/mount.js';
import { MOST_INODES } from '../../../src/vkernel/vfs/special-files.js';
import { TmpfsRegular } from '../../../src/vkernel/fs/tmpfs/tmpfs-regular.js';
import { errnoOf, ROOT, TestTree } from '../../support/memory-pool.js';

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');

describe('tmpfs', () => {
  let tree: TestTree;
  beforeEach(() => {
    tree = new TestTree();
  });
  const open = (path: string, flags = O_RDWR) => tree.at(path).inode.open(flags, tree.at(path)).retain();
  const read = (path: string) => {
    const bytes = new Uint8Array(100_000);
    return text(bytes.subarray(0, open(path).read(bytes)));
  };

  it('shares its pages between reads, writes and mappings', () => {
    const { inode } = tree.file('/f', 'hello');
    const frame = inode.page(0)!;
    tree.pool.bytes(frame).set(Buffer.from('J'));
    expect(read('/f')).to.equal('Jello');
    open('/f').write(Buffer.from('w'), 4);
    expect(text(tree.pool.bytes(frame).subarray(0, 5))).to.equal('Jellw');
    expect(inode.page(1)).to.equal(undefined);
  });

  it('keeps holes without frames, and finds them', () => {
    tree.file('/f');
    const file = open('/f');
    file.write(Buffer.from('x'), 10 * 4096);
    expect(tree.pool.frames.size).to.equal(1);
    expect(file.inode.attributes().sizeBytes).to.equal(10 * 4096 + 1);
    expect(file.inode.blocks()).to.equal(8);
    expect(file.seek(0, SEEK_DATA)).to.equal(40960);
    expect(file.seek(0, SEEK_HOLE)).to.equal(0);
    expect(file.seek(40960, SEEK_HOLE)).to.equal(40961);
    expect(errnoOf(() => file.seek(40961, SEEK_DATA))).to.equal(ENXIO);
    expect(file.read(new Uint8Array(10), 5)).to.equal(10);
  });

  it('counts its inodes and their attributes, which a machine has so many of', () => {
    const { special } = tree.mounts;
    const { heldInodes: before } = special;
    tree.file('/f');
    const { inode } = tree.at('/f');
    inode.extendedAttributes(true).set('user.a', new Uint8Array(5000), 'any');
    special.holdInodes(5);
    const { graph } = saveGraph(tree.mounts, tree.services());
    expect(loadGraph(graph, MountTable, tree.services()).root.special.heldInodes).to.equal(before + 6);
    special.holdInodes(MOST_INODES - special.heldInodes);
    expect(errnoOf(() => tree.file('/g'))).to.equal(ENOSPC);
    tree.at('/').inode.unlink('f');
    expect(special.heldInodes).to.equal(MOST_INODES - 6);
    tree.file('/g');
  });

  it('shows zeros where a file was cut and grew again', () => {
    tree.file('/f', 'abcdef');
    const { inode } = tree.at('/f');
    inode.truncate(2);
    tree.pool.bytes(inode.page(0)!).set(Buffer.from('JUNK'), 2); // a store behind the end of a mapping
    inode.truncate(6);
    expect(read('/f')).to.equal('ab\0\0\0\0');
  });

  it('tells who maps pages that they go', () => {
    tree.file('/f', 'x'.repeat(5000));
    const { inode } = tree.at('/f');
    const dropped: number[] = [];
    inode.addPageUser({ dropPages: (_, first) => dropped.push(first) });
    inode.truncate(100);
    expect(dropped).to.deep.equal([1]);
    expect(tree.pool.frames.size).to.equal(1);
  });

  it('writes what fits when it is full', () => {
    const small = tree.newFs(2);
    const inode = small.root.create('f', 0o100644, ROOT, 0);
    const file = inode.open(O_RDWR).retain();
    expect(file.write(new Uint8Array(10_000).fill(1))).to.equal(8192);
    expect(errnoOf(() => file.write(new Uint8Array(1)))).to.equal(ENOSPC);
    expect(small.usage().blocksFree).to.equal(0);
    inode.truncate(0);
    expect(small.usage().blocksFree).to.equal(2);
  });

  it('appends whatever the position', () => {
    tree.file('/f', 'one');
    const file = open('/f', O_RDWR | O_APPEND);
    file.write(Buffer.from('two'), 0);
    expect(read('/f')).to.equal('onetwo');
  });

  it('keeps an unlinked file until it is closed', () => {
    tree.file('/f', 'data');
    const file = open('/f');
    tree.root.inode.unlink('f');
    expect(file.inode.attributes().nlink).to.equal(0);
    const bytes = new Uint8Array(4);
    file.read(bytes);
    expect(text(bytes)).to.equal('data');
    file.release();
    expect(tree.pool.frames.size).to.equal(0);
  });

  it('counts links', () => {
    tree.file('/f', 'data');
    tree.directory('/d');
    const [root, d] = [tree.root.inode, tree.at('/d').inode];
    expect(root.attributes().nlink).to.equal(3);
    d.link('g', tree.at('/f').inode);
    root.unlink('f');
    expect(tree.at('/d/g').inode.attributes().nlink).to.equal(1);
    expect(errnoOf(() => root.rmdir('d'))).to.equal(ENOTEMPTY);
    d.unlink('g');
    expect(tree.pool.frames.size).to.equal(0);
    root.rmdir('d');
    expect(root.attributes().nlink).to.equal(2);
    expect(d.attributes().nlink).to.equal(0);
  });

  it('renames over files and between directories, and swaps', () => {
    tree.file('/f', 'new');
    tree.file('/g', 'old');
    tree.directory('/d');
    const [root, d] = [tree.root.inode, tree.at('/d').inode];
    root.rename('f', root, 'g');
    expect(read('/g')).to.equal('new');
    tree.file('/h', 'h');
    d.create('sub', 0o040755, ROOT, 0);
    root.exchange('h', d, 'sub');
    expect([root.attributes().nlink, d.attributes().nlink]).to.deep.equal([4, 2]);
    expect(read('/d/h'.replace('h', 'sub'))).to.equal('h');
    expect(tree.pool.frames.size).to.equal(2);
  });

  it('obeys seals', () => {
    const inode = new TmpfsRegular(tree.fs, 0o100777, ROOT, 0);
    const file = inode.open(O_RDWR).retain();
    file.write(Buffer.from('abc'));
    inode.addSeals(F_SEAL_GROW);
    expect(errnoOf(() => file.write(Buffer.from('d')))).to.equal(EPERM);
    expect(file.write(Buffer.from('A'), 0)).to.equal(1);
    inode.addSeals(F_SEAL_WRITE);
    expect(errnoOf(() => file.write(Buffer.from('A'), 0))).to.equal(EPERM);
    expect(errnoOf(() => tree.file('/f').inode.addSeals(F_SEAL_GROW))).to.equal(EPERM);
  });

  it('lists a directory completely while its entries go', () => {
    for (const name of ['a', 'b', 'c']) tree.file(`/${name}`);
    const directory = open('/', 0) as DirectoryFile;
    const names: string[] = [];
    for (let entry = directory.entry(); entry !== undefined; entry = directory.entry()) {
      names.push(entry.name);
      directory.offset++;
      if (entry.name.length === 1 && entry.name !== '.') tree.root.inode.unlink(entry.name);
    }
    expect(names).to.deep.equal(['.', '..', 'a', 'b', 'c']);
    expect(errnoOf(() => directory.read())).to.equal(EISDIR);
  });

  it('survives a save and a load', () => {
    tree.directory('/d');
    tree.file('/d/f', 'kept');
    tree.symlink('/l', 'd/f');
    const file = open('/d/f');
    file.seek(2, 0);
    tree.at('/d').inode.unlink('f');
    const { graph, lost } = saveGraph(tree.mounts, tree.services());
    expect(lost).to.deep.equal([]);
    const loaded = loadGraph(graph, MountTable, tree.services());
    expect(loaded.root.mounts[0]!.root.inode.lookup('l')!.readlink()).to.equal('d/f');
  });
});
