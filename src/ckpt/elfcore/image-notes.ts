/**
 * All notes of an image, in Linux's order: the lead thread with what concerns the process, the other
 * threads, our own.
 */
import {
  NT_AUXV,
  NT_FILE,
  NT_FPREGSET,
  NT_PRPSINFO,
  NT_PRSTATUS,
  NT_SIGINFO,
  NT_X86_XSTATE,
} from '../../vkernel/abi/elf.js';
import { VKERNEL_OWNER } from './control-notes.js';
import {
  FIRST_VKERNEL_NOTE,
  LAST_VKERNEL_NOTE,
  LIMITS,
  type CoreImage,
  type CoreThread,
} from './core-image.js';
import { checkLength, checkRange, fail } from './field.js';
import { decodeFiles, encodeFiles } from './file-note.js';
import { decodeFloat, encodeFpregset, encodeXstate } from './float-notes.js';
import type { Note } from './note.js';
import { decodePrpsinfo, encodePrpsinfo } from './prpsinfo.js';
import { decodePrstatus, encodePrstatus, type ThreadGroup } from './prstatus.js';
import { decodeTls, encodeTls, NT_DRAGONFLY_TLS, TLS_OWNER } from './tls-note.js';

const SIGINFO_BYTES = 128;
const AUXV_ENTRY_BYTES = 16;

const core = (type: number, descriptor: Uint8Array): Note => ({ owner: 'CORE', type, descriptor });

function threadNotes(image: CoreImage, thread: CoreThread, processNotes: readonly Note[]): Note[] {
  return [
    core(NT_PRSTATUS, encodePrstatus(image, thread)),
    ...processNotes,
    core(NT_FPREGSET, encodeFpregset(thread.fxsave)),
    { owner: 'LINUX', type: NT_X86_XSTATE, descriptor: encodeXstate(thread.fxsave) },
    { owner: TLS_OWNER, type: NT_DRAGONFLY_TLS, descriptor: encodeTls(thread.tls) },
  ];
}

/** All but the control notes. */
export function notesOf(image: CoreImage): Note[] {
  checkThreads(image.threads);
  const processNotes = [
    core(NT_PRPSINFO, encodePrpsinfo(image)),
    core(NT_SIGINFO, checkLength(image.siginfo, SIGINFO_BYTES, 'siginfo')),
    core(NT_AUXV, checkAuxv(image.auxv)),
    core(NT_FILE, encodeFiles(image.files)),
  ];
  const own = image.vkernelNotes.map(({ type, bytes }): Note => {
    checkRange(type, FIRST_VKERNEL_NOTE, LAST_VKERNEL_NOTE, 'type of a VKERNEL note');
    return { owner: VKERNEL_OWNER, type, descriptor: bytes };
  });
  return [...image.threads.flatMap((t, i) => threadNotes(image, t, i === 0 ? processNotes : [])), ...own];
}

function checkThreads(threads: readonly CoreThread[]): void {
  checkRange(threads.length, 1, LIMITS.threadsPerImage, 'number of threads');
  if (new Set(threads.map((t) => t.tid)).size !== threads.length) fail('two threads with the same tid');
}

function checkAuxv(auxv: Uint8Array): Uint8Array {
  return auxv.length % AUXV_ENTRY_BYTES === 0 ? auxv : fail(`NT_AUXV has ${auxv.length} bytes`);
}

/** Reads notes one after the other, each where it must stand. */
class NoteReader {
  readonly #notes: Iterator<Note, void>;
  #next: Note | undefined;

  constructor(notes: Iterator<Note, void>) {
    this.#notes = notes;
    this.#advance();
  }

  #advance(): void {
    const result = this.#notes.next();
    this.#next = result.done ? undefined : result.value;
  }

  is(owner: string, type: number): boolean {
    return this.#next?.owner === owner && this.#next.type === type;
  }

  take(owner: string, type: number, name: string): Uint8Array {
    const note = this.#next;
    if (!note) fail(`missing ${name}: the notes end`);
    if (!this.is(owner, type)) {
      fail(`missing ${name}: note ${JSON.stringify(note.owner)} 0x${note.type.toString(16)} in its place`);
    }
    this.#advance();
    return note.descriptor;
  }

  /** The rest of the notes, all of which must be VKERNEL's. */
  rest(): Note[] {
    const rest: Note[] = [];
    for (; this.#next; this.#advance()) {
      if (this.#next.owner !== VKERNEL_OWNER)
        fail(`note ${JSON.stringify(this.#next.owner)} behind those of the threads`);
      rest.push(this.#next);
    }
    return rest;
  }
}

function readThread(
  reader: NoteReader,
  processNotes: () => void,
): { readonly thread: CoreThread; readonly group: ThreadGroup } {
  const { group, thread } = decodePrstatus(reader.take('CORE', NT_PRSTATUS, 'NT_PRSTATUS'));
  processNotes();
  const fpregset = reader.take('CORE', NT_FPREGSET, 'NT_FPREGSET');
  const xstate = reader.take('LINUX', NT_X86_XSTATE, 'NT_X86_XSTATE');
  const tls = reader.take(TLS_OWNER, NT_DRAGONFLY_TLS, 'NT_DRAGONFLY_TLS');
  return { group, thread: { ...thread, fxsave: decodeFloat(fpregset, xstate), tls: decodeTls(tls) } };
}

/** What the notes say about a process, and the control notes behind that. */
export function readNotes(notes: Iterator<Note, void>): {
  readonly process: Omit<CoreImage, 'segments'>;
  readonly control: readonly Note[];
} {
  const reader = new NoteReader(notes);
  let about: Omit<CoreImage, 'segments' | 'threads' | 'vkernelNotes' | 'signal'> | undefined;
  let first: ThreadGroup | undefined;
  const threads: CoreThread[] = [];
  do {
    const { thread, group } = readThread(reader, () => {
      about ??= {
        ...decodePrpsinfo(reader.take('CORE', NT_PRPSINFO, 'NT_PRPSINFO')),
        siginfo: new Uint8Array(
          checkLength(reader.take('CORE', NT_SIGINFO, 'NT_SIGINFO'), SIGINFO_BYTES, 'NT_SIGINFO'),
        ),
        auxv: new Uint8Array(checkAuxv(reader.take('CORE', NT_AUXV, 'NT_AUXV'))),
        files: decodeFiles(reader.take('CORE', NT_FILE, 'NT_FILE')),
      };
    });
    first ??= group;
    const { ppid, pgrp, sid } = about!;
    if (group.ppid !== ppid || group.pgrp !== pgrp || group.sid !== sid || group.signal !== first.signal) {
      fail(`thread ${thread.tid} is of another process`);
    }
    threads.push(thread);
  } while (reader.is('CORE', NT_PRSTATUS));
  checkThreads(threads);
  const rest = reader.rest();
  const control = rest.filter((note) => note.type < FIRST_VKERNEL_NOTE);
  const vkernelNotes = rest
    .filter((note) => note.type >= FIRST_VKERNEL_NOTE)
    .map(({ type, descriptor }) => ({ type, bytes: new Uint8Array(descriptor) }));
  return { process: { ...about!, signal: first.signal, threads, vkernelNotes }, control };
}
