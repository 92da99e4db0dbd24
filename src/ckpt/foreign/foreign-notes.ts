/** The notes of a core that another system wrote, as the process that they describe. */
import {
  NT_AUXV,
  NT_FILE,
  NT_FPREGSET,
  NT_PRPSINFO,
  NT_PRSTATUS,
  NT_SIGINFO,
} from '../../vkernel/abi/elf.js';
import {
  LIMITS,
  PAGE_BYTES,
  type CoreImage,
  type CoreThread,
  type MappedFile,
} from '../elfcore/core-image.js';
import { VKERNEL_OWNER } from '../elfcore/control-notes.js';
import { checkLength, checkRange, fail } from '../elfcore/field.js';
import { readFiles } from '../elfcore/file-note.js';
import { FXSAVE_BYTES } from '../elfcore/float-notes.js';
import type { Note } from '../elfcore/note.js';
import { decodePrpsinfo, PRPSINFO_BYTES } from '../elfcore/prpsinfo.js';
import { decodePrstatus, PRSTATUS_BYTES } from '../elfcore/prstatus.js';
import { decodeTls, NT_DRAGONFLY_TLS, TLS_OWNER } from '../elfcore/tls-note.js';
import { decodeDragonflyPsinfo, decodeDragonflyStatus, DRAGONFLY_STATUS_BYTES } from './dragonfly-notes.js';
import type { ForeignKind } from './foreign-core.js';

const SIGINFO_BYTES = 128;
const NO_FLOAT = new Uint8Array(FXSAVE_BYTES);
const FS_BASE = 21;
const GS_BASE = 22;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type About = Omit<CoreImage, 'segments' | 'threads' | 'vkernelNotes'>;

/** A core of a process, and none of our own: each thread of those has a TLS note too. */
export function isForeign(notes: readonly Note[]): boolean {
  const statuses = notes.filter(({ owner, type }) => owner === 'CORE' && type === NT_PRSTATUS);
  const ofLinux = statuses.some(({ descriptor }) => descriptor.length === PRSTATUS_BYTES);
  const ours = notes.some(({ owner }) => owner === VKERNEL_OWNER || (ofLinux && owner === TLS_OWNER));
  return statuses.length > 0 && !ours;
}

/** @param notes for which `isForeign` is true @throws CoreFormatError */
export function readForeignNotes(notes: readonly Note[]): {
  readonly kind: ForeignKind;
  readonly process: Omit<CoreImage, 'segments'>;
} {
  const threads: Mutable<CoreThread>[] = [];
  const about: Mutable<About> = noProcess();
  let kind: ForeignKind = 'linux';
  for (const { owner, type, descriptor } of notes) {
    const last = threads.at(-1);
    if (owner === TLS_OWNER && type === NT_DRAGONFLY_TLS) {
      if (last === undefined) fail('a TLS note before the first thread');
      last.tls = decodeTls(descriptor);
      last.registers[FS_BASE] = last.tls.fs.base;
      last.registers[GS_BASE] = last.tls.gs.base;
    }
    if (owner !== 'CORE') continue;
    if (type === NT_PRSTATUS) {
      const found = descriptor.length === DRAGONFLY_STATUS_BYTES ? 'dragonfly' : 'linux';
      if (threads.length > 0 && kind !== found) fail('threads of two systems');
      kind = found;
      if (threads.length >= LIMITS.threadsPerImage) fail('too many threads');
      threads.push(
        found === 'linux'
          ? linuxThread(descriptor, about, threads.length === 0)
          : dragonflyThread(descriptor, about),
      );
    } else if (type === NT_FPREGSET) {
      if (last !== undefined)
        last.fxsave = new Uint8Array(checkLength(descriptor, FXSAVE_BYTES, 'NT_FPREGSET'));
    } else if (type === NT_PRPSINFO) {
      Object.assign(
        about,
        descriptor.length === PRPSINFO_BYTES
          ? linuxPsinfo(descriptor)
          : { psinfo: decodeDragonflyPsinfo(descriptor) },
      );
    } else if (type === NT_SIGINFO && threads.length <= 1) {
      about.siginfo = new Uint8Array(checkLength(descriptor, SIGINFO_BYTES, 'NT_SIGINFO'));
    } else if (type === NT_AUXV) {
      about.auxv = new Uint8Array(descriptor.subarray(0, descriptor.length - (descriptor.length % 16)));
    } else if (type === NT_FILE) about.files = decodeForeignFiles(descriptor);
  }
  if (new Set(threads.map(({ tid }) => tid)).size !== threads.length) fail('two threads with the same tid');
  if (about.pid === 0) about.pid = threads[0]!.tid;
  return { kind, process: { ...about, threads, vkernelNotes: [] } };
}

function noProcess(): About {
  const psinfo = { stateName: 'R', nice: 0, flags: 0n, uid: 0, gid: 0, fname: '', psargs: '' };
  return {
    ...{ pid: 0, ppid: 0, pgrp: 0, sid: 0, signal: 0, psinfo, files: [] },
    siginfo: new Uint8Array(SIGINFO_BYTES),
    auxv: new Uint8Array(0),
  };
}

function linuxThread(descriptor: Uint8Array, about: Mutable<About>, isFirst: boolean): Mutable<CoreThread> {
  const { group, thread } = decodePrstatus(descriptor);
  // The first is the one that took the signal.
  if (isFirst) Object.assign(about, group);
  const tls = {
    fs: { base: thread.registers[FS_BASE]!, size: -1n },
    gs: { base: thread.registers[GS_BASE]!, size: -1n },
  };
  return { ...thread, fxsave: NO_FLOAT, tls };
}

function dragonflyThread(descriptor: Uint8Array, about: Mutable<About>): Mutable<CoreThread> {
  const { signal, ...thread } = decodeDragonflyStatus(descriptor);
  about.signal ||= signal;
  const none = { base: 0n, size: -1n };
  return { ...thread, fxsave: NO_FLOAT, tls: { fs: none, gs: none } };
}

/** gcore writes states that the kernel's list does not have. */
function linuxPsinfo(descriptor: Uint8Array): Partial<About> {
  const bytes = new Uint8Array(descriptor);
  if (bytes[0]! > 5) bytes[0] = 0;
  return decodePrpsinfo(bytes);
}

/** NT_FILE; gcore writes offsets in bytes and a page size of 1, and in any order. */
export function decodeForeignFiles(bytes: Uint8Array): MappedFile[] {
  const { files, unitBytes } = readFiles(bytes, [PAGE_BYTES, 1]);
  const inPages = files.map((file) => ({
    ...file,
    filePageOffset: checkRange(
      (file.filePageOffset * unitBytes) / PAGE_BYTES,
      0,
      2 ** 40,
      'offset of a mapped file',
    ),
  }));
  inPages.sort((a, b) => a.start - b.start);
  if (inPages.some(({ start }, i) => start < (inPages[i - 1]?.end ?? 0)))
    fail('NT_FILE: mapped files overlap');
  return inPages;
}
