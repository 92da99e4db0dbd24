/**
 * What Linux charges a sender's buffer for a message: not its bytes but the memory that holds them, which is what SO_SNDBUF limits
 * (socket(7)). Programs that fill a socket see the difference.
 */
const PAGE_BYTES = 4096;
/** The kernel's own data around the bytes. */
const HEADER_BYTES = 256;
const TRAILER_BYTES = 320;
const SMALLEST_ALLOCATION = 512;
/** What fits beside the trailer in one page, and in four. */
const HEAD_BYTES = PAGE_BYTES - TRAILER_BYTES;
const LARGE_HEAD_BYTES = 4 * PAGE_BYTES - TRAILER_BYTES;
/** The most bytes of a stream that become one message. */
const LARGEST_CHUNK = HEAD_BYTES + 32768;

function charge(sizeBytes: number, headBytes: number): number {
  const beyond = Math.max(0, sizeBytes - headBytes);
  const paged = Math.min(sizeBytes, Math.ceil(beyond / PAGE_BYTES) * PAGE_BYTES);
  const linear = Math.ceil((sizeBytes - paged) / 64) * 64 + TRAILER_BYTES;
  let allocated = SMALLEST_ALLOCATION;
  while (allocated < linear) allocated *= 2;
  return allocated + HEADER_BYTES + Math.ceil(paged / PAGE_BYTES) * PAGE_BYTES;
}

export function chargeOfChunk(sizeBytes: number): number {
  return charge(sizeBytes, HEAD_BYTES);
}

export function chargeOfPacket(sizeBytes: number): number {
  return charge(sizeBytes, LARGE_HEAD_BYTES);
}

/** How many of `sizeBytes` bytes go into the next message of a stream. */
export function chunkSize(sizeBytes: number, sendBufferBytes: number): number {
  return Math.min(sizeBytes, Math.floor(sendBufferBytes / 2) - 64, LARGEST_CHUNK);
}
