/**
 * What a core says about one process, as plain data. What each field means on Linux: core(5), elf(5),
 * <sys/procfs.h>.
 */

/** The page size of x86-64, of the page section and of everything that is aligned in the file. */
export const PAGE_BYTES = 4096;
/** The end of user space: no segment lies above it. */
export const USER_END = 0x7fff_ffff_f000;

/** The order of the registers in `CoreThread.registers`, that of <sys/user.h>. */
export const CORE_REGISTERS = [
  ...['r15', 'r14', 'r13', 'r12', 'rbp', 'rbx', 'r11', 'r10', 'r9', 'r8', 'rax', 'rcx', 'rdx', 'rsi', 'rdi'],
  ...['orig_rax', 'rip', 'cs', 'eflags', 'rsp', 'ss', 'fs_base', 'gs_base', 'ds', 'es', 'fs', 'gs'],
] as const;

/** A segment register's base, and its size in bytes or -1 where that is unknown. */
export interface TlsSegment {
  readonly base: bigint;
  readonly size: bigint;
}

/** CPU times in microseconds. */
export interface CoreTimes {
  readonly userUs: number;
  readonly systemUs: number;
  readonly childUserUs: number;
  readonly childSystemUs: number;
}

export interface CoreThread {
  readonly tid: number;
  /** Pending signals of the thread, bit n-1 for signal n. */
  readonly sigpend: bigint;
  /** The thread's signal mask. */
  readonly sighold: bigint;
  /** In the order of CORE_REGISTERS. */
  readonly registers: BigUint64Array;
  /** The 512 bytes of FXSAVE: x87, XMM and MXCSR. */
  readonly fxsave: Uint8Array;
  readonly tls: { readonly fs: TlsSegment; readonly gs: TlsSegment };
  readonly times: CoreTimes;
}

export const PROCESS_STATES = 'RSDTZW';

/** Texts are byte strings: one character (U+0001 to U+00FF) for each byte. */
export interface ProcessInfo {
  /** One of PROCESS_STATES. */
  readonly stateName: string;
  readonly nice: number;
  readonly flags: bigint;
  readonly uid: number;
  readonly gid: number;
  /** The command's name, at most 15 bytes. */
  readonly fname: string;
  /** The start of the command line, at most 79 bytes. */
  readonly psargs: string;
}

/** A mapping of a file. */
export interface MappedFile {
  readonly start: number;
  readonly end: number;
  readonly filePageOffset: number;
  /** A byte string. */
  readonly path: string;
}

/** A note with owner VKERNEL. The contents mean nothing to this format. */
export interface VkernelNote {
  /** FIRST_VKERNEL_NOTE or above. */
  readonly type: number;
  readonly bytes: Uint8Array;
}

/**
 * A part of a VMA: `filePages` pages from `pageIndex` of the page section on, then nothing (zeros) up to
 * `memBytes`.
 */
export interface CoreSegment {
  readonly vaddr: number;
  readonly memBytes: number;
  /** PF_R, PF_W, PF_X. */
  readonly flags: number;
  /** 0 if `filePages` is 0. Several segments, of one image or of several, may share pages. */
  readonly pageIndex: number;
  readonly filePages: number;
}

export interface CoreImage {
  readonly pid: number;
  readonly ppid: number;
  readonly pgrp: number;
  readonly sid: number;
  /** The signal that killed or stopped it, or 0. Linux says it in each thread, and gdb believes the last. */
  readonly signal: number;
  /** At least one; first the one that took the signal or asked for the freeze. */
  readonly threads: readonly CoreThread[];
  readonly psinfo: ProcessInfo;
  /** A siginfo_t of 128 bytes. */
  readonly siginfo: Uint8Array;
  /** Pairs of 64-bit numbers, as at the start of the process's stack. */
  readonly auxv: Uint8Array;
  readonly files: readonly MappedFile[];
  readonly vkernelNotes: readonly VkernelNote[];
  /** By address, not overlapping. */
  readonly segments: readonly CoreSegment[];
}

/** Notes from this type on belong to the users of this format; those below to the format itself. */
export const FIRST_VKERNEL_NOTE = 0x1010;
export const LAST_VKERNEL_NOTE = 0x1fff;

/** What is more than this is refused, when writing as when reading. */
export const LIMITS = {
  images: 4096,
  threadsPerImage: 65_536,
  segmentsPerImage: 1 << 20,
  filesPerImage: 1 << 20,
  pathBytes: 4096,
  /** Headers and notes of all images: what is held in memory while a core is written or read. */
  headerBytes: 512 * 1024 * 1024,
  /** 16 TiB, so that all offsets are exact numbers. */
  pages: 2 ** 32,
} as const;
