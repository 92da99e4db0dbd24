/** All system calls there are. */
import type { SyscallDeclaration } from '../kernel/syscall.js';
import { futexSyscalls } from './futex.js';
import { identitySyscalls } from './identity.js';
import { prctlSyscalls } from './prctl.js';
import { resourceSyscalls } from './resource.js';
import { schedulingSyscalls } from './scheduling.js';
import { signalSyscalls } from './signal.js';
import { systemSyscalls } from './system.js';
import { threadSyscalls } from './thread.js';
import { timeSyscalls } from './time.js';
import { timerSyscalls } from './timers.js';

export const SYSCALLS: readonly SyscallDeclaration[] = [
  ...futexSyscalls,
  ...identitySyscalls,
  ...prctlSyscalls,
  ...resourceSyscalls,
  ...schedulingSyscalls,
  ...signalSyscalls,
  ...systemSyscalls,
  ...threadSyscalls,
  ...timeSyscalls,
  ...timerSyscalls,
];

/** The same by number, as the dispatcher wants them. */
export function syscallTable(): readonly (SyscallDeclaration | undefined)[] {
  const table: (SyscallDeclaration | undefined)[] = [];
  for (const declaration of SYSCALLS) {
    if (table[declaration.number] !== undefined) throw new Error(`${declaration.name} is declared twice`);
    table[declaration.number] = declaration;
  }
  return table;
}
