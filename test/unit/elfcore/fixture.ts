/** Cores of made-up processes. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  PAGE_BYTES,
  type CoreImage,
  type CoreSegment,
  type CoreThread,
} from '../../../src/ckpt/elfcore/core-image.js';
import { layoutCore } from '../../../src/ckpt/elfcore/layout.js';
import { parseCore, type ParsedCore } from '../../../src/ckpt/elfcore/parse.js';

export const TEXT = 0x40_0000;
const STACK = 0x7fff_0000_0000;

/** Every register has a value of its own; `rip` lies in TEXT. */
export function thread(tid: number): CoreThread {
  const registers = BigUint64Array.from({ length: 27 }, (_, i) => BigInt(tid) * 0x1000n + BigInt(i));
  registers[16] = BigInt(TEXT + 16); // rip
  registers[17] = 0x33n; // cs
  registers[18] = 0x202n; // eflags
  registers[19] = BigInt(STACK + 128); // rsp
  registers[20] = 0x2bn; // ss
  registers[21] = 0x7f00_0000_0000n + BigInt(tid) * 4096n; // fs_base
  registers[22] = 0n;
  registers.fill(0n, 23);
  const fxsave = new Uint8Array(512);
  const view = new DataView(fxsave.buffer);
  view.setUint16(0, 0x37f, true);
  view.setUint32(24, 0x1f80, true);
  view.setUint32(28, 0xffff, true);
  view.setBigUint64(160, BigInt(tid) * 0x1_0001n, true); // xmm0
  return {
    tid,
    sigpend: 1n << 63n,
    sighold: BigInt(tid),
    registers,
    fxsave,
    tls: { fs: { base: registers[21], size: -1n }, gs: { base: 0n, size: 0n } },
    times: { userUs: 1_500_000, systemUs: 250_000, childUserUs: 0, childSystemUs: 7 },
  };
}

const segments: readonly CoreSegment[] = [
  { vaddr: TEXT, memBytes: 2 * PAGE_BYTES, flags: 5, pageIndex: 0, filePages: 1 },
  { vaddr: 0x60_0000, memBytes: 16 * PAGE_BYTES, flags: 6, pageIndex: 0, filePages: 0 },
  { vaddr: STACK, memBytes: 2 * PAGE_BYTES, flags: 6, pageIndex: 1, filePages: 2 },
];
export const PAGES = 3;

export function image(pid: number, threadCount: number, change: Partial<CoreImage> = {}): CoreImage {
  const auxv = new Uint8Array(BigUint64Array.of(6n, 4096n, 9n, 0x40_0010n, 0n, 0n).buffer);
  const siginfo = new Uint8Array(128);
  siginfo[0] = 11;
  return {
    pid,
    ppid: 1,
    pgrp: pid,
    sid: 1,
    signal: 11,
    threads: Array.from({ length: threadCount }, (_, i) => thread(pid + i)),
    psinfo: {
      stateName: 'R',
      nice: -5,
      flags: 0x400600n,
      uid: 1000,
      gid: 100,
      fname: 'prog',
      psargs: 'prog -x caf\u00c3\u00a9',
    },
    siginfo,
    auxv,
    files: [
      { start: TEXT, end: TEXT + 2 * PAGE_BYTES, filePageOffset: 0, path: '/bin/prog' },
      { start: 0x50_0000, end: 0x50_1000, filePageOffset: 3, path: '/tmp/\u00ff odd\nname' },
    ],
    vkernelNotes: [
      { type: 0x1010, bytes: Uint8Array.of(1, 2, 3, 4, 5) },
      { type: 0x1011, bytes: new Uint8Array() },
    ],
    segments,
    ...change,
  };
}

/** The whole file, pages included: page n is filled with n + 1. */
export function coreFile(images: readonly CoreImage[], pages = PAGES): Uint8Array {
  const layout = layoutCore(images, pages);
  const file = new Uint8Array(layout.fileBytes);
  for (const { offset, bytes } of layout.headers) file.set(bytes, offset);
  for (let i = 0; i < pages; i++) {
    file.fill(
      i + 1,
      layout.pageSectionOffset + i * PAGE_BYTES,
      layout.pageSectionOffset + (i + 1) * PAGE_BYTES,
    );
  }
  return file;
}

export function parse(file: Uint8Array): ParsedCore {
  return parseCore((offset, length) => {
    if (offset < 0 || offset + length > file.length)
      throw new Error(`read outside the file: ${offset}, ${length}`);
    return file.subarray(offset, offset + length);
  }, file.length);
}

/** Calls `use` with the path of a file with these contents. */
export function withFile<T>(contents: Uint8Array | string, name: string, use: (path: string) => T): T {
  const directory = mkdtempSync(join(tmpdir(), 'vkernel-elfcore-'));
  try {
    const path = join(directory, name);
    writeFileSync(path, contents);
    return use(path);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** What a tool prints. Throws if it is missing, fails, or says anything on stderr. */
export function run(tool: string, args: readonly string[]): string {
  const result = spawnSync(tool, args, {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
    maxBuffer: 1 << 28,
  });
  if (result.error) throw new Error(`this test needs ${tool}: ${result.error.message}`);
  if (result.status !== 0 || result.stderr !== '')
    throw new Error(`${tool} (status ${result.status}): ${result.stderr}`);
  return result.stdout;
}
