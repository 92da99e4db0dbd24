/** Arguments of socket calls, as strace prints them. */
import * as abi from '../abi/socket.js';
import type { Argument, ShownCall } from '../kernel/syscall.js';
import { isAbstract } from '../net/unix/address.js';
import { flagsText, nameOf, select, whenShown } from '../strace/names.js';
import { hexAddress, quote } from '../strace/quote.js';
import { flags, int, oneOf, pointer } from './arguments.js';

export const FAMILIES = whenShown(() => select(abi, 'AF_'));
const TYPES = whenShown(() => {
  const { SOCK_NONBLOCK: _nonblock, SOCK_CLOEXEC: _cloexec, ...types } = select(abi, 'SOCK_');
  return types;
});
const TYPE_FLAGS = { SOCK_CLOEXEC: abi.SOCK_CLOEXEC, SOCK_NONBLOCK: abi.SOCK_NONBLOCK };
const TYPE_BITS = 0xf;

export const family = oneOf(FAMILIES, 'AF');
export const messageFlags = flags(whenShown(() => select(abi, 'MSG_')));
export const shutdownHow = oneOf(
  whenShown(() => select(abi, 'SHUT_')),
  'SHUT',
);
export const socketFlags = flags(TYPE_FLAGS);
export const level = oneOf({ SOL_SOCKET: abi.SOL_SOCKET });
export const option = oneOf(
  whenShown(() => select(abi, 'SO_')),
  'SO',
);

/** A type, and the flags that may be added to it. */
export const socketType: Argument<number> = {
  decode: int.decode,
  show: (word) => {
    const value = Number(BigInt.asIntN(32, word));
    const type = nameOf(TYPES, value & TYPE_BITS, 'SOCK');
    const added = flagsText(TYPE_FLAGS, value & ~TYPE_BITS);
    return added === '0' ? type : `${type}|${added}`;
  },
};

function addressText(address: bigint, length: number, { memory }: ShownCall): string {
  const bytes = memory.tryBytes(Number(address), Math.min(length, 110));
  if (bytes === undefined || bytes.length < 2) return hexAddress(address);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1', 2);
  const known = nameOf(FAMILIES, bytes[0]! | (bytes[1]! << 8), 'AF');
  if (known === 'AF_INET' && bytes.length >= 8)
    return `{sa_family=${known}, sin_port=htons(${(bytes[2]! << 8) | bytes[3]!}), sin_addr=inet_addr("${bytes.subarray(4, 8).join('.')}")}`;
  if (known !== 'AF_UNIX' || text === '') return `{sa_family=${known}${text === '' ? '' : ', ...'}}`;
  const name = isAbstract(text) ? `@${quote(text.slice(1))}` : quote(text.split('\0', 1)[0]!);
  return `{sa_family=${known}, sun_path=${name}}`;
}

/** A struct sockaddr whose length is argument `lengthIndex`. */
export const sockaddr = (lengthIndex: number): Argument<number> => ({
  decode: pointer.decode,
  show: (word, call) =>
    word === 0n ? 'NULL' : addressText(word, Number(BigInt.asUintN(32, call.words[lengthIndex]!)), call),
});

/** A struct sockaddr the call fills; its length is where argument `lengthIndex` points. */
export const sockaddrOut = (lengthIndex: number): Argument<number> => ({
  decode: pointer.decode,
  atExit: true,
  show: (word, call) => {
    const bytes = call.memory.tryBytes(Number(call.words[lengthIndex]!), 4);
    if (word === 0n || call.result === undefined || call.result < 0 || bytes?.length !== 4)
      return hexAddress(word);
    return addressText(word, new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true), call);
  },
});
