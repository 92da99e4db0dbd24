/** The kinds of system call arguments: how each is read from a register and printed by strace. */
import type { Argument, ShownCall } from '../kernel/syscall.js';

const low32 = (word: bigint): number => Number(BigInt.asIntN(32, word));
const hex = (word: bigint): string => (word === 0n ? 'NULL' : `0x${word.toString(16)}`);

/** A C `int`. */
export const int: Argument<number> = { decode: (task, slot) => task.registers.int(slot), show: (word) => String(low32(word)) };
/** A C `unsigned int`. */
export const uint: Argument<number> = {
  decode: (task, slot) => task.registers.int(slot) >>> 0,
  show: (word) => String(low32(word) >>> 0),
};
/** A descriptor. */
export const fd: Argument<number> = int;
/** A descriptor that may be AT_FDCWD. */
export const dirfd: Argument<number> = {
  decode: (task, slot) => task.registers.int(slot),
  show: (word) => (low32(word) === -100 ? 'AT_FDCWD' : String(low32(word))),
};
/** A signed 64-bit number: offsets. */
export const long: Argument<number> = {
  decode: (task, slot) => task.registers.signed(slot),
  show: (word) => BigInt.asIntN(64, word).toString(),
};
/** An unsigned 64-bit number: sizes. Values above 2^53 lose low bits, and are too large for anything anyhow. */
export const size: Argument<number> = {
  decode: (task, slot) => task.registers.unsigned(slot),
  show: (word) => word.toString(),
};
/** An address the handler reads or writes through the gate to guest memory. */
export const pointer: Argument<number> = { decode: (task, slot) => task.registers.unsigned(slot), show: hex };
/** A raw 64-bit word. */
export const word: Argument<bigint> = { decode: (task, slot) => task.registers.slots[slot]!, show: hex };

/** strace's spelling of a byte string: C escapes, at most 32 characters. */
export function quote(bytes: string, limit = 32): string {
  let text = '';
  for (const character of bytes.slice(0, limit)) {
    const code = character.charCodeAt(0);
    const escape = { 9: '\\t', 10: '\\n', 11: '\\v', 12: '\\f', 13: '\\r', 34: '\\"', 92: '\\\\' }[code];
    text += escape ?? (code >= 32 && code < 127 ? character : `\\${code.toString(8)}`);
  }
  return `"${text}"${bytes.length > limit ? '...' : ''}`;
}

/** A path: a byte string of at most PATH_MAX bytes with its zero. @throws SysError EFAULT, ENAMETOOLONG */
export const path: Argument<string> = {
  decode: (task, slot) => task.memory.path(task.registers.unsigned(slot)),
  show(word, { memory }: ShownCall) {
    const text = memory.tryString(Number(word), 4096);
    return text === undefined ? hex(word) : quote(text, 4096);
  },
};
/** A path that may be NULL. */
export const optionalPath: Argument<string | undefined> = {
  decode: (task, slot) => {
    const address = task.registers.unsigned(slot);
    return address === 0 ? undefined : task.memory.path(address);
  },
  show: path.show,
};

/** Flags printed by name: `flags({O_CREAT, O_EXCL})`. Bits that have no name are printed in hexadecimal. */
export function flags(names: Readonly<Record<string, number>>, zero = '0'): Argument<number> {
  return {
    decode: (task, slot) => task.registers.int(slot),
    show(word) {
      let rest = low32(word);
      const parts: string[] = [];
      for (const [name, bits] of Object.entries(names)) {
        if (bits !== 0 && (rest & bits) === bits) {
          parts.push(name);
          rest &= ~bits;
        }
      }
      if (rest !== 0) parts.push(`0x${(rest >>> 0).toString(16)}`);
      return parts.join('|') || zero;
    },
  };
}
/** One of several named values: `oneOf({SEEK_SET, SEEK_CUR})`. */
export function oneOf(names: Readonly<Record<string, number>>): Argument<number> {
  const byValue = new Map(Object.entries(names).map(([name, value]) => [value, name]));
  return {
    decode: (task, slot) => task.registers.int(slot),
    show: (word) => byValue.get(low32(word)) ?? `0x${(low32(word) >>> 0).toString(16)}`,
  };
}
/** Permission bits, in octal. */
export const mode: Argument<number> = {
  decode: (task, slot) => task.registers.int(slot),
  show: (word) => `0${(low32(word) >>> 0).toString(8)}`,
};

const data = (address: bigint, length: bigint | number, memory: ShownCall['memory']): string => {
  const bytes = memory.tryBytes(Number(address), Math.min(Number(length), 33));
  return bytes === undefined ? hex(address) : quote(Buffer.from(bytes).toString('latin1') + (Number(length) > 33 ? ' ' : ''));
};
/** A buffer the call reads, whose length is argument `sizeIndex`. */
export const inBuffer = (sizeIndex: number): Argument<number> => ({
  decode: pointer.decode,
  show: (word, { memory, words }) => data(word, words[sizeIndex]!, memory),
});
/** A buffer the call fills: printed up to the result. */
export const outBuffer: Argument<number> = {
  decode: pointer.decode,
  show: (word, { memory, result }) => (result === undefined || result < 0 ? hex(word) : data(word, result, memory)),
};
