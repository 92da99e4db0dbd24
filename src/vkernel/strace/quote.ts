/** Byte strings as strace prints them. */

const ESCAPES: Readonly<Record<number, string>> = {
  9: '\\t',
  10: '\\n',
  11: '\\v',
  12: '\\f',
  13: '\\r',
  34: '\\"',
  92: '\\\\',
};

const isOctalDigit = (code: number): boolean => code >= 48 && code <= 55;

/**
 * C escapes, and octal ones as short as the next character allows.
 * @param bytes a byte string: every character stands for one byte
 * @param limit how many of them are printed; "..." says that there are more (strace's -s)
 */
export function quote(bytes: string, limit = 32): string {
  const shown = Math.min(bytes.length, limit);
  let text = '';
  for (let i = 0; i < shown; i++) {
    const code = bytes.charCodeAt(i);
    const escape = ESCAPES[code];
    if (escape !== undefined) text += escape;
    else if (code >= 32 && code < 127) text += bytes[i]!;
    else {
      const octal = code.toString(8);
      text += `\\${i + 1 < shown && isOctalDigit(bytes.charCodeAt(i + 1)) ? octal.padStart(3, '0') : octal}`;
    }
  }
  return `"${text}"${bytes.length > limit ? '...' : ''}`;
}

/** Every byte in hexadecimal: what strace does with random bytes. */
export function quoteHex(bytes: Uint8Array, limit = 32): string {
  const text = Array.from(
    bytes.subarray(0, limit),
    (byte) => `\\x${byte.toString(16).padStart(2, '0')}`,
  ).join('');
  return `"${text}"${bytes.length > limit ? '...' : ''}`;
}

/** A pointer: NULL or hexadecimal. */
export function hexAddress(address: bigint | number): string {
  return BigInt(address) === 0n ? 'NULL' : `0x${address.toString(16)}`;
}

/** C's %#x: a 0 has no prefix. */
export function hexNumber(value: bigint | number): string {
  return BigInt(value) === 0n ? '0' : `0x${value.toString(16)}`;
}
