/** A task's registers, masks and TLS as the notes of its thread, and back. The object graph has none of them. */
import * as cpu from '../../vkernel/arch/registers.js';
import { RFLAGS_FIXED, RFLAGS_USER, USER_CS, USER_SS } from '../../vkernel/arch/registers.js';
import { UNBLOCKABLE } from '../../vkernel/kernel/signal-set.js';
import type { Task } from '../../vkernel/kernel/task.js';
import { fillTls, setTls, type SegmentTls } from '../../vkernel/kernel/tls.js';
import { NS_PER_US } from '../../vkernel/time/clock.js';
import { CORE_REGISTERS, type CoreThread, type TlsSegment } from '../elfcore/core-image.js';
import { fail } from '../elfcore/field.js';
import { isCanonical, mxcsrOf } from '../elfcore/float-notes.js';

type CoreRegister = (typeof CORE_REGISTERS)[number];

/** Where the register file has what the core has; the others are the same in every 64-bit program. */
const SLOTS: Readonly<Partial<Record<CoreRegister, number>>> = {
  ...{ r15: cpu.R15, r14: cpu.R14, r13: cpu.R13, r12: cpu.R12, r11: cpu.R11, r10: cpu.R10, r9: cpu.R9 },
  ...{ r8: cpu.R8, rbp: cpu.RBP, rbx: cpu.RBX, rax: cpu.RAX, rcx: cpu.RCX, rdx: cpu.RDX, rsi: cpu.RSI },
  ...{ rdi: cpu.RDI, orig_rax: cpu.ORIG_RAX, rip: cpu.RIP, eflags: cpu.RFLAGS, rsp: cpu.RSP },
  ...{ fs_base: cpu.FS_BASE, gs_base: cpu.GS_BASE },
};
const SELECTORS: Readonly<Partial<Record<CoreRegister, bigint>>> = {
  cs: BigInt(USER_CS),
  ss: BigInt(USER_SS),
  ds: 0n,
  es: 0n,
  fs: 0n,
  gs: 0n,
};
/** What a program can have set when it is stopped: nested task (popf) and resume (after an exception) too. */
const RFLAGS_POSSIBLE = RFLAGS_USER | RFLAGS_FIXED | 0x4000n | 0x1_0000n;
const MXCSR_RESERVED = 0xffff_0000;

const indexOf = (name: CoreRegister): number => CORE_REGISTERS.indexOf(name);

/** The task must not be executing; its x87 and SSE state is fetched from the CPU. */
export function threadOf(task: Task): CoreThread {
  const { registers, kernel } = task;
  kernel.cpu.saveFpu(registers);
  const { fs, gs } = fillTls(task);
  return {
    tid: task.tid,
    sigpend: task.pending.pending,
    sighold: task.blocked,
    registers: BigUint64Array.from(CORE_REGISTERS, (name) =>
      SLOTS[name] === undefined ? SELECTORS[name]! : registers.slots[SLOTS[name]]!,
    ),
    fxsave: new Uint8Array(registers.fxsave),
    tls: { fs: toCore(fs), gs: toCore(gs) },
    times: {
      userUs: Math.floor(task.userNs / NS_PER_US),
      systemUs: Math.floor(task.systemNs / NS_PER_US),
      childUserUs: 0,
      childSystemUs: 0,
    },
  };
}

/** Gives a loaded task what `threadOf` took. Throws CoreFormatError where that is nothing a program can have. */
export function restoreThread(task: Task, thread: CoreThread): void {
  checkThread(thread);
  if (task.pending.pending !== thread.sigpend)
    fail(`thread ${thread.tid}: its pending signals are not those of the state`);
  const { registers } = task;
  for (const [name, slot] of Object.entries(SLOTS))
    registers.slots[slot] = thread.registers[indexOf(name as CoreRegister)]!;
  registers.fxsave.set(thread.fxsave);
  setTls(task, { fs: fromCore(thread.tls.fs), gs: fromCore(thread.tls.gs) });
  task.blocked = thread.sighold;
}

/** Throws CoreFormatError unless a program can have these registers and this mask. */
export function checkThread(thread: CoreThread): void {
  const wrong = (what: string): never => fail(`thread ${thread.tid}: ${what}`);
  const get = (name: CoreRegister): bigint => thread.registers[indexOf(name)]!;
  const { fs, gs } = thread.tls;
  for (const [name, value] of Object.entries(SELECTORS))
    if (get(name as CoreRegister) !== value) wrong(`${name} is not the selector of a 64-bit program`);
  const flags = get('eflags');
  if ((flags & ~RFLAGS_POSSIBLE) !== 0n || (flags & RFLAGS_FIXED) !== RFLAGS_FIXED)
    wrong(`impossible flags 0x${flags.toString(16)}`);
  for (const name of ['rip', 'fs_base', 'gs_base'] as const)
    if (!isCanonical(get(name))) wrong(`${name} is not a canonical address`);
  if (fs.base !== get('fs_base') || gs.base !== get('gs_base'))
    wrong('the TLS note differs from the registers');
  if ((mxcsrOf(thread.fxsave) & MXCSR_RESERVED) !== 0) wrong('reserved bits of MXCSR are set');
  if ((thread.sighold & UNBLOCKABLE) !== 0n) wrong('its mask blocks SIGKILL or SIGSTOP');
}

const toCore = ({ base, sizeBytes }: SegmentTls): TlsSegment => ({ base, size: sizeBytes });
const fromCore = ({ base, size }: TlsSegment): SegmentTls => ({ base, sizeBytes: size });
