/** The threads of a native process, from the notes of its core. */
import type { CoreThread } from '../../ckpt/elfcore/core-image.js';
import { CORE_REGISTERS } from '../../ckpt/elfcore/core-image.js';
import { restoreThread } from '../../ckpt/image/thread-state.js';
import {
  EINTR,
  ERESTART_RESTARTBLOCK,
  ERESTARTNOHAND,
  ERESTARTNOINTR,
  ERESTARTSYS,
  SysError,
} from '../abi/errno.js';
import { SI_KERNEL } from '../abi/signal.js';
import { FS_BASE, RFLAGS_FIXED, RFLAGS_USER } from '../arch/registers.js';
import { SigInfo } from '../arch/siginfo.js';
import { UNBLOCKABLE } from '../kernel/signal-set.js';
import { sendToTask } from '../kernel/signal-send.js';
import { Task } from '../kernel/task.js';
import { programFile, type SegmentImport } from './import-memory.js';

/** `tid` and `robust_head` in glibc's struct pthread on x86-64, since 2.4; the loader's interface to debuggers depends on them. */
const GLIBC_TID = 0x2d0;
const GLIBC_ROBUST_HEAD = 0x2e0;
const SYSCALL_BYTES = 2n;
const NO_CALL = 2n ** 64n - 1n;
const COMM_BYTES = 15;

const RESTARTED = new Set(
  [ERESTARTSYS, ERESTARTNOINTR, ERESTARTNOHAND].map((code) => BigInt.asUintN(64, BigInt(-code))),
);
const WITH_BLOCK = BigInt.asUintN(64, BigInt(-ERESTART_RESTARTBLOCK));
const index = (name: (typeof CORE_REGISTERS)[number]): number => CORE_REGISTERS.indexOf(name);
const [RAX, RIP, ORIG_RAX, EFLAGS] = [index('rax'), index('rip'), index('orig_rax'), index('eflags')];

/** @param first the task that has the process's id, with its address space, files and directories */
export function importThreads(first: Task, { core, files }: SegmentImport): void {
  const { kernel, process, mm, fs } = first;
  const { image } = core;
  const program = files.get(programFile(core) ?? '');
  if (program !== undefined)
    process.program = { location: program, auxv: image.auxv, argStart: 0, argEnd: 0, envStart: 0, envEnd: 0 };
  process.hasExeced = true;
  for (const thread of image.threads) {
    let task = first;
    if (thread.tid !== process.pid) {
      task = new Task(thread.tid, kernel, process, mm, first.files.retain(), fs);
      process.tasks.set(task.tid, task);
      kernel.tasks.set(task.tid, task);
    }
    task.comm = image.psinfo.fname.slice(0, COMM_BYTES);
    restoreThread(task, asRestarted(thread));
    findThreadLibrary(task);
    kernel.scheduler.add(task);
    for (let signo = 1; signo <= 64; signo++)
      if ((thread.sigpend >> BigInt(signo - 1)) & 1n) sendToTask(task, new SigInfo(signo, SI_KERNEL));
  }
}

/**
 * What Linux makes of a call that a signal or a debugger interrupted when nothing handles it (arch/x86/kernel/signal.c): it is made again.
 * How much a call with a timeout had left is not in the core: it fails with EINTR, as restart_syscall(2) does when nothing is known.
 */
export function asRestarted(thread: CoreThread): CoreThread {
  const registers = new BigUint64Array(thread.registers);
  const call = registers[ORIG_RAX]!;
  if (BigInt.asIntN(64, call) >= 0n) {
    if (RESTARTED.has(registers[RAX]!)) {
      registers[RAX] = call;
      registers[RIP] = registers[RIP]! - SYSCALL_BYTES;
    } else if (registers[RAX] === WITH_BLOCK) registers[RAX] = BigInt.asUintN(64, BigInt(-EINTR));
  }
  registers[ORIG_RAX] = NO_CALL;
  registers[EFLAGS] = (registers[EFLAGS]! & RFLAGS_USER) | RFLAGS_FIXED;
  return { ...thread, registers, sigpend: 0n, sighold: thread.sighold & ~UNBLOCKABLE };
}

/** set_tid_address(2) and set_robust_list(2) are not in a core; glibc's places for them are known. */
function findThreadLibrary(task: Task): void {
  const base = Number(task.registers.slots[FS_BASE]!);
  try {
    const bytes = task.memory.copyIn(base + GLIBC_TID, 4);
    if (new DataView(bytes.buffer, bytes.byteOffset).getInt32(0, true) !== task.tid) return;
    task.clearTidAddress = base + GLIBC_TID;
    task.robustListHead = base + GLIBC_ROBUST_HEAD;
  } catch (error) {
    // Nothing is there: another library.
    if (!(error instanceof SysError)) throw error;
  }
}
