/**
 * What `vkernel inspect` says about a core, as data for JSON. Registers and other 64-bit numbers are hexadecimal text. Two freezes of
 * the same state differ only in `times`, and in what `state` has of clocks: the file's own path and dates are not in it.
 */
import { FORMAT_VERSION, VKERNEL_OWNER } from '../../ckpt/elfcore/control-notes.js';
import {
  CORE_REGISTERS,
  PAGE_BYTES,
  type CoreImage,
  type CoreThread,
  type TlsSegment,
} from '../../ckpt/elfcore/core-image.js';
import { notesOf } from '../../ckpt/elfcore/image-notes.js';
import type { ParsedCore } from '../../ckpt/elfcore/parse.js';
import { NT_DRAGONFLY_TLS } from '../../ckpt/elfcore/tls-note.js';
import { NT_VKERNEL_MACHINE, NT_VKERNEL_STATE } from '../../ckpt/image/machine-note.js';
import * as elf from '../abi/elf.js';
import { PF_R, PF_W, PF_X } from '../abi/elf.js';
import { select, type Names } from '../strace/names.js';
import { sigInfoText, signalName } from '../strace/signals.js';

/** The whole report but the state graph. */
export interface CoreReport {
  /** Null for what vkernel has not written. */
  readonly formatVersion: number | null;
  readonly fileBytes: number;
  readonly pages: number;
  readonly compressed: boolean;
  /** The files that have the rest of its pages. */
  readonly needs: readonly string[];
  readonly processes: readonly ProcessReport[];
}

export interface ProcessReport {
  readonly pid: number;
  readonly ppid: number;
  readonly pgrp: number;
  readonly sid: number;
  readonly uid: number;
  readonly gid: number;
  readonly state: string;
  readonly nice: number;
  readonly name: string;
  readonly commandLine: string;
  /** Of the signal that killed or stopped it, as strace writes it. */
  readonly siginfo: string | null;
  readonly auxv: Readonly<Record<string, string>>;
  readonly threads: readonly ThreadReport[];
  readonly maps: readonly MapReport[];
  readonly notes: readonly NoteReport[];
}

export interface ThreadReport {
  readonly tid: number;
  readonly pending: readonly string[];
  readonly blocked: readonly string[];
  readonly registers: Readonly<Record<string, string>>;
  readonly tls: { readonly fs: TlsReport; readonly gs: TlsReport };
  readonly x87: {
    readonly control: string;
    readonly status: string;
    readonly tags: string;
    readonly st: readonly string[];
  };
  readonly sse: { readonly mxcsr: string; readonly xmm: readonly string[] };
  readonly times: CoreThread['times'];
}

export interface TlsReport {
  readonly base: string;
  /** In bytes; null where it is unknown. */
  readonly size: number | null;
}

/** A run of segments that differ in nothing but what of them is stored. */
export interface MapReport {
  readonly start: string;
  readonly end: string;
  /** "rw-" */
  readonly access: string;
  /** What of it lies in the page section; the rest reads as zeros, or as the file. */
  readonly storedBytes: number;
  readonly path: string | null;
}

/** All notes of one kind. */
export interface NoteReport {
  readonly owner: string;
  readonly type: string;
  readonly count: number;
  /** Of the descriptors. */
  readonly bytes: number;
}

/** How the pages of a core are kept. */
export interface PageStorage {
  readonly compressed: boolean;
  /** The cores that it builds on. */
  readonly needs: readonly string[];
}

/** @param foreignNotes those of a core that vkernel has not written; our own follow from the images */
export function reportCore(
  core: Pick<ParsedCore, 'images' | 'pageCount'> & {
    readonly storage: PageStorage;
    readonly fileBytes: number;
  },
  foreignNotes?: readonly NoteKind[],
): CoreReport {
  return {
    formatVersion: foreignNotes === undefined ? FORMAT_VERSION : null,
    fileBytes: core.fileBytes,
    pages: core.pageCount,
    ...core.storage,
    processes: core.images.map((image) => reportProcess(image, foreignNotes)),
  };
}

function reportProcess(image: CoreImage, foreignNotes: readonly NoteKind[] | undefined): ProcessReport {
  const { pid, ppid, pgrp, sid, psinfo } = image;
  return {
    ...{ pid, ppid, pgrp, sid, uid: psinfo.uid, gid: psinfo.gid, state: psinfo.stateName, nice: psinfo.nice },
    name: utf8(psinfo.fname),
    commandLine: utf8(psinfo.psargs),
    siginfo: reportSiginfo(image.siginfo),
    auxv: reportAuxv(image.auxv),
    threads: image.threads.map(reportThread),
    maps: reportMaps(image),
    notes: reportNotes(foreignNotes ?? ownNotes(image)),
  };
}

function reportThread(thread: CoreThread): ThreadReport {
  const { fxsave, tls, times } = thread;
  const view = viewOf(fxsave);
  return {
    tid: thread.tid,
    pending: signalNames(thread.sigpend),
    blocked: signalNames(thread.sighold),
    registers: Object.fromEntries(CORE_REGISTERS.map((name, i) => [name, hex(thread.registers[i]!)])),
    tls: { fs: reportTls(tls.fs), gs: reportTls(tls.gs) },
    // The FXSAVE image of Intel's SDM, volume 1, 10.5.1.
    x87: {
      control: hex(view.getUint16(0, true)),
      status: hex(view.getUint16(2, true)),
      tags: hex(view.getUint8(4)),
      st: Array.from({ length: 8 }, (_, i) => hexBytes(fxsave.subarray(32 + i * 16, 42 + i * 16))),
    },
    sse: {
      mxcsr: hex(view.getUint32(24, true)),
      xmm: Array.from({ length: 16 }, (_, i) => hexBytes(fxsave.subarray(160 + i * 16, 176 + i * 16))),
    },
    times,
  };
}

function reportTls({ base, size }: TlsSegment): TlsReport {
  return { base: hex(base), size: size < 0n ? null : Number(size) };
}

function signalNames(set: bigint): string[] {
  return Array.from({ length: 64 }, (_, i) => i + 1)
    .filter((signo) => (set >> BigInt(signo - 1)) & 1n)
    .map(signalName);
}

/** siginfo_t: si_signo, si_errno, si_code, then the union. */
function reportSiginfo(bytes: Uint8Array): string | null {
  const view = viewOf(bytes);
  const [signo, errno, code] = [0, 4, 8].map((at) => view.getInt32(at, true)) as [number, number, number];
  return signo === 0 ? null : sigInfoText({ signo, errno, code, fields: bytes.subarray(16) });
}

const AUXV_NAMES = numberNames(select(elf, 'AT_'));

function reportAuxv(auxv: Uint8Array): Record<string, string> {
  const view = viewOf(auxv);
  const entries: [string, string][] = [];
  for (let at = 0; at < auxv.length; at += 16) {
    const type = view.getBigUint64(at, true);
    if (type === 0n) break;
    entries.push([AUXV_NAMES.get(Number(type)) ?? hex(type), hex(view.getBigUint64(at + 8, true))]);
  }
  return Object.fromEntries(entries);
}

function reportMaps({ segments, files }: CoreImage): MapReport[] {
  const maps: { start: number; end: number; access: string; storedBytes: number; path: string | null }[] = [];
  let fileAt = 0;
  for (const { vaddr, memBytes, flags, filePages } of segments) {
    // Both are ordered by address.
    while (fileAt < files.length && files[fileAt]!.end <= vaddr) fileAt++;
    const file = files[fileAt];
    const path = file !== undefined && file.start <= vaddr ? utf8(file.path) : null;
    const access = `${flags & PF_R ? 'r' : '-'}${flags & PF_W ? 'w' : '-'}${flags & PF_X ? 'x' : '-'}`;
    const storedBytes = filePages * PAGE_BYTES;
    const last = maps.at(-1);
    if (last !== undefined && last.end === vaddr && last.access === access && last.path === path) {
      last.end += memBytes;
      last.storedBytes += storedBytes;
    } else maps.push({ start: vaddr, end: vaddr + memBytes, access, storedBytes, path });
  }
  return maps.map((map) => ({ ...map, start: hex(map.start), end: hex(map.end) }));
}

const NOTE_NAMES = numberNames(select(elf, 'NT_')).set(NT_DRAGONFLY_TLS, 'NT_DRAGONFLY_TLS');
const VKERNEL_NOTE_NAMES = new Map([
  [NT_VKERNEL_MACHINE, 'NT_VKERNEL_MACHINE'],
  [NT_VKERNEL_STATE, 'NT_VKERNEL_STATE'],
]);

/** Constants of elf.h by value; the first of two names for the same value. */
function numberNames(names: Names): Map<number, string> {
  return new Map(
    Object.entries(names)
      .reverse()
      .map(([name, value]) => [value, name]),
  );
}

interface NoteKind {
  readonly owner: string;
  readonly type: number;
  readonly bytes: number;
}

function ownNotes(image: CoreImage): NoteKind[] {
  return notesOf(image).map(({ owner, type, descriptor }) => ({ owner, type, bytes: descriptor.length }));
}

function reportNotes(notes: readonly NoteKind[]): NoteReport[] {
  const kinds = new Map<string, { owner: string; type: string; count: number; bytes: number }>();
  for (const { owner, type, bytes } of notes) {
    const key = `${owner} ${type}`;
    const names = owner === VKERNEL_OWNER ? VKERNEL_NOTE_NAMES : NOTE_NAMES;
    const kind = kinds.get(key) ?? { owner, type: names.get(type) ?? hex(type), count: 0, bytes: 0 };
    kind.count++;
    kind.bytes += bytes;
    kinds.set(key, kind);
  }
  return [...kinds.values()];
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

const hex = (value: bigint | number): string => `0x${value.toString(16)}`;
const hexBytes = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const utf8 = (byteString: string): string => Buffer.from(byteString, 'latin1').toString('utf8');
