/**
 * The functions of the vDSO (vdso(7)) as machine code. They lie in one page; the kernel's data page is the one before it.
 *
 * Only the coarse clocks, time and getcpu answer without a system call. The others cannot: reading the time stamp counter would
 * leave the engine too, and a time that is extrapolated from anything else would not be true.
 */

/** Where things are in the data page. Times are pairs of 64-bit numbers: seconds, nanoseconds. */
export const VVAR = { sequence: 0, realtime: 16, monotonic: 32 } as const;

export interface VdsoFunction {
  readonly name: string;
  /** @param dataPage what to add to the address behind an instruction at `at` (in the code) to reach the data page */
  readonly code: (dataPage: (at: number) => number) => readonly number[];
}

const u32 = (value: number): number[] =>
  [value, value >> 8, value >> 16, value >> 24].map((byte) => byte & 0xff);

/** mov eax, number; syscall; ret */
const call = (number: number): number[] => [0xb8, ...u32(number), 0x0f, 0x05, 0xc3];

/** Reads one time consistently: the kernel changes it only between two instructions, and the sequence number with it. */
function coarse(code: number[], time: number, dataPage: (at: number) => number): void {
  const relative = (offset: number): number[] => u32(dataPage(code.length + 7) + offset);
  const start = code.length;
  code.push(0x4c, 0x8b, 0x05, ...relative(VVAR.sequence)); // mov r8, [sequence]
  code.push(0x48, 0x8b, 0x05, ...relative(time)); //          mov rax, [seconds]
  code.push(0x48, 0x8b, 0x15, ...relative(time + 8)); //      mov rdx, [nanoseconds]
  code.push(0x4c, 0x3b, 0x05, ...relative(VVAR.sequence)); // cmp r8, [sequence]
  code.push(0x75, (start - code.length - 2) & 0xff); //       jne start
  code.push(0x48, 0x89, 0x06); //                             mov [rsi], rax
  code.push(0x48, 0x89, 0x56, 0x08); //                       mov [rsi + 8], rdx
  code.push(0x31, 0xc0, 0xc3); //                             xor eax, eax; ret
}

const CLOCK_REALTIME_COARSE = 5;
const CLOCK_MONOTONIC_COARSE = 6;
/** Bytes of one run of `coarse`. */
const COARSE_BYTES = 40;

export const VDSO_FUNCTIONS: readonly VdsoFunction[] = [
  {
    name: '__vdso_clock_gettime',
    code: (dataPage) => {
      const other = call(228);
      const code = [0x83, 0xff, CLOCK_REALTIME_COARSE]; //        cmp edi, 5
      code.push(0x74, 5 + other.length); //                       je realtime
      code.push(0x83, 0xff, CLOCK_MONOTONIC_COARSE); //           cmp edi, 6
      code.push(0x74, other.length + COARSE_BYTES); //            je monotonic
      code.push(...other);
      coarse(code, VVAR.realtime, dataPage);
      coarse(code, VVAR.monotonic, dataPage);
      return code;
    },
  },
  { name: '__vdso_gettimeofday', code: () => call(96) },
  { name: '__vdso_clock_getres', code: () => call(229) },
  {
    name: '__vdso_time',
    code: (dataPage) => [
      ...[0x48, 0x8b, 0x05, ...u32(dataPage(7) + VVAR.realtime)], // mov rax, [seconds]
      ...[0x48, 0x85, 0xff, 0x74, 0x03], //                          test rdi, rdi; jz + 3
      ...[0x48, 0x89, 0x07, 0xc3], //                                mov [rdi], rax; ret
    ],
  },
  {
    // There is one processor, and one node.
    name: '__vdso_getcpu',
    code: () => [
      ...[0x31, 0xc0, 0x48, 0x85, 0xff, 0x74, 0x02, 0x89, 0x07], // xor eax, eax; test rdi, rdi; jz + 2; mov [rdi], eax
      ...[0x48, 0x85, 0xf6, 0x74, 0x02, 0x89, 0x06, 0xc3], //       test rsi, rsi; jz + 2; mov [rsi], eax; ret
    ],
  },
];
