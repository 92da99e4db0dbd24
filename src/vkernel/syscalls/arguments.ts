/**
 * The kinds of system call arguments: how each is read from a register and printed by strace. Structures are in
 * structures.ts.
 */
import { AT_FDCWD, O_CREAT, O_DIRECTORY, O_TMPFILE } from '../abi/fcntl.js';
import type { Argument, ShownCall } from '../kernel/syscall.js';
import { flagsText, nameOf, type NamesWhenShown } from '../strace/names.js';
import { hexAddress, quote, quoteHex } from '../strace/quote.js';
import { signalName } from '../strace/signals.js';

const low32 = (word: bigint): number => Number(BigInt.asIntN(32, word));

/** A C `int`. */
export const int: Argument<number> = {
  decode: (task, slot) => task.registers.int(slot),
  show: (word) => String(low32(word)),
};
/** A C `unsigned int`. */
export const uint: Argument<number> = {
  decode: (task, slot) => task.registers.int(slot) >>> 0,
  show: (word) => String(low32(word) >>> 0),
};
/** An `unsigned int` in hexadecimal. */
export const hexUint: Argument<number> = {
  decode: uint.decode,
  show: (word) => (low32(word) === 0 ? '0' : `0x${(low32(word) >>> 0).toString(16)}`),
};
/** A user or group id, of which -1 says "leave it alone". */
export const id: Argument<number> = { decode: uint.decode, show: int.show };
/** A descriptor. */
export const fd: Argument<number> = int;
/** A descriptor that may be AT_FDCWD. */
export const dirfd: Argument<number> = {
  decode: int.decode,
  show: (word) => (low32(word) === AT_FDCWD ? 'AT_FDCWD' : String(low32(word))),
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
export const pointer: Argument<number> = {
  decode: (task, slot) => task.registers.unsigned(slot),
  show: hexAddress,
};
/** A raw 64-bit word. */
export const word: Argument<bigint> = {
  decode: (task, slot) => task.registers.slots[slot]!,
  show: hexAddress,
};
/** A signal number. */
export const signal: Argument<number> = { decode: int.decode, show: (word) => signalName(low32(word)) };

/** A path: a byte string of at most PATH_MAX bytes with its zero. @throws SysError EFAULT, ENAMETOOLONG */
export const path: Argument<string> = {
  decode: (task, slot) => task.memory.path(task.registers.unsigned(slot)),
  show(word, { memory }: ShownCall) {
    const text = memory.tryString(Number(word), 4096);
    return text === undefined ? hexAddress(word) : quote(text, 4096);
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
export function flags(names: NamesWhenShown, zero = '0'): Argument<number> {
  return { decode: int.decode, show: (word) => flagsText(names, low32(word), zero) };
}
/** One of several named values: `oneOf({SEEK_SET, SEEK_CUR}, 'SEEK')`; others in hexadecimal, with the kind as a comment. */
export function oneOf(names: NamesWhenShown, kind?: string): Argument<number> {
  return { decode: int.decode, show: (word) => nameOf(names, low32(word), kind) };
}
/** Permission bits, in octal. */
export const mode: Argument<number> = {
  decode: int.decode,
  show: (word) => {
    const bits = low32(word) >>> 0;
    return bits === 0 ? '000' : `0${bits.toString(8).padStart(3, '0')}`;
  },
};

/** The mode of an open, which only matters when argument `flagsIndex` says that a file may be created. */
export const creationMode = (flagsIndex: number): Argument<number> => ({
  decode: mode.decode,
  show: (word, call) =>
    low32(call.words[flagsIndex]!) & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY)) ? mode.show(word, call) : '',
});

/** What strace shows of a buffer by default (its -s). */
const SHOWN_BYTES = 32;

function bytesText(
  address: bigint,
  length: bigint | number,
  memory: ShownCall['memory'],
  text: (bytes: Uint8Array) => string,
): string {
  const bytes = memory.tryBytes(Number(address), Math.min(Number(length), SHOWN_BYTES + 1));
  return bytes === undefined ? hexAddress(address) : text(bytes);
}

/** A buffer's bytes, as a string of C; its address if they cannot be read. */
export function bufferText(address: bigint, length: bigint | number, memory: ShownCall['memory']): string {
  return bytesText(address, length, memory, (bytes) =>
    quote(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1'), SHOWN_BYTES),
  );
}

/** A buffer the call reads, whose length is argument `sizeIndex`. */
export const inBuffer = (sizeIndex: number): Argument<number> => ({
  decode: pointer.decode,
  show: (word, { memory, words }) => bufferText(word, words[sizeIndex]!, memory),
});
/** A buffer the call fills: printed up to the result. */
export const outBuffer: Argument<number> = {
  decode: pointer.decode,
  atExit: true,
  show: (word, { memory, result }) =>
    result === undefined || result < 0 ? hexAddress(word) : bufferText(word, result, memory),
};
/** The same for bytes that are never text. */
export const outBinary: Argument<number> = {
  decode: pointer.decode,
  atExit: true,
  show: (word, { memory, result }) =>
    result === undefined || result < 0
      ? hexAddress(word)
      : bytesText(word, result, memory, (bytes) => quoteHex(bytes, SHOWN_BYTES)),
};
