/** Guest RAM without an engine: what the tests of memory management and of the loader stand on. */
import { expect } from 'chai';
import { SysError, errnoName } from '../../../src/vkernel/abi/errno.js';
import { S_IFREG } from '../../../src/vkernel/abi/stat.js';
import { ScriptedCpu } from '../../../src/vkernel/cpu/scripted-cpu.js';
import { AddressSpace } from '../../../src/vkernel/mm/address-space.js';
import { FrameAllocator } from '../../../src/vkernel/mm/frames.js';
import { Mmu } from '../../../src/vkernel/mm/mmu.js';
import type { FileSystem } from '../../../src/vkernel/vfs/file-system.js';
import { Inode, type FileAttributes } from '../../../src/vkernel/vfs/inode.js';
import { OpenFile } from '../../../src/vkernel/vfs/open-file.js';

export const PAGE = 4096;
export const MIB = 1024 * 1024;

/** A regular file in memory, whose page cache is made of frames. */
export class MemoryInode extends Inode {
  readonly fs = {} as FileSystem;
  readonly ino = 1;
  readonly type = S_IFREG;
  readonly content: Uint8Array;
  readonly frames: FrameAllocator;
  readonly cache = new Map<number, number>();
  readonly writtenBack: number[] = [];

  constructor(frames: FrameAllocator, content: Uint8Array) {
    super();
    this.frames = frames;
    this.content = content;
  }

  attributes(): FileAttributes {
    const times = { atimeNs: 0n, mtimeNs: 0n, ctimeNs: 0n, btimeNs: 0n };
    return {
      ...times,
      mode: S_IFREG | 0o755,
      uid: 0,
      gid: 0,
      nlink: 1,
      sizeBytes: this.content.length,
      rdev: 0,
    };
  }

  open(flags: number): OpenFile {
    return new MemoryFile(this, flags);
  }

  override page(index: number): number | undefined {
    if (index * PAGE >= this.content.length) return undefined;
    let frame = this.cache.get(index);
    if (frame === undefined) {
      frame = this.frames.allocate();
      this.frames.bytes(frame).set(this.content.subarray(index * PAGE, (index + 1) * PAGE));
      this.cache.set(index, frame);
    }
    return frame;
  }

  override writeBack(index: number): void {
    this.writtenBack.push(index);
  }

  dropCache(): void {
    for (const frame of this.cache.values()) this.frames.release(frame);
    this.cache.clear();
  }
}

class MemoryFile extends OpenFile {
  override read(into: Uint8Array, position?: number): number {
    const { content } = this.inode as MemoryInode;
    const bytes = content.subarray(position ?? 0, (position ?? 0) + into.length);
    into.set(bytes);
    return bytes.length;
  }
}

export class MemoryMachine {
  readonly cpu: ScriptedCpu;
  readonly frames: FrameAllocator;
  readonly mmu: Mmu;
  readonly space: AddressSpace;

  constructor(ramBytes = 16 * MIB) {
    this.cpu = new ScriptedCpu(ramBytes);
    this.frames = new FrameAllocator(this.cpu);
    this.mmu = new Mmu(this.cpu, this.frames);
    this.space = new AddressSpace(this.mmu);
    this.space.activate();
  }

  file(content: Uint8Array, flags: number): { inode: MemoryInode; file: OpenFile } {
    const inode = new MemoryInode(this.frames, content);
    return { inode, file: inode.open(flags) };
  }

  /** The VMAs as "start-end rwxp", addresses in hexadecimal. */
  maps(): string[] {
    return this.space.vmas.map(({ start, end, flags }) => {
      const rights = [
        flags & 1 ? 'r' : '-',
        flags & 2 ? 'w' : '-',
        flags & 4 ? 'x' : '-',
        flags & 0x80 ? 's' : 'p',
      ];
      return `${start.toString(16)}-${end.toString(16)} ${rights.join('')}`;
    });
  }
}

/** Runs `action` and expects it to fail with this errno. */
export function expectErrno(errno: number, action: () => unknown): void {
  let failure: unknown = 'success';
  try {
    action();
  } catch (error) {
    failure = error instanceof SysError ? errnoName(error.errno) : error;
  }
  expect(failure).to.equal(errnoName(errno));
}
