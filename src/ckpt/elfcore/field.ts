/** Fields of fixed-size records, checked both ways. */
import { CoreFormatError } from './core-format-error.js';

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

export function fail(message: string): never {
  throw new CoreFormatError(message);
}

/** An unsigned 64-bit field that must be exact as a number. */
export function getSafe(view: DataView, offset: number, what: string): number {
  const value = view.getBigUint64(offset, true);
  return value <= Number.MAX_SAFE_INTEGER
    ? Number(value)
    : fail(`${what} is out of range: 0x${value.toString(16)}`);
}

/** Throws unless `value` is an integer of that range. */
export function checkRange(value: number, lowest: number, highest: number, what: string): number {
  return Number.isInteger(value) && value >= lowest && value <= highest
    ? value
    : fail(`${what} is out of range: ${value}`);
}

export function checkLength(bytes: Uint8Array, length: number, what: string): Uint8Array {
  return bytes.length === length ? bytes : fail(`${what} has ${bytes.length} bytes, not ${length}`);
}

/** A pid, tid, process group or session as the records hold them. */
export function checkId(value: number, what: string): number {
  return checkRange(value, 0, 0x7fff_ffff, what);
}

/** Writes a byte string; what follows it up to `roomBytes` stays zero. At least one zero must stay. */
export function putText(
  bytes: Uint8Array,
  offset: number,
  roomBytes: number,
  text: string,
  what: string,
): void {
  // eslint-disable-next-line no-control-regex
  if (text.length >= roomBytes || !/^[\u0001-\u00ff]*$/.test(text))
    fail(`${what} is not a byte string below ${roomBytes} bytes`);
  bytes.set(Buffer.from(text, 'latin1'), offset);
}

/** Reads a byte string that ends with a zero within `roomBytes`. */
export function getText(bytes: Uint8Array, offset: number, roomBytes: number, what: string): string {
  const room = bytes.subarray(offset, offset + roomBytes);
  const length = room.indexOf(0);
  if (length < 0) fail(`${what} does not end`);
  return Buffer.from(room.subarray(0, length)).toString('latin1');
}
