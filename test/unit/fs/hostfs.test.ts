import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EINVAL, ENOENT, ENOTDIR, ENOTEMPTY, ENXIO, EPERM, EROFS } from '../../../src/vkernel/abi/errno.js';
import { O_RDONLY, O_RDWR } from '../../../src/vkernel/abi/fcntl.js';
import { S_IFIFO, S_IFREG } from '../../../src/vkernel/abi/stat.js';
import type { HostDirectory } from '../../../src/vkernel/fs/hostfs/host-directory.js';
import { HostFs } from '../../../src/vkernel/fs/hostfs/hostfs.js';
import { enterCall, leaveCall } from '../../../src/vkernel/vfs/current-call.js';
import type { Inode } from '../../../src/vkernel/vfs/inode.js';
import type { Location } from '../../../src/vkernel/vfs/location.js';
import { walk } from '../../../src/vkernel/vfs/path-walk.js';
import { errnoOf, ROOT, TestTree } from '../../support/memory-pool.js';

const sizeOf = (inode: Inode): number => inode.attributes().sizeBytes;

describe('hostfs', () => {
  let directory: string;
  let granted: string;
  let tree: TestTree;

  beforeEach(() => {
    directory = fs.mkdtempSync(join(tmpdir(), 'hostfs-'));
    granted = join(directory, 'granted');
    fs.mkdirSync(join(granted, 'sub'), { recursive: true });
    fs.writeFileSync(join(granted, 'file'), 'contents');
    fs.writeFileSync(join(directory, 'secret'), 'secret');
    tree = new TestTree();
  });
  afterEach(() => fs.rmSync(directory, { recursive: true }));

  const mount = (readOnly = false): Location => {
    const host = new HostFs(tree.mounts.allocateDevice(), tree.pool, {
      hostPath: granted,
      guestPath: '/host',
      readOnly,
    });
    tree.directory('/host');
    return tree.mounts.mount(host, tree.at('/host')).root;
  };
  const open = (path: string, flags = O_RDWR) => tree.at(path).inode.open(flags, tree.at(path)).retain();
  const text = (path: string) => {
    const bytes = new Uint8Array(100);
    const file = open(path);
    const count = file.read(bytes);
    file.release();
    return Buffer.from(bytes.subarray(0, count)).toString();
  };

  it('reads and writes the host, and shows its user as root', () => {
    mount();
    expect(text('/host/file')).to.equal('contents');
    expect(tree.at('/host/file').inode.attributes()).to.include({ uid: 0, gid: 0, sizeBytes: 8, nlink: 1 });
    tree.file('/host/sub/new', 'made', 0o640);
    expect(fs.readFileSync(join(granted, 'sub/new'), 'latin1')).to.equal('made');
    expect(fs.statSync(join(granted, 'sub/new')).mode & 0o7777).to.equal(0o640);
    // Nobody gets programs that run as whoever runs vkernel.
    tree.at('/host/sub/new').inode.setAttributes({ mode: S_IFREG | 0o6755 });
    expect(fs.statSync(join(granted, 'sub/new')).mode & 0o7777).to.equal(0o755);
    const names = tree.at('/host').inode.entries();
    expect(names.map(({ name }) => name).sort()).to.deep.equal(['file', 'sub']);
  });

  it('is the same inode by every name', () => {
    const root = mount();
    root.inode.link('other', tree.at('/host/file').inode);
    expect(tree.at('/host/other').inode).to.equal(tree.at('/host/file').inode);
    expect(tree.at('/host/file').inode.attributes().nlink).to.equal(2);
  });

  it('follows no link of the host out of the granted directory', () => {
    mount();
    fs.symlinkSync(join(directory, 'secret'), join(granted, 'absolute'));
    fs.symlinkSync('../secret', join(granted, 'relative'));
    fs.symlinkSync('..', join(granted, 'up'));
    const reached = (path: string) => {
      let found: Location | undefined;
      const errno = errnoOf(() => (found = tree.walk(path).location));
      return found ?? errno;
    };
    for (const path of ['absolute', 'relative', 'up/secret', '../secret', 'sub/../../secret']) {
      expect(reached(`/host/${path}`), path).to.be.oneOf([0, ENOENT]);
    }
    expect(reached('/host/up')).to.equal(tree.root);
  });

  for (const wasOpen of [true, false]) {
    it(`is not led astray by a directory that becomes a link ${wasOpen ? 'while open' : 'before it is opened'}`, () => {
      const root = mount();
      fs.writeFileSync(join(granted, 'sub', 'secret'), 'harmless');
      const sub = tree.at('/host/sub');
      if (wasOpen) sub.inode.entries();
      fs.renameSync(join(granted, 'sub'), join(granted, 'moved'));
      fs.symlinkSync(directory, join(granted, 'sub'));
      const options = { root, start: sub, subject: ROOT, follow: true };
      if (!wasOpen) {
        expect(errnoOf(() => walk('secret', options))).to.equal(ENOTDIR);
        return;
      }
      const bytes = new Uint8Array(8);
      walk('secret', options).location!.inode.open(0).retain().read(bytes);
      expect(Buffer.from(bytes).toString()).to.equal('harmless');
    });
  }

  it('opens no device or pipe of the host, and makes none', () => {
    const root = mount();
    expect(errnoOf(() => root.inode.create('fifo', S_IFIFO | 0o600, ROOT, 0))).to.equal(EPERM);
    execFileSync('mkfifo', [join(granted, 'pipe')]);
    expect(tree.at('/host/pipe').inode.type).to.equal(S_IFIFO);
    expect(errnoOf(() => open('/host/pipe'))).to.equal(ENXIO);
  });

  it('refuses ownership it cannot express', () => {
    mount();
    const { inode } = tree.at('/host/file');
    inode.setAttributes({ uid: 0, gid: 0, mode: 0o100600 });
    expect(fs.statSync(join(granted, 'file')).mode & 0o777).to.equal(0o600);
    expect(errnoOf(() => inode.setAttributes({ uid: 1000 }))).to.equal(EPERM);
  });

  it('changes nothing when it is read-only', () => {
    const root = mount(true);
    expect(errnoOf(() => root.inode.unlink('file'))).to.equal(EROFS);
    expect(errnoOf(() => root.inode.create('x', 0o100644, ROOT, 0))).to.equal(EROFS);
    expect(errnoOf(() => open('/host/file'))).to.equal(EROFS);
    expect(errnoOf(() => tree.at('/host/file').inode.truncate(0))).to.equal(EROFS);
  });

  it('keeps mappings, reads and writes of one mind', () => {
    mount();
    const file = open('/host/file');
    const { inode } = file;
    const page = tree.pool.bytes(inode.page(0)!);
    file.write(Buffer.from('C'), 0);
    expect(page[0]).to.equal(67);
    page.set(Buffer.from('K'), 0);
    expect(text('/host/file')).to.equal('Kontents');
    inode.writeBack(0);
    expect(fs.readFileSync(join(granted, 'file'), 'latin1')).to.equal('Kontents');
    file.release();
    expect(tree.pool.frames.size).to.equal(0);
  });

  describe('pages of a file that was closed', () => {
    const OLD = new Date('2020-01-01');
    const path = () => join(granted, 'file');
    /** Opens the file, reads its only page as a mapping does, and closes it. */
    const readPage = (whileOpen = () => {}) => {
      const file = open('/host/file', O_RDONLY);
      const held = file.inode.page(0)!;
      const contents = Buffer.from(tree.pool.bytes(held).subarray(0, 8)).toString('latin1');
      whileOpen();
      file.release();
      return { held, contents };
    };
    const write = (contents: string) => {
      fs.writeFileSync(path(), contents);
      fs.utimesSync(path(), OLD, OLD);
    };
    /** The time of the last change cannot be set: it is waited for. */
    const settle = () => new Promise((resolve) => setTimeout(resolve, 1050));

    it('are those of the next who opens it, until it changes', async () => {
      const { fs: host } = mount().inode as HostDirectory;
      await settle();
      const { held } = readPage();
      expect(readPage()).to.deep.equal({ held, contents: 'contents' });
      write('changed!');
      expect(readPage().contents).to.equal('changed!');
      expect(readPage(() => write('again...')).contents).to.equal('changed!');
      expect(readPage().contents).to.equal('again...');
      expect(host.closedPages.heldFrames).to.equal(0);
    });

    it('are given back when the pool wants them', async () => {
      const { fs: host } = mount().inode as HostDirectory;
      await settle();
      const before = tree.pool.frames.size;
      readPage();
      expect(tree.pool.frames.size).to.equal(before + 1);
      expect(host.closedPages.heldFrames).to.equal(1);
      host.closedPages.reclaim();
      expect(tree.pool.frames.size).to.equal(before);
      expect(readPage().contents).to.equal('contents');
    });
  });

  it('keeps an unlinked file readable while it is open', () => {
    const root = mount();
    const file = open('/host/file');
    root.inode.unlink('file');
    const bytes = new Uint8Array(8);
    expect(file.read(bytes)).to.equal(8);
    expect(file.attributes().nlink).to.equal(0);
    file.release();
    expect(errnoOf(() => root.inode.rmdir('sub'))).to.equal(0);
    fs.mkdirSync(join(granted, 'full/x'), { recursive: true });
    expect(errnoOf(() => root.inode.rmdir('full'))).to.equal(ENOTEMPTY);
  });

  it('takes no name whose bytes would be another path', () => {
    const root = mount();
    for (const name of ['\u012e\u012e', '..\u012fsecret', '\u0173ub'])
      expect(errnoOf(() => root.inode.lookup(name))).to.equal(EINVAL);
  });

  it('asks once in a system call, but again after a change of its own', () => {
    const root = mount();
    const { inode } = tree.at('/host/file');
    const sizes = (): number[] => [root.child('file')!, tree.at('/host/file')].map((at) => sizeOf(at.inode));
    enterCall();
    try {
      expect(sizeOf(inode)).to.equal(8);
      fs.appendFileSync(join(granted, 'file'), ' and more');
      expect(sizeOf(inode)).to.equal(8);
      inode.truncate(3);
      expect(sizes()).to.deep.equal([3, 3]);
      inode.setAttributes({ mode: S_IFREG | 0o600 });
      expect(inode.attributes().mode).to.equal(S_IFREG | 0o600);
      root.inode.link('second', inode);
      expect(inode.attributes().nlink).to.equal(2);
      enterCall();
      fs.appendFileSync(join(granted, 'file'), 'again');
      expect(sizes()).to.deep.equal([8, 8]);
    } finally {
      leaveCall();
    }
    fs.appendFileSync(join(granted, 'file'), '!');
    expect(sizeOf(inode)).to.equal(9);
  });

  it('reads and writes buffers that lie apart, with and without pages in memory', () => {
    mount();
    const file = open('/host/file');
    const pieces = () => [new Uint8Array(3), new Uint8Array(0), new Uint8Array(4), new Uint8Array(9)];
    const read = () => {
      const into = pieces();
      return [file.readSegments(into, 1), ...into.map((bytes) => Buffer.from(bytes).toString('latin1'))];
    };
    const bytes = (...parts: string[]) => parts.map((text) => new Uint8Array(Buffer.from(text)));
    const zeros = (count: number) => '\0'.repeat(count);
    expect(read()).to.deep.equal([7, 'ont', '', 'ents', zeros(9)]);
    expect(file.writeSegments(bytes('12', '', '345'), 6)).to.equal(5);
    expect(read()).to.deep.equal([10, 'ont', '', 'en12', `345${zeros(6)}`]);
    const held = file.inode.page(0)!;
    expect(file.writeSegments(bytes('MA', 'PPED'), 0)).to.equal(6);
    expect(Buffer.from(tree.pool.bytes(held)).toString('latin1', 0, 11)).to.equal('MAPPED12345');
    tree.pool.bytes(held)[2] = 'x'.charCodeAt(0);
    expect(read()).to.deep.equal([10, 'AxP', '', 'ED12', `345${zeros(6)}`]);
    expect(fs.readFileSync(join(granted, 'file'), 'latin1')).to.equal('MAPPED12345');
    file.offset = 9;
    expect(file.readSegments(pieces())).to.equal(2);
    expect(file.offset).to.equal(11);
    file.release();
  });
});
