/** The machine: uname(2), sysinfo(2), getrandom(2), sethostname(2), getcpu(2), membarrier(2), personality(2), arch_prctl(2). */
import { CAP_SYS_ADMIN } from '../abi/capability.js';
import { EINVAL, ENODEV, EPERM, SysError } from '../abi/errno.js';
import {
  ARCH_GET_CPUID,
  ARCH_GET_FS,
  ARCH_GET_GS,
  ARCH_SET_CPUID,
  ARCH_SET_FS,
  ARCH_SET_GS,
} from '../abi/sched.js';
import * as system from '../abi/system.js';
import { syscall, type Argument, type SyscallDeclaration } from '../kernel/syscall.js';
import type { Task } from '../kernel/task.js';
import { fillTls, setTls } from '../kernel/tls.js';
import { RELEASE, VERSION } from '../kernel/release.js';
import { PAGE_BYTES } from '../mm/frames.js';
import { flagsText, select, whenShown } from '../strace/names.js';
import { NS_PER_SECOND } from '../time/clock.js';
import { flags, hexUint, inBuffer, int, oneOf, outBinary, pointer, size, uint, word } from './arguments.js';
import { sysinfoOut, uintOut, utsnameOut, wordOut } from './structures.js';
import { assertCapability } from '../vfs/access.js';

const MACHINE = 'x86_64';
/** Length of a field of struct utsname, the zero at its end included. */
const UTS_FIELD = 65;

function uname({ kernel, memory }: Task, address: number): number {
  const fields = ['Linux', kernel.hostname, RELEASE, VERSION, MACHINE, kernel.domainname];
  const bytes = new Uint8Array(UTS_FIELD * fields.length);
  fields.forEach((field, i) =>
    bytes.set(Buffer.from(field, 'latin1').subarray(0, UTS_FIELD - 1), i * UTS_FIELD),
  );
  memory.copyOut(address, bytes);
  return 0;
}

/** sethostname(2) and setdomainname(2). @returns the new name, a byte string */
function readName(task: Task, address: number, length: number): string {
  assertCapability(task.process.credentials, CAP_SYS_ADMIN);
  if (length < 0 || length >= UTS_FIELD) throw new SysError(EINVAL);
  const bytes = task.memory.copyIn(address, length);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1').replace(/\0.*$/s, '');
}

const SYSINFO_BYTES = 112;

/** The load averages are 0: nothing measures them. */
function sysinfo({ kernel, memory }: Task, address: number): number {
  const view = new DataView(new ArrayBuffer(SYSINFO_BYTES));
  const { frames } = kernel;
  view.setBigInt64(0, BigInt(Math.floor(kernel.clock.monotonicNs() / NS_PER_SECOND)), true);
  view.setBigUint64(32, BigInt(frames.totalFrames) * BigInt(PAGE_BYTES), true);
  view.setBigUint64(40, BigInt(frames.freeFrames) * BigInt(PAGE_BYTES), true);
  view.setUint16(80, kernel.tasks.size, true);
  view.setUint32(104, 1, true); // mem_unit
  memory.copyOut(address, new Uint8Array(view.buffer));
  return 0;
}

/** The most bytes one getrandom(2) gives. */
const RANDOM_MAX = 0x1ff_ffff;
const RANDOM_CHUNK = 65536;

function getrandom(task: Task, address: number, length: number, bits: number): number {
  const { GRND_INSECURE, GRND_NONBLOCK, GRND_RANDOM } = system;
  const known = GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE;
  const both = GRND_RANDOM | GRND_INSECURE;
  if (bits & ~known || (bits & both) === both) throw new SysError(EINVAL);
  if (length === 0) return 0;
  let done = 0;
  for (const segment of task.memory.segments(address, Math.min(length, RANDOM_MAX), 'write')) {
    for (let at = 0; at < segment.length; at += RANDOM_CHUNK) {
      const part = segment.subarray(at, at + RANDOM_CHUNK);
      part.set(task.kernel.random.bytes(part.length));
      done += part.length;
    }
  }
  return done;
}

/** Addresses a program may have: below this. */
const TASK_SIZE_MAX = 0x7fff_ffff_f000n;

function archPrctl(task: Task, option: number, value: bigint): number {
  const tls = fillTls(task);
  const base = (): bigint => {
    if (value >= TASK_SIZE_MAX) throw new SysError(EPERM);
    return value;
  };
  switch (option) {
    case ARCH_SET_FS:
      setTls(task, { ...tls, fs: { ...tls.fs, base: base() } });
      return 0;
    case ARCH_SET_GS:
      setTls(task, { ...tls, gs: { ...tls.gs, base: base() } });
      return 0;
    case ARCH_GET_FS:
      task.memory.writeU64(Number(value), tls.fs.base);
      return 0;
    case ARCH_GET_GS:
      task.memory.writeU64(Number(value), tls.gs.base);
      return 0;
    case ARCH_GET_CPUID:
      return 1; // the instruction may be used
    case ARCH_SET_CPUID:
      throw new SysError(ENODEV); // and cannot be made to fault
    default:
      throw new SysError(EINVAL);
  }
}

const ANY_PERSONALITY = 0xffff_ffff;

function personality(task: Task, wanted: number): number {
  const before = task.process.personality;
  if (wanted === ANY_PERSONALITY) return before;
  if (wanted & ~system.ADDR_NO_RANDOMIZE) {
    task.kernel.log(`personality: 0x${wanted.toString(16)} is not supported: EINVAL`);
    throw new SysError(EINVAL);
  }
  task.process.personality = wanted;
  return before;
}

const BARRIERS = whenShown(() => select(system, 'MEMBARRIER_CMD_'));

/** On one processor every task sees memory in the order it was written: each barrier has been passed when it is asked for. */
function membarrier(_task: Task, command: number, bits: number): number {
  if (bits !== 0) throw new SysError(EINVAL);
  const commands = Object.values(BARRIERS());
  if (command === system.MEMBARRIER_CMD_QUERY) return commands.reduce((all, one) => all | one, 0);
  if (!commands.includes(command)) throw new SysError(EINVAL);
  return 0;
}

const archOptions = oneOf(
  { ARCH_SET_GS, ARCH_SET_FS, ARCH_GET_FS, ARCH_GET_GS, ARCH_GET_CPUID, ARCH_SET_CPUID },
  'ARCH',
);
/** ARCH_GET_FS and ARCH_GET_GS fill what it points to. */
const archValue: Argument<bigint> = {
  ...word,
  atExit: true,
  show: (raw, call) => {
    const option = Number(call.words[0]);
    return (option === ARCH_GET_FS || option === ARCH_GET_GS ? wordOut : word).show(raw, call);
  },
};
export const systemSyscalls: readonly SyscallDeclaration[] = [
  syscall('uname', [utsnameOut], uname),
  syscall('sethostname', [inBuffer(1), int], (task, address, length) => {
    task.kernel.hostname = readName(task, address, length);
    return 0;
  }),
  syscall('setdomainname', [inBuffer(1), int], (task, address, length) => {
    task.kernel.domainname = readName(task, address, length);
    return 0;
  }),
  syscall('sysinfo', [sysinfoOut], sysinfo, { missing: 'load averages, shared and buffer memory are 0' }),
  syscall('getrandom', [outBinary, size, flags(whenShown(() => select(system, 'GRND_')))], getrandom),
  syscall('arch_prctl', [archOptions, archValue], archPrctl),
  syscall('personality', [hexUint], personality, {
    missing: 'PER_LINUX and ADDR_NO_RANDOMIZE only',
    showResult: (result) =>
      `${result === 0 ? '0' : `0x${result.toString(16)}`} (${flagsText({ ADDR_NO_RANDOMIZE: system.ADDR_NO_RANDOMIZE }, result, 'PER_LINUX')})`,
  }),
  syscall('getcpu', [uintOut, uintOut, pointer], (task, cpu, node) => {
    if (cpu !== 0) task.memory.writeU32(cpu, 0);
    if (node !== 0) task.memory.writeU32(node, 0);
    return 0;
  }),
  syscall('membarrier', [oneOf(BARRIERS), uint], membarrier, {
    showResult: (result) =>
      result === 0 ? '0' : `0x${result.toString(16)} (${flagsText(BARRIERS, result)})`,
  }),
  syscall(
    'syslog',
    [int, pointer, int],
    () => {
      throw new SysError(EPERM);
    },
    { missing: 'always EPERM' },
  ),
];
