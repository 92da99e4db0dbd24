/** Where things are in an x86-64 address space with four-level page tables. */

/** One past the highest user address: Linux keeps the last canonical page unused. */
export const USER_END = 0x7fff_ffff_f000;
/** vm.mmap_min_addr of proc(5): only root maps below it. */
export const MMAP_MIN_ADDRESS = 0x1_0000;
/** Where bottom-up placement starts: a third of the address space. */
export const UNMAPPED_BASE = 0x2aaa_aaaa_b000;
/** Bytes kept free below a mapping that grows down: stack_guard_gap of 256 pages. */
export const STACK_GUARD_BYTES = 0x10_0000;
/** Where Linux puts the highest mapping without randomisation and with the default stack limit. */
export const DEFAULT_MMAP_BASE = 0x7fff_f7ff_f000;
