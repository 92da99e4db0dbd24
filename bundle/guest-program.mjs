// A static x86-64 program made of system calls, and of a store into a page that is not there yet.
import { Buffer } from 'node:buffer';

const BASE = 0x400000;
const HEADER_BYTES = 64 + 56;
/** mov r32, imm32, for rdi, rsi, rdx, r10, r8, r9. */
const LOADS = [[0xbf], [0xbe], [0xba], [0x41, 0xba], [0x41, 0xb8], [0x41, 0xb9]];
const SYSCALL = [0x0f, 0x05];
const number = (value) => [value & 255, (value >> 8) & 255, (value >> 16) & 255, (value >>> 24) & 255];
const PATH = '/dev/null\0';
const DATA = BASE + 0x1000;
/** A struct iovec, and a struct timespec. */
const VECTOR = DATA + 16;
const TIME = DATA + 32;
const FILL = DATA + 64;
const STACK = DATA + 0x1000;
/** mov byte [UNTOUCHED], 1 */
const UNTOUCHED = DATA + 0x1800;
const STORE = [0xc6, 0x04, 0x25, ...number(UNTOUCHED), 1];

/** What programs do at their start and at their end: [number, arguments], in the terms of syscall(2). */
const CALLS = [
  [12, 0], // brk
  [9, 0, 0x10000, 3, 0x22, -1], // mmap
  [158, 0x1002, FILL], // arch_prctl: ARCH_SET_FS
  [218, FILL], // set_tid_address
  [273, FILL, 24], // set_robust_list
  [334, FILL, 32, 0, 0x53053053], // rseq
  [302, 0, 3, 0, FILL], // prlimit64
  [318, FILL, 16], // getrandom
  [21, DATA, 4], // access
  [257, -100, DATA, 2], // openat: descriptor 3
  [5, 3, FILL], // fstat
  [262, 3, DATA + 9, FILL, 0x1000], // newfstatat: AT_EMPTY_PATH
  [16, 1, 0x5401, FILL], // ioctl: TCGETS
  [0, 3, FILL, 64], // read
  [1, 3, FILL, 64], // write
  [20, 3, VECTOR, 1], // writev
  [17, 3, FILL, 64, 0], // pread64
  [8, 3, 0, 0], // lseek
  [3, 3], // close
  [89, DATA, FILL, 64], // readlink
  [10, BASE + 0x2000, 0x1000, 1], // mprotect
  [228, 1, FILL], // clock_gettime
  [13, 2, 0, FILL, 8], // rt_sigaction
  [14, 0, 0, FILL, 8], // rt_sigprocmask
  [63, FILL], // uname
  [39],
  [186], // getpid, gettid
  [202, FILL, 129, 1], // futex: FUTEX_WAKE
  [22, FILL], // pipe: 3 and 4
  [1, 4, DATA, 8],
  [0, 3, FILL, 8],
  [57], // fork; both sides wait, and the child has nobody to wait for
  [61, -1, 0, 0, 0], // wait4
  [56, 0x10f00, STACK], // clone: a thread that does the rest, too
  [230, 1, 0, TIME], // clock_nanosleep
  [1, 1, FILL, 0], // write
  [231, 0], // exit_group
];

/** @param sleepSeconds how long it sleeps before it ends @returns the bytes of an ELF executable */
export function guestProgram(sleepSeconds) {
  const calls = CALLS.flatMap(([call, ...args]) => [
    ...args.flatMap((value, i) => [...LOADS[i], ...number(value)]),
    0xb8,
    ...number(call),
    ...SYSCALL,
  ]);
  const bytes = Buffer.alloc(0x1000 + 64);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  bytes.writeUInt16LE(2, 16); // ET_EXEC
  bytes.writeUInt16LE(62, 18); // EM_X86_64
  bytes.writeUInt32LE(1, 20);
  bytes.writeBigUInt64LE(BigInt(BASE + HEADER_BYTES), 24);
  bytes.writeBigUInt64LE(64n, 32);
  bytes.writeUInt16LE(64, 52);
  bytes.writeUInt16LE(56, 54);
  bytes.writeUInt16LE(1, 56);
  bytes.writeUInt32LE(1, 64); // PT_LOAD
  bytes.writeUInt32LE(7, 68); // PF_R, PF_W, PF_X
  bytes.writeBigUInt64LE(BigInt(BASE), 80);
  bytes.writeBigUInt64LE(BigInt(BASE), 88);
  bytes.writeBigUInt64LE(BigInt(bytes.length), 96);
  bytes.writeBigUInt64LE(0x3000n, 104);
  bytes.writeBigUInt64LE(0x1000n, 112);
  bytes.set([...STORE, ...calls], HEADER_BYTES);
  bytes.write(PATH, DATA - BASE);
  bytes.set([...number(DATA), 0, 0, 0, 0, 8], VECTOR - BASE);
  bytes.set(number(sleepSeconds), TIME - BASE);
  return bytes;
}
