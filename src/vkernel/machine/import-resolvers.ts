/**
 * glibc has chosen among its functions for the CPU of the host, which may have AVX: most programs would end at their next strlen(3).
 * So the choice is made again for the virtual CPU: glibc's notes about the CPU are changed (since 2.33, `struct cpu_features`), the
 * functions that choose (STT_GNU_IFUNC) run before and after that, and where the old choice stands, the new one is put.
 */
import { elfRelocations } from '../../ckpt/foreign/elf-symbols.js';
import { MAP_ANONYMOUS, MAP_PRIVATE, PROT_READ, PROT_WRITE } from '../abi/mman.js';
import { RIP, RSP } from '../arch/registers.js';
import { CpuExit } from '../cpu/cpu.js';
import type { Task } from '../kernel/task.js';
import { PAGE_BYTES } from '../mm/frames.js';
import { overwrite } from './import-write.js';
import { maskCpuFeatures, usePlainSaves } from './import-cpu-features.js';
import type { SegmentImport } from './import-memory.js';
import { objectsOf } from './import-objects.js';

const STACK_BYTES = 16 * PAGE_BYTES;
/** Where a resolver returns to. Nothing can be mapped there. */
const RETURN_ADDRESS = 8;
/** Of all of them together. A resolver takes some ten, and some faults. */
const MOST_BLOCKS = 10_000_000;
const MOST_RESOLVERS = 10_000;
const MOST_FAULTS = 64;

/** @returns false when the process has a glibc whose notes about the CPU are not found, or none */
export function chooseFunctions(task: Task, { core, space, files }: SegmentImport): boolean {
  const ranges = core.image.files.filter(({ path }) => files.has(path));
  const slots = new Set<number>();
  const resolvers: number[] = [];
  for (const { read, bias } of objectsOf(core, files)) {
    const found = elfRelocations(read);
    for (const address of found.slots) slots.add(address + bias);
    for (const address of found.resolvers) resolvers.push(address + bias);
  }
  if (resolvers.length === 0) return false;
  const before = run(task, resolvers);
  const linkers = maskCpuFeatures(space, ranges);
  if (linkers.size === 0) return false;
  usePlainSaves(
    space,
    ranges.filter(({ path }) => linkers.has(path)),
  );
  const after = run(task, resolvers);
  const instead = new Map<bigint, bigint>();
  before.forEach((old, i) => {
    const chosen = after[i];
    if (old !== undefined && chosen !== undefined && old !== chosen) instead.set(old, chosen);
  });
  for (const address of slots) {
    const bytes = space.memory.tryBytes(address, 8);
    const chosen = bytes && instead.get(new DataView(bytes.buffer).getBigUint64(0, true));
    if (chosen !== undefined) overwrite(space, address, new Uint8Array(BigUint64Array.of(chosen).buffer));
  }
  return true;
}

/** What each of them chooses; undefined for what does not return. */
function run(task: Task, resolvers: readonly number[]): (bigint | undefined)[] {
  const { mm } = task;
  const place = { address: 0, length: STACK_BYTES, protection: PROT_READ | PROT_WRITE };
  const stack = mm.map({ ...place, flags: MAP_PRIVATE | MAP_ANONYMOUS });
  try {
    let blocks = MOST_BLOCKS;
    return resolvers.slice(0, MOST_RESOLVERS).map((address) => {
      const chosen = call(task, address, stack + STACK_BYTES, blocks);
      blocks = task.kernel.cpu.blocksLeft;
      return chosen;
    });
  } finally {
    mm.unmap(stack, STACK_BYTES);
  }
}

function call(task: Task, address: number, stackEnd: number, mostBlocks: number): bigint | undefined {
  const { registers, mm, memory, kernel } = task;
  const { cpu } = kernel;
  // As after a call: 8 bytes off the alignment.
  const top = stackEnd - 64 - 8;
  memory.writeU64(top, BigInt(RETURN_ADDRESS));
  cpu.drop(registers);
  registers.reset();
  registers.slots[RIP] = BigInt(address);
  registers.slots[RSP] = BigInt(top);
  cpu.switchTo(registers);
  mm.activate();
  try {
    let blocks = mostBlocks;
    for (let faults = 0; faults < MOST_FAULTS && blocks > 0; faults++) {
      if (cpu.run(blocks) !== CpuExit.fault) return undefined;
      blocks = cpu.blocksLeft;
      if (cpu.faultAddress === RETURN_ADDRESS && registers.unsigned(RIP) === RETURN_ADDRESS)
        return registers.slots[0];
      if (mm.handleFault(cpu.faultAddress, cpu.errorCode).kind !== 'resolved') return undefined;
    }
    return undefined;
  } finally {
    cpu.drop(registers);
    registers.reset();
  }
}
