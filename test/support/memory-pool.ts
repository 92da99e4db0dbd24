/** Frames without a guest, and a tree of files on them: for tests of file systems. */
import { ALL_CAPABILITIES } from '../../src/vkernel/abi/capability.js';
import { Services } from '../../src/ckpt/state/services.js';
import { ENOMEM, SysError } from '../../src/vkernel/abi/errno.js';
import { S_IFDIR, S_IFREG } from '../../src/vkernel/abi/stat.js';
import { Tmpfs } from '../../src/vkernel/fs/tmpfs/tmpfs.js';
import { ManualClock } from '../../src/vkernel/time/clock.js';
import type { Location } from '../../src/vkernel/vfs/location.js';
import { MountTable } from '../../src/vkernel/vfs/mount.js';
import { frameOfPage, pageOfFrame, pagePool, type PagePool } from '../../src/vkernel/vfs/page-pool.js';
import { walk, type Walked } from '../../src/vkernel/vfs/path-walk.js';
import { clockService } from '../../src/vkernel/vfs/services.js';

export class MemoryPool implements PagePool {
  readonly frames = new Map<number, { bytes: Uint8Array; references: number }>();
  next = 1;
  limit = Infinity;

  allocate(): number {
    if (this.frames.size >= this.limit) throw new SysError(ENOMEM);
    this.frames.set(this.next, { bytes: new Uint8Array(4096), references: 1 });
    return this.next++;
  }
  retain(frame: number): void {
    this.frames.get(frame)!.references++;
  }
  release(frame: number): void {
    const held = this.frames.get(frame)!;
    if (--held.references === 0) this.frames.delete(frame);
  }
  bytes(frame: number): Uint8Array {
    return this.frames.get(frame)!.bytes;
  }
  addReclaimable(): void {}
}

export const ROOT = { uid: 0, gid: 0, groups: [], effective: ALL_CAPABILITIES };
export const USER = { uid: 1000, gid: 1000, groups: [], effective: 0n };

/** A tmpfs as the root of a tree. */
export class TestTree {
  readonly pool = new MemoryPool();
  readonly clock = new ManualClock(0, 1_000_000_000n);
  readonly mounts = new MountTable();
  readonly fs = this.newFs();
  readonly root: Location = this.mounts.mountRoot(this.fs);

  newFs(maxFrames = 1024): Tmpfs {
    const { pool, clock, mounts } = this;
    return new Tmpfs({ device: mounts.allocateDevice(), pool, clock, special: mounts.special, maxFrames });
  }

  walk(
    path: string,
    options: { follow?: boolean; start?: Location; root?: Location; uid?: number } = {},
  ): Walked {
    const root = options.root ?? this.root;
    const subject = options.uid === undefined ? ROOT : { ...USER, uid: options.uid };
    return walk(path, { root, start: options.start ?? root, subject, follow: options.follow ?? true });
  }

  at(path: string): Location {
    const { location } = this.walk(path);
    if (location === undefined) throw new Error(`${path} is not there`);
    return location;
  }

  directory(path: string, mode = 0o755): Location {
    const { parent, name } = this.walk(path);
    parent.inode.create(name, S_IFDIR | mode, ROOT, 0);
    return this.at(path);
  }

  file(path: string, contents = '', mode = 0o644): Location {
    const { parent, name } = this.walk(path);
    const inode = parent.inode.create(name, S_IFREG | mode, ROOT, 0);
    if (contents !== '') {
      const file = inode.open(1).retain();
      file.write(Buffer.from(contents));
      file.release();
    }
    return this.at(path);
  }

  symlink(path: string, target: string): void {
    const { parent, name } = this.walk(path, { follow: false });
    parent.inode.symlink(name, target, ROOT);
  }

  /** For saving and loading with frames that keep their numbers. */
  services(): Services {
    return new Services()
      .provide(pagePool, this.pool)
      .provide(clockService, this.clock)
      .provide(pageOfFrame, (frame) => frame)
      .provide(frameOfPage, (page) => page);
  }
}

/** The number of the SysError that `action` throws; 0 when it throws none. */
export function errnoOf(action: () => unknown): number {
  try {
    action();
    return 0;
  } catch (error) {
    if (error instanceof SysError) return error.errno;
    throw error;
  }
}
