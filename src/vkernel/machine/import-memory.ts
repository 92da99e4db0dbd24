/** The memory of a native process: what its core has, and for the rest the files that it had mapped. */
import type { CoreSegment, MappedFile } from '../../ckpt/elfcore/core-image.js';
import type { ForeignCore } from '../../ckpt/foreign/foreign-core.js';
import { lastAt } from '../lib/last-at.js';
import { EFAULT, SysError } from '../abi/errno.js';
import { AT_PHDR, AT_RANDOM, PF_R, PF_W, PF_X, PT_LOAD } from '../abi/elf.js';
import { O_RDONLY } from '../abi/fcntl.js';
import { MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE, PROT_EXEC, PROT_READ, PROT_WRITE } from '../abi/mman.js';
import { readElfImage } from '../loader/elf-image.js';
import type { AddressSpace } from '../mm/address-space.js';
import { PAGE_BYTES } from '../mm/frames.js';
import { VM_GROWSDOWN, VM_READ, VM_WRITE, VM_EXEC } from '../mm/vma.js';
import { vmaAt } from '../mm/vma-list.js';
import type { Location } from '../vfs/location.js';
import type { OpenFile } from '../vfs/open-file.js';
import { MachineError } from './machine-error.js';

export interface SegmentImport {
  readonly core: ForeignCore;
  readonly space: AddressSpace;
  /** The mapped files that are at hand, by path. */
  readonly files: ReadonlyMap<string, Location>;
  /** Of the core, for messages. */
  readonly name: string;
}

/** Pages copied at once. */
const CHUNK_PAGES = 256;
/** A heap begins at most so far behind the program (arch_randomize_brk). */
const HEAP_DISTANCE_BYTES = 2 ** 30 + 2 ** 26;
const LISTED_FILES = 4;

/** A stretch of the address space that comes from one place with the same rights. */
interface Stretch {
  readonly start: number;
  readonly end: number;
  /** PF_* bits; undefined where only the file can tell. */
  readonly flags: number | undefined;
  readonly file: MappedFile | undefined;
}

/** @throws MachineError, SysError ENOMEM */
export function importMemory(imported: SegmentImport): void {
  const { core, space, files } = imported;
  const stretches = stretchesOf(core.image.segments, core.image.files);
  assertFiles(imported, stretches);
  const opened = new Map<string, OpenFile>();
  for (const [path, place] of files) opened.set(path, place.inode.open(O_RDONLY, place).retain());
  for (const stretch of stretches) mapStretch(space, stretch, opened);
  for (const segment of core.image.segments) copySegment(imported, segment);
  for (const { start, end, flags, file } of stretches) {
    const known = flags ?? (file === undefined ? PF_R : fileFlags(opened.get(file.path), file));
    space.protect(start, end - start, protectionOf(known));
  }
  for (const file of opened.values()) file.release();
  markStackAndHeap(space, core);
}

/** The segments, cut where files begin and end; and the mapped files that are in no segment, because gcore leaves them out. */
function stretchesOf(segments: readonly CoreSegment[], files: readonly MappedFile[]): Stretch[] {
  const edges = [
    ...segments.flatMap(({ vaddr, memBytes }) => [vaddr, vaddr + memBytes]),
    ...files.flatMap(({ start, end }) => [start, end]),
  ];
  const cuts = [...new Set(edges)].sort((a, b) => a - b);
  const stretches: Stretch[] = [];
  for (const [i, start] of cuts.entries()) {
    const end = cuts[i + 1];
    if (end === undefined || start % PAGE_BYTES !== 0 || end % PAGE_BYTES !== 0) continue;
    const segment = lastAt(segments, start, ({ vaddr }) => vaddr);
    const within = segment !== undefined && start < segment.vaddr + segment.memBytes;
    const file = lastAt(files, start, (one) => one.start);
    const mapped = file !== undefined && start < file.end ? file : undefined;
    if (within || mapped !== undefined)
      stretches.push({ start, end, flags: within ? segment.flags : undefined, file: mapped });
  }
  return stretches;
}

/** What the core has not must be in a file, and in the right one. @throws MachineError */
function assertFiles({ core, files, name }: SegmentImport, stretches: readonly Stretch[]): void {
  const missing = new Set<string>();
  for (const { start, end, file } of stretches) {
    if (file !== undefined && !files.has(file.path) && storedEnd(core.image.segments, start) < end)
      missing.add(file.path);
  }
  if (missing.size === 0) return;
  const shown = [...missing].slice(0, LISTED_FILES).map((path) => utf8(path));
  const others = missing.size > LISTED_FILES ? ` and ${missing.size - LISTED_FILES} more` : '';
  throw new MachineError(
    `${name}: the native process had mapped ${shown.join(', ')}${others}: --host-files takes them from this host, --root or --mount show others`,
  );
}

/** Up to where the core has the memory from `start` on. */
function storedEnd(segments: readonly CoreSegment[], start: number): number {
  const segment = lastAt(segments, start, ({ vaddr }) => vaddr);
  return segment === undefined ? start : segment.vaddr + segment.filePages * PAGE_BYTES;
}

function mapStretch(
  space: AddressSpace,
  { start, end, file }: Stretch,
  opened: ReadonlyMap<string, OpenFile>,
): void {
  const source = file && opened.get(file.path);
  const place = { address: start, length: end - start, protection: PROT_READ | PROT_WRITE };
  if (source === undefined) space.map({ ...place, flags: MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED });
  else {
    const offset = file!.filePageOffset * PAGE_BYTES + (start - file!.start);
    space.map({ ...place, flags: MAP_PRIVATE | MAP_FIXED, file: source, offset });
  }
}

/** Pages that are already right, zeros or those of the file, stay as they are. @throws MachineError when the file is another one */
function copySegment(
  { core, space, name }: SegmentImport,
  { vaddr, pageIndex, filePages, flags }: CoreSegment,
): void {
  for (let done = 0; done < filePages; done += CHUNK_PAGES) {
    const count = Math.min(CHUNK_PAGES, filePages - done);
    const bytes = core.readPages(pageIndex + done, count);
    for (let i = 0; i < count; i++) {
      const address = vaddr + (done + i) * PAGE_BYTES;
      const page = bytes.subarray(i * PAGE_BYTES, (i + 1) * PAGE_BYTES);
      const file = vmaAt(space.vmas, address)?.file;
      if (file === undefined && Buffer.compare(page, ZEROS) === 0) continue;
      const known = file === undefined ? undefined : readPage(space, address);
      if (known !== undefined && Buffer.compare(known, page) === 0) continue;
      // Nobody writes to the headers of a program: they tell files apart. Behind the end of a file there is nothing to write to.
      const isHeader = (flags & PF_W) === 0 && ELF_MAGIC.equals(page.subarray(0, ELF_MAGIC.length));
      if (file !== undefined && (known === undefined || isHeader))
        throw new MachineError(
          `${name}: ${utf8(lastAt(core.image.files, address, ({ start }) => start)?.path ?? '')} is not the file that the process had mapped`,
        );
      space.memory.copyOut(address, page);
    }
  }
}

/** Undefined behind the end of the file. */
function readPage(space: AddressSpace, address: number): Uint8Array | undefined {
  try {
    return space.memory.copyIn(address, PAGE_BYTES);
  } catch (error) {
    if (error instanceof SysError && error.errno === EFAULT) return undefined;
    throw error;
  }
}

const utf8 = (byteString: string): string => Buffer.from(byteString, 'latin1').toString('utf8');

const ZEROS = new Uint8Array(PAGE_BYTES);
const ELF_MAGIC = Buffer.from('\x7fELF', 'latin1');

/** The rights of a part of a file that is in no segment of the core: those that the program headers give it. */
function fileFlags(file: OpenFile | undefined, { filePageOffset }: MappedFile): number {
  if (file === undefined) return PF_R;
  try {
    const offset = filePageOffset * PAGE_BYTES;
    const segment = readElfImage(file).segments.find(
      (one) => one.type === PT_LOAD && one.offset - (one.offset % PAGE_BYTES) === offset,
    );
    return segment?.flags ?? PF_R;
  } catch {
    // No program: a file of data.
    return PF_R;
  }
}

function protectionOf(flags: number): number {
  return (flags & PF_R ? PROT_READ : 0) | (flags & PF_W ? PROT_WRITE : 0) | (flags & PF_X ? PROT_EXEC : 0);
}

/** A value of the auxiliary vector. */
export function auxiliary({ image }: ForeignCore, type: number): number {
  const view = new DataView(image.auxv.buffer, image.auxv.byteOffset, image.auxv.length);
  for (let at = 0; at < image.auxv.length; at += 16)
    if (view.getBigUint64(at, true) === BigInt(type)) return Number(view.getBigUint64(at + 8, true));
  return 0;
}

/** The core says neither: the stack is where Linux put the random bytes, the heap the first memory without a file behind the program. */
function markStackAndHeap(space: AddressSpace, core: ForeignCore): void {
  const random = auxiliary(core, AT_RANDOM);
  const stack = vmaAt(space.vmas, random);
  if (stack !== undefined && stack.file === undefined) {
    stack.flags |= VM_GROWSDOWN;
    space.stackStart = random;
  }
  const program = programFile(core);
  const end = core.image.files.findLast(({ path }) => path === program)?.end ?? 0;
  const bss = vmaAt(space.vmas, end);
  const behind = bss?.file === undefined && bss !== undefined ? bss.end : end;
  const heap = space.vmas.find(
    ({ start, file, flags }) =>
      start >= behind &&
      start - behind < HEAP_DISTANCE_BYTES &&
      file === undefined &&
      (flags & (VM_READ | VM_WRITE | VM_EXEC)) === (VM_READ | VM_WRITE),
  );
  space.brkStart = heap?.start ?? behind;
  space.brk = heap?.end ?? behind;
}

/** The path of the program: of the file that has its headers. */
export function programFile(core: ForeignCore): string | undefined {
  const headers = auxiliary(core, AT_PHDR);
  const file = lastAt(core.image.files, headers, ({ start }) => start);
  return file !== undefined && headers < file.end ? file.path : undefined;
}
