import { expect } from 'chai';
import { EINVAL } from '../../../src/vkernel/abi/errno.js';
import { O_RDONLY } from '../../../src/vkernel/abi/fcntl.js';
import {
  IN_CREATE,
  IN_DELETE,
  IN_IGNORED,
  IN_OPEN,
  IN_Q_OVERFLOW,
} from '../../../src/vkernel/abi/inotify.js';
import { AnonFs } from '../../../src/vkernel/fs/anon/anon-fs.js';
import { InotifyFile, MAX_QUEUED_EVENTS } from '../../../src/vkernel/fs/anon/inotify-file.js';
import { notifyFile, notifyName } from '../../../src/vkernel/vfs/notify.js';
import { errnoOf, TestTree } from '../../support/memory-pool.js';

describe('inotify', () => {
  let tree: TestTree;
  let file: InotifyFile;
  beforeEach(() => {
    tree = new TestTree();
    const fs = new AnonFs(tree.mounts.allocateDevice(), tree.clock);
    file = new InotifyFile(fs.root, O_RDONLY, fs.location('inotify')).retain();
  });

  it('says once that events are missing, and goes on when the queue was read', () => {
    const { inode } = tree.directory('/d');
    const entry = tree.file('/d/f').inode;
    expect(file.watch(inode, IN_CREATE | IN_DELETE)).to.equal(1);
    for (let i = 0; i < MAX_QUEUED_EVENTS; i++)
      notifyName(inode, i % 2 === 0 ? IN_CREATE : IN_DELETE, 'f', entry);
    expect(file.events).to.have.length(MAX_QUEUED_EVENTS);
    for (let i = 0; i < 5; i++) notifyName(inode, i % 2 === 0 ? IN_CREATE : IN_DELETE, 'f', entry);
    expect(file.events).to.have.length(MAX_QUEUED_EVENTS + 1);
    expect(file.events.at(-1)).to.include({ wd: -1, mask: IN_Q_OVERFLOW });
    const bytes = new Uint8Array(2 ** 20);
    expect(file.read(bytes)).to.equal(MAX_QUEUED_EVENTS * 32 + 16);
    expect(file.poll()).to.equal(0);
    notifyName(inode, IN_CREATE, 'f', entry);
    expect(file.events).to.have.length(1);
  });

  it('costs an inode nothing once nobody watches it', () => {
    const location = tree.file('/f');
    const { inode } = location;
    const wd = file.watch(inode, IN_OPEN);
    file.forget(file.watches.get(wd)!);
    expect(inode.watchers).to.equal(undefined);
    expect(file.events.map(({ mask }) => mask)).to.deep.equal([IN_IGNORED]);
    file.watch(inode, IN_OPEN);
    file.release();
    expect(inode.watchers).to.equal(undefined);
    notifyFile(inode, location, IN_OPEN);
  });

  it('gives no part of an event', () => {
    const { inode } = tree.directory('/d');
    file.watch(inode, IN_CREATE);
    notifyName(inode, IN_CREATE, 'n'.repeat(16), inode);
    expect(errnoOf(() => file.read(new Uint8Array(47)))).to.equal(EINVAL);
    expect(file.read(new Uint8Array(48))).to.equal(48);
  });
});
