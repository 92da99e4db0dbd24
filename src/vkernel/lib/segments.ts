/** Bytes that lie in several pieces: what a buffer of the guest is to the host. */

/** How many bytes there are in all. */
export function total(segments: readonly Uint8Array[]): number {
  let sum = 0;
  for (const segment of segments) sum += segment.length;
  return sum;
}

/** One piece with the bytes of all: a copy, unless there is just one. */
export function join(segments: readonly Uint8Array[]): Uint8Array {
  if (segments.length === 1) return segments[0]!;
  const bytes = new Uint8Array(total(segments));
  let at = 0;
  for (const segment of segments) {
    bytes.set(segment, at);
    at += segment.length;
  }
  return bytes;
}

/** Copies as many of the bytes into the segments, one after the other, as have room. */
export function scatter(bytes: Uint8Array, segments: readonly Uint8Array[]): void {
  let at = 0;
  for (const segment of segments) {
    if (at >= bytes.length) return;
    segment.set(bytes.subarray(at, Math.min(at + segment.length, bytes.length)));
    at += segment.length;
  }
}
