/** Faults and exceptions of the guest become page table work or signals (arch/x86/kernel/traps.c, arch/x86/mm/fault.c). */
import {
  BUS_ADRALN,
  FPE_FLTDIV,
  FPE_FLTINV,
  FPE_FLTOVF,
  FPE_FLTRES,
  FPE_FLTUND,
  FPE_INTDIV,
  ILL_ILLOPN,
  SIGBUS,
  SIGFPE,
  SIGILL,
  SIGSEGV,
  SIGTRAP,
  TRAP_TRACE,
} from '../abi/signal.js';
import { FXSAVE_OFFSET, RAX, RCX, RDX, RIP } from '../arch/registers.js';
import { SigInfo } from '../arch/siginfo.js';
import { killLargest } from './out-of-memory.js';
import { forceKernelSignal, forceSignal } from './signal-send.js';
import type { Task } from './task.js';

const DIVIDE_ERROR = 0;
const DEBUG = 1;
const BREAKPOINT = 3;
const SEGMENT_NOT_PRESENT = 11;
const STACK_SEGMENT = 12;
const X87_ERROR = 16;
const ALIGNMENT_CHECK = 17;
const SIMD_ERROR = 19;
const INVALID_OPCODE = 6;
const GENERAL_PROTECTION = 13;
const PAGE_FAULT = 14;

/** si_code values of a floating-point exception, by the lowest status bit that is set and unmasked (fpu__exception_code). */
const FLOAT_CODES = [
  { bits: 0x01, code: FPE_FLTINV },
  { bits: 0x04, code: FPE_FLTDIV },
  { bits: 0x08, code: FPE_FLTOVF },
  { bits: 0x12, code: FPE_FLTUND },
  { bits: 0x20, code: FPE_FLTRES },
];

/** Lengths in bytes of `rdtsc` and `rdtscp`. */
const RDTSC_BYTES = 2;
const RDTSCP_BYTES = 3;

/**
 * A page fault: the address space maps the page, or the task gets a signal, or there is no memory.
 * @returns false when the task is gone
 */
export function handleFault(task: Task, address: number, errorCode: number): boolean {
  const result = task.mm.handleFault(address, errorCode);
  if (result.kind === 'resolved') {
    task.minorFaults++;
    return true;
  }
  // With what another process gives back, the same instruction faults again.
  if (result.kind === 'outOfMemory') {
    killLargest(task.kernel);
    return !task.process.zombie;
  }
  task.trap = {
    vector: PAGE_FAULT,
    errorCode,
    address: BigInt.asUintN(64, BigInt(address)),
  };
  forceSignal(task, SigInfo.fault(result.signal, result.code, BigInt(address)));
  return true;
}

/** Any exception but a page fault. */
export function handleException(task: Task, vector: number): void {
  task.trap = { ...task.trap, vector, errorCode: 0 };
  const rip = task.registers.slots[RIP]!;
  switch (vector) {
    case DIVIDE_ERROR:
      return forceSignal(task, SigInfo.fault(SIGFPE, FPE_INTDIV, rip));
    case DEBUG:
      return forceSignal(task, SigInfo.fault(SIGTRAP, TRAP_TRACE, rip));
    case BREAKPOINT:
      return forceKernelSignal(task, SIGTRAP);
    case SEGMENT_NOT_PRESENT:
    case STACK_SEGMENT:
      return forceKernelSignal(task, SIGBUS);
    case ALIGNMENT_CHECK:
      return forceSignal(task, SigInfo.fault(SIGBUS, BUS_ADRALN, 0n));
    case X87_ERROR:
    case SIMD_ERROR:
      return forceSignal(task, SigInfo.fault(SIGFPE, floatCode(task, vector), rip));
    default:
      // #GP, and `int n` for every n, which has no gate a program may use.
      task.trap = { ...task.trap, vector: GENERAL_PROTECTION };
      return forceKernelSignal(task, SIGSEGV);
  }
}

/** An instruction the virtual CPU does not have. */
export function handleIllegal(task: Task): void {
  task.trap = { ...task.trap, vector: INVALID_OPCODE, errorCode: 0 };
  forceSignal(task, SigInfo.fault(SIGILL, ILL_ILLOPN, task.registers.slots[RIP]!));
}

/** rdtsc and rdtscp: the virtual time stamp counter counts nanoseconds since boot; the processor's number is 0. */
export function handleTimestamp(task: Task, withProcessor: boolean): void {
  const { registers } = task;
  const ticks = BigInt(task.kernel.clock.monotonicNs());
  registers.slots[RAX] = ticks & 0xffff_ffffn;
  registers.slots[RDX] = ticks >> 32n;
  if (withProcessor) registers.slots[RCX] = 0n;
  registers.slots[RIP] = registers.slots[RIP]! + BigInt(withProcessor ? RDTSCP_BYTES : RDTSC_BYTES);
}

function floatCode(task: Task, vector: number): number {
  task.kernel.cpu.saveFpu(task.registers);
  const image = new DataView(task.registers.buffer, FXSAVE_OFFSET);
  const mxcsr = image.getUint32(24, true);
  const raised =
    vector === SIMD_ERROR ? ~(mxcsr >> 7) & mxcsr : image.getUint16(2, true) & ~image.getUint16(0, true);
  return FLOAT_CODES.find(({ bits }) => (raised & bits) !== 0)?.code ?? FPE_FLTINV;
}
