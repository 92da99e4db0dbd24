/**
 * Random bytes of the host, from the kernel itself: loading node:crypto takes longer than a small guest runs, and the guest asks for
 * few bytes at a time, which a pool makes cheap (the same bytes are never given out twice).
 */
import { closeSync, openSync, readSync } from 'node:fs';

const POOL_BYTES = 4096;

const pool = new Uint8Array(POOL_BYTES);
let unused = 0;

/** @throws Error when the host has no /dev/urandom */
export function hostRandomBytes(count: number): Uint8Array {
  const bytes = new Uint8Array(count);
  if (count > POOL_BYTES / 4) {
    fill(bytes);
    return bytes;
  }
  if (count > unused) {
    fill(pool);
    unused = POOL_BYTES;
  }
  unused -= count;
  bytes.set(pool.subarray(unused, unused + count));
  pool.fill(0, unused, unused + count);
  return bytes;
}

function fill(bytes: Uint8Array): void {
  const descriptor = openSync('/dev/urandom', 'r');
  try {
    for (let done = 0; done < bytes.length;) done += readSync(descriptor, bytes, { offset: done });
  } finally {
    closeSync(descriptor);
  }
}
