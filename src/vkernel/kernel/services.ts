/** What a loaded kernel needs from its surroundings: the machine provides these when it saves and loads the state. */
import { service } from '../../ckpt/state/services.js';
import type { Cpu } from '../cpu/cpu.js';
import type { KernelLog } from './log.js';
import type { SyscallDeclaration } from './syscall.js';

export { clockService, randomService, type Random } from '../vfs/services.js';

export const cpuService = service<Cpu>('cpu');
export const logService = service<KernelLog>('log');
/** The system call table, by number: the kernel dispatches over it without knowing the handlers above it. */
export const tableService = service<readonly (SyscallDeclaration | undefined)[]>('system call table');
