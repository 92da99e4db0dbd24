/** Files of /proc about the whole machine. */
import * as ipc from '../../abi/ipc.js';
import { fileSystemTypeNames } from '../../kernel/file-system-types.js';
import type { Kernel } from '../../kernel/kernel.js';
import { PID_MAX } from '../../kernel/kernel.js';
import { RELEASE, VERSION } from '../../kernel/release.js';
import { NS_PER_SECOND } from '../../time/clock.js';

export type SystemFile = (kernel: Kernel) => string;

const PAGE_KIB = 4;
/** Ticks a second that /proc counts in (sysconf(_SC_CLK_TCK)). */
export const CLOCK_TICKS = 100;

const line = (value: string | number): string => `${value}\n`;
export const ticks = (ns: number): number => Math.floor((ns * CLOCK_TICKS) / NS_PER_SECOND);
const seconds = (ns: number): string => (Math.floor(ns / 1e7) / 100).toFixed(2);

function meminfo({ frames }: Kernel): string {
  const total = frames.totalFrames * PAGE_KIB;
  const free = frames.freeFrames * PAGE_KIB;
  const rows: [string, number][] = [
    ['MemTotal', total],
    ['MemFree', free],
    ['MemAvailable', free],
    ['Buffers', 0],
    ['Cached', 0],
    ['SwapCached', 0],
    ['Active', total - free],
    ['Inactive', 0],
    ['SwapTotal', 0],
    ['SwapFree', 0],
    ['Dirty', 0],
    ['Shmem', 0],
    ['CommitLimit', total],
    ['Committed_AS', total - free],
    ['HugePages_Total', 0],
  ];
  return rows
    .map(
      ([name, kib]) =>
        `${`${name}:`.padEnd(16)}${String(kib).padStart(8)}${name.startsWith('Huge') ? '' : ' kB'}\n`,
    )
    .join('');
}

function cpuinfo(): string {
  const rows: [string, string][] = [
    ['processor', '0'],
    ['vendor_id', 'VirtualKernl'],
    ['model name', 'vkernel virtual CPU'],
    ['cpu cores', '1'],
    ['fpu', 'yes'],
    ['flags', 'fpu tsc cx8 cmov mmx fxsr sse sse2 syscall nx lm pni ssse3 cx16 sse4_1 sse4_2 popcnt lahf_lm'],
    ['address sizes', '40 bits physical, 48 bits virtual'],
  ];
  return rows.map(([name, value]) => `${name.length < 8 ? `${name}\t` : name}\t: ${value}\n`).join('') + '\n';
}

function stat(kernel: Kernel): string {
  let [user, system] = [0, 0];
  for (const process of kernel.processes.values()) {
    // With those that ended and were waited for: the sum never falls by that.
    user += process.userNs + process.childrenUsage.userNs;
    system += process.systemNs + process.childrenUsage.systemNs;
  }
  const idle = Math.max(0, kernel.clock.monotonicNs() - user - system);
  const times = `${ticks(user)} 0 ${ticks(system)} ${ticks(idle)} 0 0 0 0 0 0`;
  return (
    `cpu  ${times}\ncpu0 ${times}\nintr 0\nctxt 0\nbtime ${kernel.bootRealtimeNs / 1_000_000_000n}\n` +
    `processes ${kernel.nextPid}\nprocs_running ${kernel.scheduler.ready.length}\nprocs_blocked 0\n`
  );
}

/** The rows that vmstat(8) reads; nothing is swapped, and no pages go to a disk. */
function vmstat({ frames }: Kernel): string {
  const rows: [string, number][] = [
    ['nr_free_pages', frames.freeFrames],
    ['pgpgin', 0],
    ['pgpgout', 0],
    ['pswpin', 0],
    ['pswpout', 0],
    ['oom_kill', 0],
  ];
  return rows.map(([name, pages]) => line(`${name} ${pages}`)).join('');
}

function bootId(kernel: Kernel): string {
  return (kernel.bootId ??= uuid(kernel));
}

function uuid(kernel: Kernel): string {
  const bytes = kernel.random.bytes(16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const digits = Buffer.from(bytes).toString('hex');
  return [8, 12, 16, 20, 32].map((end, i, ends) => digits.slice(ends[i - 1] ?? 0, end)).join('-');
}

export const SYSTEM_FILES: ReadonlyMap<string, SystemFile> = new Map<string, SystemFile>([
  ['cmdline', () => line('')],
  ['cpuinfo', cpuinfo],
  ['diskstats', () => ''],
  [
    'filesystems',
    () => [...fileSystemTypeNames(), 'hostfs', 'pipefs', 'sockfs'].map((name) => `nodev\t${name}\n`).join(''),
  ],
  [
    'loadavg',
    (kernel) =>
      `0.00 0.00 0.00 ${kernel.scheduler.ready.length}/${kernel.tasks.size} ${kernel.nextPid - 1}\n`,
  ],
  ['meminfo', meminfo],
  ['partitions', () => 'major minor  #blocks  name\n\n'],
  ['stat', stat],
  ['swaps', () => 'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n'],
  ['uptime', (kernel) => `${seconds(kernel.clock.monotonicNs())} 0.00\n`],
  ['vmstat', vmstat],
  ['version', () => `Linux version ${RELEASE} (vkernel) ${VERSION}\n`],
  ['sys/kernel/osrelease', () => line(RELEASE)],
  ['sys/kernel/ostype', () => line('Linux')],
  ['sys/kernel/version', () => line(VERSION)],
  ['sys/kernel/hostname', (kernel) => line(kernel.hostname)],
  ['sys/kernel/domainname', (kernel) => line(kernel.domainname)],
  ['sys/kernel/pid_max', () => line(PID_MAX)],
  ['sys/kernel/randomize_va_space', (kernel) => line(kernel.aslr ? 2 : 0)],
  ['sys/kernel/core_pattern', () => line('core')],
  ['sys/kernel/tainted', () => line(0)],
  ['sys/kernel/threads-max', (kernel) => line(kernel.maxTasks)],
  ['sys/kernel/ngroups_max', () => line(65536)],
  ['sys/kernel/overflowuid', () => line(65534)],
  ['sys/kernel/overflowgid', () => line(65534)],
  ['sys/kernel/cap_last_cap', () => line(40)],
  ['sys/kernel/random/boot_id', (kernel) => line(bootId(kernel))],
  ['sys/kernel/random/uuid', (kernel) => line(uuid(kernel))],
  ['sys/kernel/random/entropy_avail', () => line(256)],
  ['sys/kernel/random/poolsize', () => line(256)],
  ['sys/kernel/msgmax', () => line(ipc.MSGMAX)],
  ['sys/kernel/msgmnb', () => line(ipc.MSGMNB)],
  ['sys/kernel/msgmni', () => line(ipc.MSGMNI)],
  ['sys/kernel/sem', () => line([ipc.SEMMSL, ipc.SEMMNS, ipc.SEMOPM, ipc.SEMMNI].join('\t'))],
  ['sys/kernel/shmmax', () => line(String(ipc.SHMMAX))],
  ['sys/kernel/shmall', () => line(String(ipc.SHMMAX))],
  ['sys/kernel/shmmni', () => line(ipc.SHMMNI)],
  ['sys/vm/overcommit_memory', () => line(0)],
  ['sys/vm/overcommit_ratio', () => line(50)],
  ['sys/vm/swappiness', () => line(60)],
  ['sys/vm/max_map_count', () => line(65530)],
  ['sys/vm/mmap_min_addr', () => line(65536)],
  ['sys/fs/pipe-max-size', () => line(1048576)],
  ['sys/fs/nr_open', (kernel) => line(kernel.maxFiles)],
  ['sys/fs/file-max', (kernel) => line(kernel.maxFiles * kernel.maxTasks)],
]);
