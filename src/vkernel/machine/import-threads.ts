/** The threads of a native process, from the notes of its core. */
import { sectionSymbols } from '../../ckpt/foreign/elf-symbols.js';
import type { CoreThread } from '../../ckpt/elfcore/core-image.js';
import { CORE_REGISTERS } from '../../ckpt/elfcore/core-image.js';
import { restoreThread } from '../../ckpt/image/thread-state.js';
import { EINTR, ERESTART_RESTARTBLOCK, ERESTARTNOHAND, ERESTARTNOINTR, ERESTARTSYS } from '../abi/errno.js';
import { SI_KERNEL } from '../abi/signal.js';
import { FS_BASE, RFLAGS_FIXED, RFLAGS_USER } from '../arch/registers.js';
import { SigInfo } from '../arch/siginfo.js';
import { UNBLOCKABLE } from '../kernel/signal-set.js';
import { sendToTask } from '../kernel/signal-send.js';
import { Task } from '../kernel/task.js';
import { objectsOf } from './import-objects.js';
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
export function importThreads(first: Task, imported: SegmentImport): void {
  const { core, files } = imported;
  const { kernel, process, mm, fs } = first;
  const { image } = core;
  const program = files.get(programFile(core) ?? '');
  if (program !== undefined)
    process.program = { location: program, auxv: image.auxv, argStart: 0, argEnd: 0, envStart: 0, envEnd: 0 };
  process.hasExeced = true;
  const muslLock = threadListLock(imported);
  for (const thread of image.threads) {
    let task = first;
    if (thread.tid !== process.pid) {
      task = new Task(thread.tid, kernel, process, mm, first.files.retain(), fs);
      process.tasks.set(task.tid, task);
      kernel.tasks.set(task.tid, task);
    }
    task.comm = image.psinfo.fname.slice(0, COMM_BYTES);
    restoreThread(task, asRestarted(thread));
    findThreadLibrary(task, muslLock);
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

/** set_tid_address(2) and set_robust_list(2) are not in a core; the libraries' places for them are known. */
function findThreadLibrary(task: Task, muslLock: number): void {
  const base = task.registers.unsigned(FS_BASE);
  const bytes = task.memory.tryBytes(base + GLIBC_TID, 4);
  if (muslLock !== 0) task.clearTidAddress = muslLock;
  else if (bytes !== undefined && new DataView(bytes.buffer).getInt32(0, true) === task.tid) {
    task.clearTidAddress = base + GLIBC_TID;
    task.robustListHead = base + GLIBC_ROBUST_HEAD;
  }
}

/** The lock that all threads of musl leave to the kernel to open when they end; 0 for other libraries, and where it has no name. */
function threadListLock({ core, files }: SegmentImport): number {
  for (const { read, bias } of objectsOf(core, files)) {
    const lock = sectionSymbols(read).find(({ name }) => name === '__thread_list_lock');
    if (lock !== undefined) return lock.address + bias;
  }
  return 0;
}
