/**
 * Arguments that point to structures. The handler gets the address; strace prints the fields. A constant's name ends in Out when the
 * call fills the structure: it is then printed when the call returns, and as an address if the call failed.
 */
import { RLIM64_INFINITY } from '../abi/resource.js';
import * as poll from '../abi/poll.js';
import * as stat from '../abi/stat.js';
import { SIGEV_NONE, SIGEV_SIGNAL, SIGEV_THREAD, SIGEV_THREAD_ID } from '../abi/time.js';
import { SS_AUTODISARM, SS_DISABLE, SS_ONSTACK } from '../abi/signal.js';
import type { Argument, ShownCall } from '../kernel/syscall.js';
import { flagsText, nameOf, select, whenShown } from '../strace/names.js';
import { hexAddress, quote } from '../strace/quote.js';
import { signalActionText, signalName, signalSetText, sigInfoText } from '../strace/signals.js';
import { bufferText, pointer } from './arguments.js';

/** How the bytes of a structure are printed. */
type Printer = (view: DataView, call: ShownCall) => string;

function printed(address: bigint, bytes: number, print: Printer, call: ShownCall): string {
  const found = address === 0n ? undefined : call.memory.tryBytes(Number(address), bytes);
  if (found?.length !== bytes) return hexAddress(address);
  return print(new DataView(found.buffer, found.byteOffset, found.length), call);
}

/** A structure of `bytes` bytes that the call reads. */
export function structure(bytes: number, print: Printer): Argument<number> {
  return { decode: pointer.decode, show: (word, call) => printed(word, bytes, print, call) };
}

/** A structure of `bytes` bytes that the call fills. */
export function structureOut(bytes: number, print: Printer): Argument<number> {
  return {
    decode: pointer.decode,
    atExit: true,
    show: (word, call) =>
      call.result === undefined || call.result < 0 ? hexAddress(word) : printed(word, bytes, print, call),
  };
}

/** Structures in a row, whose number is argument `countIndex`: at most 32 are printed. */
export function array(bytes: number, countIndex: number, print: Printer): Argument<number> {
  return {
    decode: pointer.decode,
    show: (word, call) => {
      const count = Number(BigInt.asUintN(32, call.words[countIndex]!));
      if (count === 0) return '[]';
      const shown = Math.min(count, 32);
      return printed(
        word,
        bytes * shown,
        (view) => {
          const items = Array.from({ length: shown }, (_, i) =>
            print(new DataView(view.buffer, view.byteOffset + i * bytes, bytes), call),
          );
          return `[${items.join(', ')}${count > shown ? ', ...' : ''}]`;
        },
        call,
      );
    },
  };
}

// numbers
export const intOut = structureOut(4, (v) => `[${v.getInt32(0, true)}]`);
export const uintOut = structureOut(4, (v) => `[${v.getUint32(0, true)}]`);
export const wordOut = structureOut(8, (v) => `[${hexAddress(v.getBigUint64(0, true))}]`);
/** The two descriptors of pipe(2) and socketpair(2). */
export const fdPairOut = structureOut(8, (v) => `[${v.getInt32(0, true)}, ${v.getInt32(4, true)}]`);

// times: strace prints seconds with their sign, and the fraction without
const pair =
  (fraction: string) =>
  (v: DataView, at = 0): string =>
    `{tv_sec=${v.getBigInt64(at, true)}, ${fraction}=${v.getBigUint64(at + 8, true)}}`;
const timespecText = pair('tv_nsec');
const timevalText = pair('tv_usec');
const intervalText =
  (text: typeof timespecText): Printer =>
  (v) =>
    `{it_interval=${text(v)}, it_value=${text(v, 16)}}`;

export const timespec = structure(16, (v) => timespecText(v));
export const timespecOut = structureOut(16, (v) => timespecText(v));
/** What a sleep leaves behind: written only when a signal ended it. */
export const remainingTimespec: Argument<number> = {
  decode: pointer.decode,
  atExit: true,
  show: (word, call) =>
    call.result !== undefined && call.result < 0 ? timespec.show(word, call) : hexAddress(word),
};
export const timeval = structure(16, (v) => timevalText(v));
export const timevalOut = structureOut(16, (v) => timevalText(v));
export const itimerspec = structure(32, intervalText(timespecText));
export const itimerspecOut = structureOut(32, intervalText(timespecText));
export const itimerval = structure(32, intervalText(timevalText));
export const itimervalOut = structureOut(32, intervalText(timevalText));
/** futimens(2): access and modification time. */
export const timespecPair = structure(32, (v) => `[${timespecText(v)}, ${timespecText(v, 16)}]`);
export const tmsOut = structureOut(32, (v) => {
  const fields = ['tms_utime', 'tms_stime', 'tms_cutime', 'tms_cstime'];
  return `{${fields.map((name, i) => `${name}=${v.getBigInt64(i * 8, true)}`).join(', ')}}`;
});

// signals
/** A signal set of eight bytes. */
export const sigset = structure(8, (v) => signalSetText(v.getBigUint64(0, true)));
export const sigsetOut = structureOut(8, (v) => signalSetText(v.getBigUint64(0, true)));
const actionText: Printer = (v) =>
  signalActionText(
    v.getBigUint64(0, true),
    v.getBigUint64(8, true),
    v.getBigUint64(16, true),
    v.getBigUint64(24, true),
  );
export const sigaction = structure(32, actionText);
export const sigactionOut = structureOut(32, actionText);
const stackText: Printer = (v) => {
  const flags = flagsText({ SS_ONSTACK, SS_DISABLE, SS_AUTODISARM }, v.getInt32(8, true));
  return `{ss_sp=${hexAddress(v.getBigUint64(0, true))}, ss_flags=${flags}, ss_size=${v.getBigUint64(16, true)}}`;
};
export const signalStack = structure(24, stackText);
export const signalStackOut = structureOut(24, stackText);
const infoText: Printer = (v) =>
  sigInfoText({
    signo: v.getInt32(0, true),
    errno: v.getInt32(4, true),
    code: v.getInt32(8, true),
    fields: new Uint8Array(v.buffer, v.byteOffset + 16, 112),
  });
export const siginfo = structure(128, infoText);
export const siginfoOut = structureOut(128, infoText);
const NOTIFY = { SIGEV_SIGNAL, SIGEV_NONE, SIGEV_THREAD, SIGEV_THREAD_ID };
export const sigevent = structure(64, (v) => {
  const value = v.getBigUint64(0, true);
  const notify = v.getInt32(12, true);
  const parts = [`sigev_signo=${signalName(v.getInt32(8, true))}`, `sigev_notify=${nameOf(NOTIFY, notify)}`];
  if (value !== 0n)
    parts.unshift(`sigev_value={sival_int=${v.getInt32(0, true)}, sival_ptr=${hexAddress(value)}}`);
  if (notify === SIGEV_THREAD_ID) parts.push(`sigev_notify_thread_id=${v.getInt32(16, true)}`);
  return `{${parts.join(', ')}}`;
});

// resources
const limitText = (value: bigint): string => {
  if (value === RLIM64_INFINITY) return 'RLIM64_INFINITY';
  return value > 1024n && value % 1024n === 0n ? `${value / 1024n}*1024` : value.toString();
};
const rlimitText: Printer = (v) =>
  `{rlim_cur=${limitText(v.getBigUint64(0, true))}, rlim_max=${limitText(v.getBigUint64(8, true))}}`;
export const rlimit = structure(16, rlimitText);
export const rlimitOut = structureOut(16, rlimitText);
export const rusageOut = structureOut(
  144,
  (v) => `{ru_utime=${timevalText(v)}, ru_stime=${timevalText(v, 16)}, ...}`,
);
const cString = (v: DataView, at: number, length: number): string => {
  const bytes = Buffer.from(v.buffer, v.byteOffset + at, length);
  return bytes.toString('latin1').split('\0', 1)[0]!;
};
export const utsnameOut = structureOut(390, (v) => {
  return `{sysname=${quote(cString(v, 0, 65))}, nodename=${quote(cString(v, 65, 65))}, ...}`;
});
export const sysinfoOut = structureOut(112, (v) => {
  const word = (at: number): string => v.getBigUint64(at, true).toString();
  const names = ['totalram', 'freeram', 'sharedram', 'bufferram', 'totalswap', 'freeswap'];
  return (
    `{uptime=${v.getBigInt64(0, true)}, loads=[${word(8)}, ${word(16)}, ${word(24)}], ` +
    `${names.map((name, i) => `${name}=${word(32 + i * 8)}`).join(', ')}, procs=${v.getUint16(80, true)}, ` +
    `totalhigh=${word(88)}, freehigh=${word(96)}, mem_unit=${v.getUint32(104, true)}}`
  );
});
/** A CPU mask whose length is argument `sizeIndex`; of the one CPU that there is. */
const cpuSetText: Printer = (v) => {
  const cpus: number[] = [];
  for (let i = 0; i < v.byteLength * 8; i++) if ((v.getUint8(i >> 3) >> (i & 7)) & 1) cpus.push(i);
  return `[${cpus.join(' ')}]`;
};
export const cpuSet = (sizeIndex: number): Argument<number> => ({
  decode: pointer.decode,
  show: (word, call) => printed(word, Math.min(Number(call.words[sizeIndex]!), 128), cpuSetText, call),
});
export const cpuSetOut: Argument<number> = {
  decode: pointer.decode,
  atExit: true,
  show: (word, call) =>
    call.result === undefined || call.result < 0
      ? hexAddress(word)
      : printed(word, call.result, cpuSetText, call),
};
/** Group ids, whose number is argument `countIndex`. */
export const groups = (countIndex: number): Argument<number> =>
  array(4, countIndex, (v) => String(v.getUint32(0, true)));
export const groupsOut: Argument<number> = {
  decode: pointer.decode,
  atExit: true,
  show: (word, call) => {
    const count = Number(call.words[0]!);
    if (call.result === undefined || call.result < 0 || count === 0) return hexAddress(word);
    if (call.result === 0) return '[]';
    return printed(
      word,
      call.result * 4,
      (v) => {
        const ids = Array.from({ length: v.byteLength / 4 }, (_, i) => v.getUint32(i * 4, true));
        return `[${ids.join(', ')}]`;
      },
      call,
    );
  },
};

// files
const FILE_TYPES = whenShown(() => select(stat, 'S_IF'));
const modeText = (mode: number): string => {
  const type = mode & stat.S_IFMT;
  const bits = `0${(mode & ~stat.S_IFMT).toString(8).padStart(3, '0')}`;
  return type === 0 ? bits : `${nameOf(FILE_TYPES, type)}|${bits}`;
};
/** struct stat; devices show their number instead of a size. */
export const statOut = structureOut(144, (v) => {
  const mode = v.getUint32(24, true);
  const device = v.getBigUint64(40, true);
  const major = ((device >> 8n) & 0xfffn) | ((device >> 32n) & ~0xfffn);
  const minor = (device & 0xffn) | ((device >> 12n) & ~0xffn);
  const type = mode & stat.S_IFMT;
  const last =
    type === stat.S_IFCHR || type === stat.S_IFBLK
      ? `st_rdev=makedev(0x${major.toString(16)}, 0x${minor.toString(16)})`
      : `st_size=${v.getBigInt64(48, true)}`;
  return `{st_mode=${modeText(mode)}, ${last}, ...}`;
});

/** Buffers that the call reads: argument `countIndex` says how many. */
export const iovec = (countIndex: number): Argument<number> =>
  array(16, countIndex, (v, { memory }) => {
    const length = v.getBigUint64(8, true);
    return `{iov_base=${bufferText(v.getBigUint64(0, true), length, memory)}, iov_len=${length}}`;
  });
/** Buffers that the call fills: the bytes it returned are shown. */
export const iovecOut = (countIndex: number): Argument<number> => ({
  decode: pointer.decode,
  atExit: true,
  show: (word, call) => {
    let left = call.result === undefined || call.result < 0 ? undefined : BigInt(call.result);
    return array(16, countIndex, (v, { memory }) => {
      const [base, length] = [v.getBigUint64(0, true), v.getBigUint64(8, true)];
      if (left === undefined) return `{iov_base=${hexAddress(base)}, iov_len=${length}}`;
      const filled = left < length ? left : length;
      left -= filled;
      return `{iov_base=${bufferText(base, filled, memory)}, iov_len=${length}}`;
    }).show(word, call);
  },
});

const { POLLIN, POLLPRI, POLLOUT, POLLRDNORM, POLLRDBAND, POLLWRNORM, POLLWRBAND, POLLMSG } = poll;
const { POLLREMOVE, POLLRDHUP, POLLERR, POLLHUP, POLLNVAL } = poll;
const POLL_EVENTS = {
  ...{
    POLLIN,
    POLLPRI,
    POLLOUT,
    POLLRDNORM,
    POLLRDBAND,
    POLLWRNORM,
    POLLWRBAND,
    POLLMSG,
    POLLREMOVE,
    POLLRDHUP,
  },
  ...{ POLLERR, POLLHUP, POLLNVAL },
};
/** struct pollfd, as many as argument 1 says. */
export const pollfds = array(8, 1, (v) => {
  return `{fd=${v.getInt32(0, true)}, events=${flagsText(POLL_EVENTS, v.getUint16(4, true))}}`;
});
/** The result of poll(2): what happened to whom. For `showResult`. */
export function pollResult(result: number, call: ShownCall): string {
  if (result === 0) return '0 (Timeout)';
  const count = Math.min(Number(BigInt.asUintN(32, call.words[1]!)), 32);
  const view = call.memory.tryBytes(Number(call.words[0]!), count * 8);
  if (view === undefined) return String(result);
  const data = new DataView(view.buffer, view.byteOffset, view.length);
  const ready: string[] = [];
  for (let at = 0; at < data.byteLength; at += 8) {
    const revents = data.getUint16(at + 6, true);
    if (revents !== 0)
      ready.push(`{fd=${data.getInt32(at, true)}, revents=${flagsText(POLL_EVENTS, revents)}}`);
  }
  return `${result} ([${ready.join(', ')}])`;
}
/** An fd_set of select(2), of as many descriptors as argument 0 says. */
export const fdSet: Argument<number> = {
  decode: pointer.decode,
  show: (word, call) => {
    const count = Math.min(Number(BigInt.asUintN(32, call.words[0]!)), 1024);
    return printed(word, Math.ceil(count / 64) * 8, cpuSetText, call);
  },
};
/** argv and the like: pointers to strings, up to a null pointer. */
export const stringArray: Argument<number> = {
  decode: pointer.decode,
  show: (word, { memory }) => {
    if (word === 0n) return 'NULL';
    const parts: string[] = [];
    for (let i = 0; i < 32; i++) {
      const bytes = memory.tryBytes(Number(word) + i * 8, 8);
      if (bytes?.length !== 8) return hexAddress(word);
      const address = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
      if (address === 0n) return `[${parts.join(', ')}]`;
      const text = memory.tryString(Number(address), 4096);
      parts.push(text === undefined ? hexAddress(address) : quote(text));
    }
    return `[${parts.join(', ')}, ...]`;
  },
};
