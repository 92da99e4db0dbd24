/**
 * The host's side of an open regular file. The descriptor is not state: after a resume the file is opened again under its path, and
 * compared with what is recorded here. A file without a name any more has its contents recorded instead.
 */
import * as fs from 'node:fs';
import type { Codec, Wire } from '../../../ckpt/state/codec.js';
import { EBADF, EIO, SysError } from '../../abi/errno.js';
import { total } from '../../lib/segments.js';
import type { SeenVersion } from './closed-pages.js';
import { closeDescriptor, onHost, placeOf, readFrom, statOf, writeTo, type HostStats } from './host-calls.js';

/** Of a file without a name. A larger one, which may be one great hole, is lost. */
const MOST_KEPT_BYTES = 2 ** 28;

/** What a saved handle says of its file. */
export interface Recorded {
  readonly sizeBytes: number;
  readonly mtimeNs: bigint;
  readonly writable: boolean;
  /** Only of a file that has been unlinked, and is not too large. */
  readonly contents: Uint8Array | undefined;
}

export class HostHandle {
  /** Undefined when the file could not be found again after a resume: every access is then EIO. */
  descriptor: number | undefined;
  readonly writable: boolean;
  readonly recorded: Recorded | undefined;
  /** Why the file could not be found again. */
  lostBecause: string | undefined = undefined;
  /** The file has at least so many bytes, as far as was seen through this handle. */
  leastBytes = 0;
  /** What it was when it was opened, if that can be said. */
  opened: SeenVersion | undefined = undefined;

  constructor(descriptor: number | undefined, writable: boolean, recorded?: Recorded) {
    this.descriptor = descriptor;
    this.writable = writable;
    this.recorded = recorded;
  }

  private get fd(): number {
    if (this.descriptor === undefined) throw new SysError(EIO);
    return this.descriptor;
  }

  stats(): HostStats {
    return statOf(placeOf(this.fd));
  }

  /** Asks the host again for what it did not give, until the end of the file. @returns bytes read */
  read(into: Uint8Array, position: number): number {
    let done = readFrom(this.fd, into, position);
    while (done < into.length && position + done < this.leastBytes) {
      const more = readFrom(this.fd, into.subarray(done), position + done);
      if (more === 0) break;
      done += more;
    }
    return done;
  }

  /** Fills buffers that are to hold consecutive bytes. @returns bytes read: fewer only at the end of the file */
  readSegments(into: readonly Uint8Array[], position: number): number {
    const whole = total(into);
    const count = readFrom(this.fd, into, position);
    if (count === whole || position + count >= this.leastBytes) return count;
    // A short read: whatever came, the rest is read buffer by buffer.
    let done = 0;
    for (const buffer of into) {
      const part = this.read(buffer, position + done);
      done += part;
      if (part < buffer.length) break;
    }
    return done;
  }

  /** @returns bytes written, fewer than all where the host takes no more */
  write(from: Uint8Array | readonly Uint8Array[], position: number): number {
    if (!this.writable) throw new SysError(EBADF);
    return writeTo(this.fd, from, position);
  }

  truncate(sizeBytes: number): void {
    onHost(() => fs.ftruncateSync(this.fd, sizeBytes));
    this.leastBytes = 0;
  }

  sync(): void {
    onHost(() => fs.fsyncSync(this.fd));
  }

  close(): void {
    if (this.descriptor !== undefined) closeDescriptor(this.descriptor);
    this.descriptor = undefined;
  }

  /** What a checkpoint needs to find the file again. */
  record(): Recorded {
    if (this.descriptor === undefined && this.recorded !== undefined) return this.recorded;
    const stats = this.stats();
    const { sizeBytes } = stats;
    let contents: Uint8Array | undefined;
    if (stats.nlink === 0 && sizeBytes <= MOST_KEPT_BYTES) {
      contents = new Uint8Array(sizeBytes);
      this.read(contents, 0);
    }
    return { sizeBytes, mtimeNs: stats.mtimeNs, writable: this.writable, contents };
  }
}

/** A handle, saved as what `record` says and loaded without a descriptor. */
export const hostHandle: Codec<HostHandle> = {
  kind: 'host file',
  save: (handle) => {
    const { sizeBytes, mtimeNs, writable, contents } = handle.record();
    return [sizeBytes, mtimeNs.toString(), writable, contents ?? null];
  },
  load: (wire, loader) => {
    const [sizeBytes, mtime, writable, contents] = Array.isArray(wire) ? (wire as Wire[]) : [];
    const isValid =
      Number.isSafeInteger(sizeBytes) &&
      typeof mtime === 'string' &&
      /^-?\d{1,20}$/.test(mtime) &&
      typeof writable === 'boolean' &&
      (contents === null || contents instanceof Uint8Array);
    if (!isValid) throw loader.error('expected a host file');
    return new HostHandle(undefined, writable, {
      sizeBytes: sizeBytes as number,
      mtimeNs: BigInt(mtime),
      writable,
      contents: contents ?? undefined,
    });
  },
};
