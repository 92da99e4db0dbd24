/** prctl(2). */
import {
  CAP_LAST_CAP,
  CAP_SETPCAP,
  SECBIT_KEEP_CAPS,
  SECBIT_KEEP_CAPS_LOCKED,
  SECBIT_NO_CAP_AMBIENT_RAISE,
  SECURE_ALL_BITS,
  SECURE_ALL_LOCKS,
} from '../abi/capability.js';
import { EINVAL, EPERM, SysError } from '../abi/errno.js';
import * as sched from '../abi/sched.js';
import { SIGRTMAX } from '../abi/signal.js';
import { SECCOMP_MODE_DISABLED } from '../abi/system.js';
import { syscall, type Argument, type SyscallDeclaration } from '../kernel/syscall.js';
import type { Task } from '../kernel/task.js';
import { nameOf, select, whenShown } from '../strace/names.js';
import { quote } from '../strace/quote.js';
import { assertCapability } from '../vfs/access.js';
import { int, size } from './arguments.js';

/** Length of a task's name, the zero at its end included. */
const TASK_COMM_LEN = 16;
const DEFAULT_TIMER_SLACK_NS = 50_000;
/** PR_MCE_KILL_GET: the machine's own policy. */
const { PR_MCE_KILL_DEFAULT } = sched;

interface Call {
  readonly task: Task;
  /** The second to the fifth argument. */
  readonly words: readonly [number, number, number, number];
}

/** Arguments that an option does not use must be 0, where Linux says so. */
function assertUnused({ words }: Call, from: number): void {
  if (words.slice(from).some((value) => value !== 0)) throw new SysError(EINVAL);
}

function asBoolean(value: number): boolean {
  if (value > 1) throw new SysError(EINVAL);
  return value === 1;
}

function setName({ task, words: [address] }: Call): number {
  const name: number[] = [];
  for (let i = 0; i < TASK_COMM_LEN - 1; i++) {
    const byte = task.memory.readU8(address + i);
    if (byte === 0) break;
    name.push(byte);
  }
  task.comm = String.fromCharCode(...name);
  return 0;
}

function getName({ task, words: [address] }: Call): number {
  const bytes = new Uint8Array(TASK_COMM_LEN);
  bytes.set(Buffer.from(task.comm, 'latin1').subarray(0, TASK_COMM_LEN - 1));
  task.memory.copyOut(address, bytes);
  return 0;
}

/** The bit of a capability. @throws SysError EINVAL when there is none of that number */
function capabilityBit(capability: number): bigint {
  if (capability > CAP_LAST_CAP) throw new SysError(EINVAL);
  return 1n << BigInt(capability);
}

/** PR_CAP_AMBIENT: capabilities that programs without any of their own keep. */
function ambientCapability(call: Call): number {
  const [operation, capability] = call.words;
  const { credentials } = call.task.process;
  if (operation === sched.PR_CAP_AMBIENT_CLEAR_ALL) {
    assertUnused(call, 1);
    credentials.ambient = 0n;
    return 0;
  }
  assertUnused(call, 2);
  const bit = capabilityBit(capability);
  switch (operation) {
    case sched.PR_CAP_AMBIENT_IS_SET:
      return Number((credentials.ambient & bit) !== 0n);
    case sched.PR_CAP_AMBIENT_LOWER:
      credentials.ambient &= ~bit;
      return 0;
    case sched.PR_CAP_AMBIENT_RAISE: {
      const isForbidden = (credentials.secureBits & SECBIT_NO_CAP_AMBIENT_RAISE) !== 0;
      if (isForbidden || (credentials.permitted & credentials.inheritable & bit) === 0n)
        throw new SysError(EPERM);
      credentials.ambient |= bit;
      return 0;
    }
    default:
      throw new SysError(EINVAL);
  }
}

/** PR_SET_SECUREBITS: bits that are locked stay, and so do locks. */
function setSecureBits({ task, words: [wanted] }: Call): number {
  const { credentials } = task.process;
  const { secureBits } = credentials;
  const locked = (secureBits & SECURE_ALL_LOCKS) >> 1;
  const changesLocked = ((secureBits ^ wanted) & locked) !== 0;
  const opensLock = (secureBits & SECURE_ALL_LOCKS & ~wanted) !== 0;
  if (changesLocked || opensLock || (wanted & ~SECURE_ALL_BITS) !== 0) throw new SysError(EPERM);
  assertCapability(credentials, CAP_SETPCAP);
  credentials.secureBits = wanted;
  return 0;
}

function setKeepCapabilities({ task, words: [value] }: Call): number {
  const { credentials } = task.process;
  const keeps = asBoolean(value);
  if ((credentials.secureBits & SECBIT_KEEP_CAPS_LOCKED) !== 0) throw new SysError(EPERM);
  credentials.secureBits = keeps
    ? credentials.secureBits | SECBIT_KEEP_CAPS
    : credentials.secureBits & ~SECBIT_KEEP_CAPS;
  return 0;
}

/** PR_CAPBSET_DROP. */
function dropFromBounds({ task, words: [capability] }: Call): number {
  const { credentials } = task.process;
  assertCapability(credentials, CAP_SETPCAP);
  credentials.bounding &= ~capabilityBit(capability);
  return 0;
}

const OPTIONS = new Map<number, (call: Call) => number>([
  [sched.PR_SET_NAME, setName],
  [sched.PR_GET_NAME, getName],
  [sched.PR_GET_DUMPABLE, ({ task }) => task.process.dumpable],
  [
    sched.PR_SET_DUMPABLE,
    ({ task, words: [value] }) => {
      task.process.dumpable = Number(asBoolean(value));
      return 0;
    },
  ],
  [
    sched.PR_SET_PDEATHSIG,
    ({ task, words: [signo] }) => {
      if (signo > SIGRTMAX) throw new SysError(EINVAL);
      task.parentDeathSignal = signo;
      return 0;
    },
  ],
  [
    sched.PR_GET_PDEATHSIG,
    ({ task, words: [address] }) => {
      task.memory.writeU32(address, task.parentDeathSignal);
      return 0;
    },
  ],
  [
    sched.PR_SET_NO_NEW_PRIVS,
    (call) => {
      assertUnused(call, 1);
      if (call.words[0] !== 1) throw new SysError(EINVAL);
      call.task.process.noNewPrivileges = true;
      return 0;
    },
  ],
  [
    sched.PR_GET_NO_NEW_PRIVS,
    (call) => {
      assertUnused(call, 0);
      return Number(call.task.process.noNewPrivileges);
    },
  ],
  [
    sched.PR_SET_CHILD_SUBREAPER,
    ({ task, words: [value] }) => {
      task.process.childSubreaper = value !== 0;
      return 0;
    },
  ],
  [
    sched.PR_GET_CHILD_SUBREAPER,
    ({ task, words: [address] }) => {
      task.memory.writeU32(address, Number(task.process.childSubreaper));
      return 0;
    },
  ],
  [
    sched.PR_GET_KEEPCAPS,
    ({ task }) => Number((task.process.credentials.secureBits & SECBIT_KEEP_CAPS) !== 0),
  ],
  [sched.PR_SET_KEEPCAPS, setKeepCapabilities],
  [sched.PR_GET_TIMERSLACK, ({ task }) => task.timerSlackNs],
  [
    sched.PR_SET_TIMERSLACK,
    ({ task, words: [ns] }) => {
      task.timerSlackNs = ns > 0 && ns <= Number.MAX_SAFE_INTEGER ? ns : DEFAULT_TIMER_SLACK_NS;
      return 0;
    },
  ],
  [
    sched.PR_CAPBSET_READ,
    ({ task, words: [capability] }) =>
      Number((task.process.credentials.bounding & capabilityBit(capability)) !== 0n),
  ],
  [sched.PR_CAPBSET_DROP, dropFromBounds],
  [sched.PR_CAP_AMBIENT, ambientCapability],
  [sched.PR_GET_SECCOMP, () => SECCOMP_MODE_DISABLED],
  [sched.PR_GET_SECUREBITS, ({ task }) => task.process.credentials.secureBits],
  [sched.PR_SET_SECUREBITS, setSecureBits],
  [sched.PR_GET_THP_DISABLE, () => 0],
  [sched.PR_MCE_KILL_GET, () => PR_MCE_KILL_DEFAULT],
  [
    sched.PR_GET_TSC,
    ({ task, words: [address] }) => {
      task.memory.writeU32(address, sched.PR_TSC_ENABLE);
      return 0;
    },
  ],
  [
    sched.PR_GET_TID_ADDRESS,
    ({ task, words: [address] }) => {
      task.memory.writeNumber64(address, task.clearTidAddress);
      return 0;
    },
  ],
  // Named anonymous memory is a build option of Linux too; its users go on without (PR_SET_VMA(2const)).
  [
    sched.PR_SET_VMA,
    () => {
      throw new SysError(EINVAL);
    },
  ],
]);

function prctl(task: Task, option: number, a: number, b: number, c: number, d: number): number {
  const run = OPTIONS.get(option);
  if (run === undefined) {
    task.kernel.log(`prctl: option ${nameOf(NAMES, option)} is not supported: EINVAL`);
    throw new SysError(EINVAL);
  }
  return run({ task, words: [a, b, c, d] });
}

/** The options alone: the constants of abi/sched.ts also name their values. */
const NAMES = whenShown(() =>
  Object.fromEntries(
    Object.entries(select(sched, 'PR_')).filter(
      ([name]) =>
        /^PR_(GET|SET|CAP|MCE|TASK|MPX)_?/.test(name) &&
        !/^PR_(SET_MM_|SET_VMA_|CAP_AMBIENT_|MCE_KILL_[CSLED])/.test(name),
    ),
  ),
);

/** Options that take a string or fill one. */
const STRINGS = new Set<number>([sched.PR_SET_NAME, sched.PR_GET_NAME]);
const option: Argument<number> = { ...int, show: (raw) => nameOf(NAMES, Number(raw & 0xffff_ffffn)) };
/** Options that use more of the four arguments than the first, or not even that: only what is used is printed. */
const USED = new Map<number, number>([
  [sched.PR_SET_NO_NEW_PRIVS, 4],
  [sched.PR_GET_NO_NEW_PRIVS, 4],
  [sched.PR_CAP_AMBIENT, 4],
  [sched.PR_SET_VMA, 4],
  [sched.PR_SET_SECCOMP, 2],
  [sched.PR_GET_DUMPABLE, 0],
  [sched.PR_GET_KEEPCAPS, 0],
  [sched.PR_GET_SECCOMP, 0],
  [sched.PR_GET_SECUREBITS, 0],
  [sched.PR_GET_TIMERSLACK, 0],
]);
const isUsed = (words: readonly bigint[], position: number): boolean =>
  position <= (USED.get(Number(BigInt.asIntN(32, words[0]!))) ?? 1);
const numberText = (raw: bigint): string => (raw < 65536n ? `${raw}` : `0x${raw.toString(16)}`);
const other = (position: number): Argument<number> => ({
  ...size,
  show: (raw, { words }) => (isUsed(words, position) ? numberText(raw) : ''),
});
const second: Argument<number> = {
  ...size,
  atExit: true,
  show: (raw, { memory, words }) => {
    const text = STRINGS.has(Number(words[0])) ? memory.tryString(Number(raw), TASK_COMM_LEN) : undefined;
    if (!isUsed(words, 1)) return '';
    return text === undefined ? numberText(raw) : quote(text, TASK_COMM_LEN);
  },
};

export const prctlSyscalls: readonly SyscallDeclaration[] = [
  syscall('prctl', [option, second, other(2), other(3), other(4)], prctl, {
    missing: 'seccomp, speculation control, names of anonymous memory, PR_SET_MM',
  }),
];
