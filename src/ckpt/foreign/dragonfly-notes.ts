/**
 * NT_PRSTATUS and NT_PRPSINFO of DragonFly BSD on x86-64 (its sys/procfs.h and machine/reg.h), as its checkpoints have them. The
 * registers have another order than on Linux, and nothing says a thread's mask or its parent.
 */
import { CORE_REGISTERS, type CoreThread, type ProcessInfo } from '../elfcore/core-image.js';
import { checkId, checkLength, checkRange, fail, viewOf } from '../elfcore/field.js';

export const DRAGONFLY_STATUS_BYTES = 248;
const PSINFO_BYTES = 120;
const VERSION = 1;
const REGISTERS_OFFSET = 48;
/** `struct reg`; what Linux's registers do not have is undefined. */
const ORDER = [
  ...['rdi', 'rsi', 'rdx', 'rcx', 'r8', 'r9', 'rax', 'rbx', 'rbp', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15'],
  ...[undefined, undefined, undefined, undefined, undefined, 'rip', 'cs', 'eflags', 'rsp', 'ss'],
] as const;

/** @param bytes DRAGONFLY_STATUS_BYTES of them @throws CoreFormatError */
export function decodeDragonflyStatus(
  bytes: Uint8Array,
): Omit<CoreThread, 'fxsave' | 'tls'> & { readonly signal: number } {
  const view = viewOf(bytes);
  if (view.getInt32(0, true) !== VERSION || view.getBigUint64(8, true) !== BigInt(DRAGONFLY_STATUS_BYTES))
    fail('NT_PRSTATUS: neither of Linux nor of DragonFly');
  const registers = new BigUint64Array(CORE_REGISTERS.length);
  ORDER.forEach((name, i) => {
    const to = CORE_REGISTERS.findIndex((register) => register === name);
    if (to >= 0) registers[to] = view.getBigUint64(REGISTERS_OFFSET + i * 8, true);
  });
  // Outside of a system call, as far as the file says.
  registers[CORE_REGISTERS.findIndex((register) => register === 'orig_rax')] = 2n ** 64n - 1n;
  return {
    tid: checkId(view.getInt32(40, true), 'pid'),
    signal: checkRange(view.getInt32(36, true), 0, 128, 'signal'),
    ...{ sigpend: 0n, sighold: 0n, registers },
    times: { userUs: 0, systemUs: 0, childUserUs: 0, childSystemUs: 0 },
  };
}

export function decodeDragonflyPsinfo(bytes: Uint8Array): ProcessInfo {
  const view = viewOf(checkLength(bytes, PSINFO_BYTES, 'NT_PRPSINFO'));
  if (view.getInt32(0, true) !== VERSION) fail('NT_PRPSINFO: neither of Linux nor of DragonFly');
  const text = (from: number, to: number): string =>
    Buffer.from(bytes.subarray(from, to)).toString('latin1').split('\0', 1)[0]!;
  return { stateName: 'R', nice: 0, flags: 0n, uid: 0, gid: 0, fname: text(16, 33), psargs: text(33, 114) };
}
