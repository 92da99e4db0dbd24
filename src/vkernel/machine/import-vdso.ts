/**
 * The vDSO of the host's kernel reads data of that kernel, which are not in the core. Its functions become what they fall back to:
 * the system calls.
 */
import { dynamicSymbols, elfLayout, type ReadRange } from '../../ckpt/foreign/elf-symbols.js';
import { AT_SYSINFO_EHDR } from '../abi/elf.js';
import { SYSCALL_NUMBERS } from '../abi/syscall-numbers.js';
import { PAGE_BYTES } from '../mm/frames.js';
import { vmaAt } from '../mm/vma-list.js';
import { overwrite } from './import-write.js';
import { auxiliary, type SegmentImport } from './import-memory.js';

const CALLS: Readonly<Record<string, number>> = {
  __vdso_clock_gettime: SYSCALL_NUMBERS.clock_gettime,
  __vdso_gettimeofday: SYSCALL_NUMBERS.gettimeofday,
  __vdso_time: SYSCALL_NUMBERS.time,
  __vdso_getcpu: SYSCALL_NUMBERS.getcpu,
  __vdso_clock_getres: SYSCALL_NUMBERS.clock_getres,
};

export function redirectVdso({ core, space }: SegmentImport): void {
  const base = auxiliary(core, AT_SYSINFO_EHDR);
  const vma = vmaAt(space.vmas, base);
  if (vma === undefined || base !== vma.start || base % PAGE_BYTES !== 0) return;
  const { start, end } = vma;
  const read: ReadRange = (address, length) =>
    address >= start && length >= 0 && address + length <= end
      ? space.memory.tryBytes(address, length)
      : undefined;
  const layout = elfLayout((offset, length) => read(base + offset, length));
  if (layout === undefined) return;
  const bias = base - layout.firstAddress;
  for (const { name, address } of dynamicSymbols(read, layout.dynamic, bias)) {
    const number = Object.hasOwn(CALLS, name) ? CALLS[name] : undefined;
    // mov $number, %eax; syscall; ret
    const code =
      number === undefined
        ? undefined
        : Uint8Array.of(0xb8, number & 0xff, number >> 8, 0, 0, 0x0f, 0x05, 0xc3);
    const at = address + bias;
    if (code !== undefined && at >= start && at + code.length <= end) overwrite(space, at, code);
  }
}
