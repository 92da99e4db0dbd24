/** What a machine takes from its host besides files: a CPU with RAM, time and randomness. */
import { Services } from '../../ckpt/state/services.js';
import { UnicornCpu } from '../cpu/unicorn-cpu.js';
import type { KernelLog } from '../kernel/log.js';
import { cpuService, logService, tableService } from '../kernel/services.js';
import type { SyscallDeclaration } from '../kernel/syscall.js';
import { FrameAllocator } from '../mm/frames.js';
import { Mmu, mmuService } from '../mm/mmu.js';
import { syscallTable } from '../syscalls/table.js';
import { HostClock } from '../time/clock.js';
import { pagePool } from '../vfs/page-pool.js';
import { clockService, randomService, type Random } from '../vfs/services.js';
import { boundedLog } from './bounded-log.js';
import { hostRandomBytes } from './host-random.js';
import { MachineError } from './machine-error.js';

/** One machine's parts that are not state. */
export interface Host {
  readonly cpu: UnicornCpu;
  readonly frames: FrameAllocator;
  readonly mmu: Mmu;
  readonly clock: HostClock;
  readonly random: Random;
  readonly table: readonly (SyscallDeclaration | undefined)[];
  readonly log: KernelLog;
  /** The same, as saving and loading ask for them. */
  readonly services: Services;
}

/**
 * @param ramBytes a multiple of 4096
 * @param bootNs what the monotonic clock shows now, in nanoseconds
 * @throws MachineError when the CPU cannot be made
 */
export function createHost(ramBytes: number, bootNs: number, toLog: KernelLog): Host {
  const log = boundedLog(toLog);
  const cpu = createCpu(ramBytes);
  const frames = new FrameAllocator(cpu);
  const mmu = new Mmu(cpu, frames);
  const clock = new HostClock(bootNs);
  const random: Random = { bytes: hostRandomBytes };
  const table = syscallTable();
  const services = new Services()
    .provide(cpuService, cpu)
    .provide(mmuService, mmu)
    .provide(pagePool, frames)
    .provide(clockService, clock)
    .provide(randomService, random)
    .provide(tableService, table)
    .provide(logService, log);
  return { cpu, frames, mmu, clock, random, table, log, services };
}

function createCpu(ramBytes: number): UnicornCpu {
  try {
    return new UnicornCpu(ramBytes);
  } catch (error) {
    throw new MachineError(error instanceof Error ? error.message : String(error), 125, { cause: error });
  }
}
