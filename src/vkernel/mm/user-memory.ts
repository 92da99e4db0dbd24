/** The one gate to guest memory. A bad pointer is EFAULT here and nowhere else. */
import { EFAULT, EINVAL, ENAMETOOLONG, ENOMEM, SysError } from '../abi/errno.js';
import { FAULT_USER, FAULT_WRITE } from '../cpu/cpu.js';
import type { ByteString } from '../vfs/inode.js';
import type { AddressSpace } from './address-space.js';
import { PAGE_BYTES } from './frames.js';
import { USER_END } from './layout.js';
import { frameOf, PTE_DIRTY, PTE_HIGH_NX, PTE_PRESENT, PTE_WRITABLE } from './page-tables.js';

/** Masks an address' place in its page: the low bits of any number below 2^53 survive the bitwise operators. */
const OFFSET = PAGE_BYTES - 1;
const TWO_TO_32 = 0x1_0000_0000;
/** Longest path with its zero: PATH_MAX of limits.h. */
const PATH_MAX = 4096;
/** Most segments of a vector: UIO_MAXIOV of writev(2). */
const IOV_MAX = 1024;
const IOVEC_BYTES = 16;
/** A frame not there, then a store to it: more faults than these on one page are a bug. */
const MAX_FAULTS = 3;

export interface IoSegment {
  readonly address: number;
  readonly length: number;
}

/**
 * Reads and writes guest memory with the rights the program has: pages are faulted in, private ones copied before a store,
 * and stores set the dirty bits and drop stale translations. Addresses are what a register holds, of any value.
 *
 * Everything throws SysError EFAULT for memory the program may not access so, and ENOMEM when no frame is left.
 */
export class UserMemory {
  readonly #space: AddressSpace;
  readonly #words: Uint32Array;

  constructor(space: AddressSpace) {
    this.#space = space;
    this.#words = space.frames.words;
  }

  readU8(address: number): number {
    const physical = this.#physical(address, false);
    return (this.#words[Math.floor(physical / 4)]! >>> ((physical & 3) * 8)) & 0xff;
  }

  readU16(address: number): number {
    return this.readU8(address) | (this.readU8(address + 1) << 8);
  }

  readU32(address: number): number {
    if ((address & 3) === 0) return this.#words[this.#physical(address, false) / 4]!;
    return (this.readU16(address) | (this.readU16(address + 2) << 16)) >>> 0;
  }

  readI32(address: number): number {
    return this.readU32(address) | 0;
  }

  readU64(address: number): bigint {
    return (BigInt(this.readU32(address + 4)) << 32n) | BigInt(this.readU32(address));
  }

  /** An unsigned 64-bit number, exact below 2^53. */
  readNumber64(address: number): number {
    return this.readU32(address) + this.readU32(address + 4) * TWO_TO_32;
  }

  /** A signed 64-bit number, exact between -2^53 and 2^53. */
  readSigned64(address: number): number {
    return this.readU32(address) + this.readI32(address + 4) * TWO_TO_32;
  }

  writeU8(address: number, value: number): void {
    const physical = this.#physical(address, true);
    const index = Math.floor(physical / 4);
    const shift = (physical & 3) * 8;
    this.#words[index] = (this.#words[index]! & ~(0xff << shift)) | ((value & 0xff) << shift);
  }

  writeU16(address: number, value: number): void {
    this.#check(address + 1, true);
    this.writeU8(address, value);
    this.writeU8(address + 1, value >>> 8);
  }

  writeU32(address: number, value: number): void {
    if ((address & 3) === 0) {
      this.#words[this.#physical(address, true) / 4] = value;
      return;
    }
    this.#check(address + 3, true);
    for (let i = 0; i < 4; i++) this.writeU8(address + i, value >>> (i * 8));
  }

  writeU64(address: number, value: bigint): void {
    this.#check(address + 7, true);
    this.writeU32(address, Number(BigInt.asUintN(32, value)));
    this.writeU32(address + 4, Number(BigInt.asUintN(32, value >> 32n)));
  }

  /** A 64-bit number, two's complement when negative. */
  writeNumber64(address: number, value: number): void {
    this.#check(address + 7, true);
    this.writeU32(address, value % TWO_TO_32);
    this.writeU32(address + 4, Math.floor(value / TWO_TO_32));
  }

  /** A copy of [address, address + length). */
  copyIn(address: number, length: number): Uint8Array {
    const segments = this.segments(address, length, 'read');
    const bytes = new Uint8Array(this.#whole(segments, length));
    let at = 0;
    for (const segment of segments) {
      bytes.set(segment, at);
      at += segment.length;
    }
    return bytes;
  }

  /** Writes all of `bytes`, or nothing if one of the pages is bad. */
  copyOut(address: number, bytes: Uint8Array): void {
    const segments = this.segments(address, bytes.length, 'write');
    this.#whole(segments, bytes.length);
    let at = 0;
    for (const segment of segments) {
      segment.set(bytes.subarray(at, at + segment.length));
      at += segment.length;
    }
  }

  /** Zeroes [address, address + length). */
  clear(address: number, length: number): void {
    const segments = this.segments(address, length, 'write');
    this.#whole(segments, length);
    for (const segment of segments) segment.fill(0);
  }

  /**
   * The guest's own bytes of [address, address + length) as host views, one for each run of consecutive frames, with their pages
   * faulted in. Shorter than asked where a later page is bad. Views are good until the guest runs or its mappings change.
   * @throws SysError EFAULT if the first byte is bad, or the range is not in user space
   */
  segments(address: number, length: number, access: 'read' | 'write'): Uint8Array[] {
    if (length === 0) return [];
    if (!(address >= 0 && length > 0 && address + length <= USER_END)) throw new SysError(EFAULT);
    const write = access === 'write';
    const end = address + length;
    let runStart = this.#physical(address, write);
    if ((address & OFFSET) + length <= PAGE_BYTES) return [this.#space.frames.view(runStart, length)];
    const found: Uint8Array[] = [];
    let runEnd = runStart;
    for (let at = address; at < end;) {
      const pageEnd = Math.min(at - (at & OFFSET) + PAGE_BYTES, end);
      const physical = at === address ? runStart : this.#tryPhysical(at, write);
      if (physical < 0) break;
      if (physical !== runEnd) {
        found.push(this.#space.frames.view(runStart, runEnd - runStart));
        runStart = physical;
      }
      runEnd = physical + (pageEnd - at);
      at = pageEnd;
    }
    found.push(this.#space.frames.view(runStart, runEnd - runStart));
    return found;
  }

  /** The string at `address` without its zero; its first `limit` bytes if there is no zero among them. */
  string(address: number, limit: number): ByteString {
    return this.#string(address, limit, (at) => this.#physical(at, false));
  }

  /** A path. @throws SysError ENAMETOOLONG without a zero in the first 4096 bytes */
  path(address: number): ByteString {
    const path = this.string(address, PATH_MAX);
    if (path.length === PATH_MAX) throw new SysError(ENAMETOOLONG);
    return path;
  }

  /** Like `string`, but undefined instead of EFAULT. Changes nothing: a page that is not resident counts as bad. */
  tryString(address: number, limit: number): ByteString | undefined {
    try {
      return this.#string(address, limit, (at) => this.#resident(at));
    } catch (error) {
      if (error instanceof SysError) return undefined;
      throw error;
    }
  }

  /** A copy of [address, address + length), or undefined. Changes nothing: a page that is not resident counts as bad. */
  tryBytes(address: number, length: number): Uint8Array | undefined {
    if (!(address >= 0 && length >= 0 && address + length <= USER_END)) return undefined;
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length;) {
      const at = address + done;
      const count = Math.min(PAGE_BYTES - (at & OFFSET), length - done);
      const physical = this.#lookUp(at, false);
      if (physical < 0) return undefined;
      bytes.set(new Uint8Array(this.#space.frames.ram, physical, count), done);
      done += count;
    }
    return bytes;
  }

  /** `count` struct iovec at `address` (readv(2)). @throws SysError EINVAL for more than 1024, or a total above SSIZE_MAX */
  iovec(address: number, count: number): IoSegment[] {
    if (!(count >= 0 && count <= IOV_MAX)) throw new SysError(EINVAL);
    const vector: IoSegment[] = [];
    let total = 0;
    for (let i = 0; i < count; i++) {
      const at = address + i * IOVEC_BYTES;
      const length = this.readNumber64(at + 8);
      total += length;
      if (total >= 2 ** 63) throw new SysError(EINVAL);
      vector.push({ address: this.readNumber64(at), length });
    }
    return vector;
  }

  /** The physical address of a byte, whose page is faulted in for reading. Good as long as the mapping is. */
  physicalAddress(address: number): number {
    return this.#physical(address, false);
  }

  #string(address: number, limit: number, physicalOf: (address: number) => number): ByteString {
    let text = '';
    for (let at = address; text.length < limit;) {
      const count = Math.min(PAGE_BYTES - (at & OFFSET), limit - text.length);
      const view = Buffer.from(this.#space.frames.ram, physicalOf(at), count);
      const zero = view.indexOf(0);
      text += view.toString('latin1', 0, zero < 0 ? count : zero);
      if (zero >= 0) break;
      at += count;
    }
    return text;
  }

  /** @throws SysError EFAULT unless the segments have all bytes that were asked for */
  #whole(segments: readonly Uint8Array[], length: number): number {
    let total = 0;
    for (const segment of segments) total += segment.length;
    if (total !== length) throw new SysError(EFAULT);
    return length;
  }

  #check(address: number, write: boolean): void {
    this.#physical(address, write);
  }

  /** The physical address of a byte of a page that is mapped so already. */
  #resident(address: number): number {
    const physical = this.#lookUp(address, false);
    if (physical < 0) throw new SysError(EFAULT);
    return physical;
  }

  /** The physical address of a byte that may be accessed so. @throws SysError EFAULT, ENOMEM */
  #physical(address: number, write: boolean): number {
    const physical = this.#lookUp(address, write);
    return physical >= 0 ? physical : this.#faultIn(address, write);
  }

  /** The same, or -1. */
  #tryPhysical(address: number, write: boolean): number {
    try {
      return this.#physical(address, write);
    } catch (error) {
      if (error instanceof SysError) return -1;
      throw error;
    }
  }

  /** The physical address if the page is mapped with that right, which is never more than its VMA's; otherwise -1. */
  #lookUp(address: number, write: boolean): number {
    if (!(address >= 0 && address < USER_END)) return -1;
    const entry = this.#space.tables.find(address);
    if (entry < 0) return -1;
    const low = this.#words[entry]!;
    if ((low & PTE_PRESENT) === 0) return -1;
    const high = this.#words[entry + 1]!;
    if (write) {
      if ((low & PTE_WRITABLE) === 0) return -1;
      this.#words[entry] = low | PTE_DIRTY;
      if ((high & PTE_HIGH_NX) === 0) this.#space.mmu.invalidateCode(frameOf(low, high));
    }
    return frameOf(low, high) * PAGE_BYTES + (address & OFFSET);
  }

  #faultIn(address: number, write: boolean): number {
    for (let i = 0; i < MAX_FAULTS; i++) {
      const result = this.#space.handleFault(address, write ? FAULT_USER | FAULT_WRITE : FAULT_USER);
      if (result.kind !== 'resolved') throw new SysError(result.kind === 'outOfMemory' ? ENOMEM : EFAULT);
      const physical = this.#lookUp(address, write);
      if (physical >= 0) return physical;
    }
    throw new Error(`the page at 0x${address.toString(16)} cannot be brought in`);
  }
}
