import { expect } from 'chai';
import { EBADF, EMFILE } from '../../../src/vkernel/abi/errno.js';
import { O_PATH } from '../../../src/vkernel/abi/fcntl.js';
import { FdTable } from '../../../src/vkernel/vfs/fd-table.js';
import { FileLock, FileLocks, TO_THE_END } from '../../../src/vkernel/vfs/file-locks.js';
import { PathFile } from '../../../src/vkernel/vfs/path-file.js';
import { errnoOf, TestTree } from '../../support/memory-pool.js';

describe('descriptor table', () => {
  const open = () => new TestTree().file('/f').inode.open(2);

  it('gives the lowest free descriptor, within the limit', () => {
    const table = new FdTable();
    const file = open();
    expect([0, 1, 2].map(() => table.install(file, 4))).to.deep.equal([0, 1, 2]);
    table.close(1);
    expect(table.install(file, 4)).to.equal(1);
    expect(table.install(file, 20, false, 10)).to.equal(10);
    expect(table.install(file, 4)).to.equal(3);
    expect(errnoOf(() => table.install(file, 4))).to.equal(EMFILE);
    expect(file.references).to.equal(5);
  });

  it('closes the file with its last descriptor', () => {
    const table = new FdTable();
    const file = open();
    table.installNew(file, 4);
    const copy = table.copy();
    table.release();
    expect(file.references).to.equal(1);
    copy.release();
    expect(file.references).to.equal(0);
    expect(file.inode.openCount).to.equal(0);
  });

  it('closes a new file for which there is no room', () => {
    const file = open();
    expect(errnoOf(() => new FdTable().installNew(file, 0))).to.equal(EMFILE);
    expect(file.inode.openCount).to.equal(0);
  });

  it('closes on exec what is marked', () => {
    const table = new FdTable();
    table.installNew(open(), 9, true);
    table.installNew(open(), 9, false);
    table.closeOnExec();
    expect([...table.descriptors()]).to.deep.equal([1]);
  });

  it('keeps O_PATH descriptors from calls that want contents', () => {
    const tree = new TestTree();
    const table = new FdTable();
    const fd = table.installNew(new PathFile(tree.root.inode, O_PATH, tree.root), 9);
    expect(errnoOf(() => table.get(fd))).to.equal(EBADF);
    expect(table.getAny(fd).inode).to.equal(tree.root.inode);
  });

  it('splits and releases record locks', () => {
    const [one, other] = [new FdTable(), new FdTable()];
    const file = open();
    const fd = one.installNew(file, 9);
    const locks = (file.inode.locks = new FileLocks());
    locks.set(new FileLock('record', one, true, { start: 0, end: TO_THE_END }, 1));
    locks.clear('record', one, 10, 20);
    const wants = (start: number, end: number) =>
      locks.conflict(new FileLock('record', other, false, { start, end }, 2));
    expect(wants(10, 20)).to.equal(undefined);
    expect(wants(9, 11)).to.include({ start: 0, end: 10 });
    expect(wants(19, 21)).to.include({ start: 20, end: TO_THE_END });
    one.close(fd);
    expect(wants(0, 100)).to.equal(undefined);
  });
});
