/** A process as the core image that debuggers know: what Linux writes when it dumps one (fs/binfmt_elf.c). */
import { AT_NULL } from '../../vkernel/abi/elf.js';
import { SIGINFO_BYTES, type SigInfo } from '../../vkernel/arch/siginfo.js';
import type { Process } from '../../vkernel/kernel/process.js';
import type { Task } from '../../vkernel/kernel/task.js';
import type { AddressSpace } from '../../vkernel/mm/address-space.js';
import type { Vma } from '../../vkernel/mm/vma.js';
import { VdsoFile } from '../../vkernel/mm/vdso-file.js';
import { linkText, type Location } from '../../vkernel/vfs/location.js';
import {
  LIMITS,
  PAGE_BYTES,
  type CoreImage,
  type MappedFile,
  type ProcessInfo,
} from '../elfcore/core-image.js';
import { threadOf } from './thread-state.js';

const FNAME_BYTES = 15;
const PSARGS_BYTES = 79;
const NO_AUXV = new Uint8Array(BigUint64Array.of(BigInt(AT_NULL), 0n).buffer);

/** All but the memory and the notes of our own. `lead` is the thread that took `siginfo` or asked for the freeze. */
export function processImage(
  process: Process,
  lead: Task,
  siginfo: SigInfo | undefined,
): Omit<CoreImage, 'segments' | 'vkernelNotes'> {
  const { pid, ppid, pgrp, sid } = process;
  const others = [...process.tasks.values()].filter((task) => task !== lead);
  return {
    ...{ pid, ppid, pgrp, sid },
    signal: siginfo?.signo ?? 0,
    threads: [lead, ...others].map(threadOf),
    psinfo: processInfo(process, lead),
    siginfo: siginfo?.encode() ?? new Uint8Array(SIGINFO_BYTES),
    auxv: process.program?.auxv ?? NO_AUXV,
    files: mappedFiles(lead.mm, lead.fs.root),
  };
}

function processInfo(process: Process, lead: Task): ProcessInfo {
  const { credentials, nice, stoppedBy } = process;
  const running = lead.wait === undefined ? 'R' : 'S';
  return {
    stateName: stoppedBy !== 0 ? 'T' : running,
    nice,
    flags: 0n,
    uid: credentials.ruid,
    gid: credentials.rgid,
    fname: untilZero(process.leader!.comm).slice(0, FNAME_BYTES),
    psargs: commandLine(process, lead),
  };
}

/** The arguments as they are in the program's memory now, with spaces between them. */
function commandLine({ program }: Process, { memory }: Task): string {
  if (program === undefined) return '';
  const length = Math.min(program.argEnd - program.argStart, PSARGS_BYTES);
  const bytes = memory.tryBytes(program.argStart, length) ?? new Uint8Array(0);
  return Buffer.from(bytes).toString('latin1').replaceAll('\0', ' ');
}

function mappedFiles(space: AddressSpace, root: Location): MappedFile[] {
  const files: MappedFile[] = [];
  for (const vma of space.vmas) {
    const path = pathOf(space, vma, root);
    if (path === '') continue;
    files.push({ start: vma.start, end: vma.end, filePageOffset: vma.fileOffset / PAGE_BYTES, path });
  }
  return files;
}

function pathOf(space: AddressSpace, vma: Vma, root: Location): string {
  if (vma.file === undefined || vma.file instanceof VdsoFile) return '';
  const { location } = vma.file;
  const text = location === undefined ? space.nameOf(vma) : linkText(location, root);
  return untilZero(text).slice(0, LIMITS.pathBytes - 1);
}

const untilZero = (text: string): string => text.split('\0', 1)[0]!;
