/** What is wrong with a core, in one line: every refusal of this format. test/structure finds those that have no case. */
import { expect } from 'chai';
import {
  NT_AUXV,
  NT_FILE,
  NT_FPREGSET,
  NT_PRPSINFO,
  NT_PRSTATUS,
  NT_SIGINFO,
  NT_X86_XSTATE,
} from '../../../src/vkernel/abi/elf.js';
import {
  NT_VKERNEL_DIGEST,
  NT_VKERNEL_IMAGE,
  NT_VKERNEL_LAYOUT,
  VKERNEL_OWNER,
} from '../../../src/ckpt/elfcore/control-notes.js';
import {
  PAGE_BYTES,
  type CoreImage,
  type CoreSegment,
  type CoreThread,
} from '../../../src/ckpt/elfcore/core-image.js';
import { layoutCore } from '../../../src/ckpt/elfcore/layout.js';
import { parseCore } from '../../../src/ckpt/elfcore/parse.js';
import { PRPSINFO } from '../../../src/ckpt/elfcore/prpsinfo.js';
import { PRSTATUS } from '../../../src/ckpt/elfcore/prstatus.js';
import { NT_DRAGONFLY_TLS } from '../../../src/ckpt/elfcore/tls-note.js';
import {
  changed,
  GOOD,
  notePart,
  pageSectionOffset,
  phdr,
  signed,
  u16,
  u32,
  u64,
  withNote,
  withNotes,
} from './damage.js';
import { expectRefusal } from '../../support/refusal.js';
import { coreFile, image, PAGES, parse, thread } from './fixture.js';

const notes = notePart(GOOD);
const HUGE = 1n << 63n;
const PN_XNUM = 65_535;

/** A note with one number changed. */
const number = (type: number, at: number, value: number | bigint): Uint8Array =>
  withNote(type, (bytes) => {
    if (typeof value === 'bigint') bytes.writeBigUInt64LE(value, at);
    else bytes.writeInt32LE(value, at);
    return bytes;
  });
/** A note of another length. */
const resized = (type: number, length: number): Uint8Array => withNote(type, () => new Uint8Array(length));
const filled = (type: number, at: number, end: number): Uint8Array =>
  withNote(type, (bytes) => bytes.fill(65, at, end));
const files = (change: (bytes: Buffer) => Uint8Array): Uint8Array => withNote(NT_FILE, change);

type Case = readonly [what: string, file: () => Uint8Array, message: string];

const HEADERS: readonly Case[] = [
  ['an empty file', () => new Uint8Array(), 'truncated: the ELF header ends at 64, file has 0 bytes'],
  ['text', () => Buffer.from('#!/bin/sh\n'.repeat(20)), 'not an ELF core: no ELF magic'],
  ['32 bits', () => changed((_, b) => (b[4] = 1)), 'not an ELF core: not 64-bit little-endian'],
  ['an executable', () => u16(16, 2), 'not an ELF core: another type of ELF file'],
  ['another machine', () => u16(18, 183), 'not an ELF core: not of x86-64'],
  ['another ELF version', () => u32(20, 2), 'not a vkernel core: unknown ELF version'],
  ['headers elsewhere', () => u64(32, 128n), 'not a vkernel core: program headers in an unusual place'],
  ['headers of another size', () => u16(54, 57), 'not a vkernel core: unusual sizes of headers'],
  ['no headers', () => u16(56, 0), 'not a vkernel core: no program headers'],
  [
    'too many headers',
    () => u16(56, 65_534),
    `truncated: the program header table ends at 3669968, file has ${GOOD.length} bytes`,
  ],
  ['PN_XNUM without a section', () => u16(56, PN_XNUM), 'e_shoff is out of range: 0'],
  [
    'a section behind all files',
    () => changed((view) => view.setUint16(56, PN_XNUM, true), u64(40, HUGE)),
    'e_shoff is out of range: 0x8000000000000000',
  ],
  [
    'PN_XNUM for fewer headers than that',
    () => changed((view) => view.setUint16(56, PN_XNUM, true), u64(40, 64n)),
    'number of program headers is out of range: 0',
  ],
  ['another first header', () => u32(phdr(0, 0), 1), 'the first program header is not PT_NOTE'],
  ['notes elsewhere', () => u64(phdr(0, 8), 4096n), 'the notes are in an unusual place'],
  ['notes at 2^63', () => u64(phdr(0, 8), HUGE), 'offset of the notes is out of range: 0x8000000000000000'],
  [
    'notes of 2^63 bytes',
    () => u64(phdr(0, 32), HUGE),
    'size of the notes is out of range: 0x8000000000000000',
  ],
  [
    'notes of 2^40 bytes',
    () => u64(phdr(0, 32), 1n << 40n),
    'size of the notes is out of range: 1099511627776',
  ],
];

const NOTES: readonly Case[] = [
  ['half a header', () => u64(phdr(0, 32), 5n), 'truncated: note header at byte 0 of the notes'],
  [
    'a note too long',
    () => u32(notes.at + 4, 0xffff_fffc),
    `note at byte 0 of the notes ends at 4294967312, behind their end ${notes.bytes}`,
  ],
  ['a note without a name', () => u32(notes.at, 0), 'note at byte 0 of the notes has a name of 0 bytes'],
  [
    'a name of spaces',
    () => u32(notes.at + 12, 0x2020_2020),
    'note at byte 0 of the notes has an impossible name',
  ],
  ['no process', () => withNotes((all) => all.slice(0, 1)), 'missing NT_PRPSINFO: the notes end'],
  ['another first note', () => u32(notes.at + 8, 3), 'missing NT_PRSTATUS: note "CORE" 0x3 in its place'],
  [
    'a note of somebody else',
    () => withNotes((all) => all.toSpliced(-1, 0, { owner: 'GNU', type: 1, descriptor: new Uint8Array(4) })),
    'note "GNU" behind those of the threads',
  ],
  ['a short NT_PRSTATUS', () => resized(NT_PRSTATUS, 335), 'NT_PRSTATUS has 335 bytes, not 336'],
  ['a negative tid', () => number(NT_PRSTATUS, PRSTATUS.pr_pid, -1), 'tid is out of range: -1'],
  ['a tid twice', () => number(NT_PRSTATUS, PRSTATUS.pr_pid, 10), 'two threads with the same tid'],
  ['a negative parent', () => number(NT_PRSTATUS, PRSTATUS.pr_ppid, -1), 'ppid is out of range: -1'],
  ['a negative group', () => number(NT_PRSTATUS, PRSTATUS.pr_pgrp, -1), 'pgrp is out of range: -1'],
  ['a negative session', () => number(NT_PRSTATUS, PRSTATUS.pr_sid, -1), 'sid is out of range: -1'],
  ['a signal of 65', () => number(NT_PRSTATUS, PRSTATUS.pr_cursig, 65), 'signal is out of range: 65'],
  [
    'a time of 2^63',
    () => number(NT_PRSTATUS, PRSTATUS.pr_utime, HUGE),
    'userUs is out of range: 0x8000000000000000',
  ],
  [
    'a second in microseconds',
    () => number(NT_PRSTATUS, PRSTATUS.pr_stime + 8, 1_000_000n),
    'systemUs is out of range: 1000000',
  ],
  ['another session', () => number(NT_PRSTATUS, PRSTATUS.pr_sid, 7), 'thread 12 is of another process'],
  ['a long NT_PRPSINFO', () => resized(NT_PRPSINFO, 137), 'NT_PRPSINFO has 137 bytes, not 136'],
  ['an unknown state', () => filled(NT_PRPSINFO, PRPSINFO.pr_state, 1), 'NT_PRPSINFO: unknown process state'],
  ['a nice of 65', () => filled(NT_PRPSINFO, PRPSINFO.pr_nice, 4), 'nice is out of range: 65'],
  ['a negative pid', () => number(NT_PRPSINFO, PRPSINFO.pr_pid, -1), 'pid is out of range: -1'],
  [
    'a name without end',
    () => filled(NT_PRPSINFO, PRPSINFO.pr_fname, PRPSINFO.pr_psargs),
    'fname does not end',
  ],
  ['arguments without end', () => filled(NT_PRPSINFO, PRPSINFO.pr_psargs, 136), 'psargs does not end'],
  ['a short siginfo', () => resized(NT_SIGINFO, 127), 'NT_SIGINFO has 127 bytes, not 128'],
  ['half an auxv entry', () => resized(NT_AUXV, 24), 'NT_AUXV has 24 bytes'],
  ['a short NT_FPREGSET', () => resized(NT_FPREGSET, 511), 'NT_FPREGSET has 511 bytes, not 512'],
  ['an XSTATE with AVX', () => resized(NT_X86_XSTATE, 832), 'NT_X86_XSTATE has 832 bytes, not 576'],
  ['another XSTATE', () => filled(NT_X86_XSTATE, 100, 101), 'NT_X86_XSTATE differs from NT_FPREGSET'],
  ['a short TLS note', () => resized(NT_DRAGONFLY_TLS, 16), 'NT_DRAGONFLY_TLS has 16 bytes, not 32'],
];

const FILES: readonly Case[] = [
  ['a short NT_FILE', () => resized(NT_FILE, 15), 'NT_FILE has 15 bytes'],
  [
    '2^63 files',
    () => number(NT_FILE, 0, HUGE),
    'NT_FILE: number of files is out of range: 0x8000000000000000',
  ],
  [
    'a million files',
    () => number(NT_FILE, 0, 1_048_577n),
    'number of mapped files is out of range: 1048577',
  ],
  [
    'pages of 2^63 bytes',
    () => number(NT_FILE, 8, HUGE),
    'NT_FILE: page size is out of range: 0x8000000000000000',
  ],
  ['offsets in bytes', () => number(NT_FILE, 8, 1n), 'NT_FILE: wrong page size'],
  ['files that are not there', () => number(NT_FILE, 0, 100n), 'NT_FILE: 100 files do not fit in 90 bytes'],
  ['a path without end', () => files((bytes) => bytes.subarray(0, -1)), 'path of a mapped file does not end'],
  [
    'bytes behind the paths',
    () => files((bytes) => Buffer.concat([bytes, Buffer.alloc(1)])),
    'NT_FILE: bytes behind the last path',
  ],
  [
    'an end in the kernel',
    () => number(NT_FILE, 24, 1n << 47n),
    'end of a mapped file is out of range: 140737488355328',
  ],
  [
    'an end of 2^63',
    () => number(NT_FILE, 24, HUGE),
    'end of a mapped file is out of range: 0x8000000000000000',
  ],
  [
    'a start behind the end',
    () => number(NT_FILE, 16, 0x40_3000n),
    'start of a mapped file is out of range: 4206592',
  ],
  [
    'an offset of 2^53',
    () => number(NT_FILE, 32, (1n << 53n) - 1n),
    'offset of a mapped file is out of range: 9007199254740991',
  ],
];

const CONTROL: readonly Case[] = [
  [
    'no digest',
    () => withNotes((all) => all.slice(0, -1)),
    'not a vkernel core: it lacks the notes to resume from',
  ],
  [
    'another process alone',
    () => GOOD.subarray(layoutCore([image(10, 3), image(20, 4)], PAGES).headers[1]!.offset),
    'not a vkernel core: it lacks the notes to resume from',
  ],
  [
    'a short version',
    () => resized(NT_VKERNEL_IMAGE, 12),
    'the note of the format version has 12 bytes, not 16',
  ],
  ['a later version', () => number(NT_VKERNEL_IMAGE, 0, 2), 'format version 2: this version reads 1'],
  ['no process', () => number(NT_VKERNEL_IMAGE, 8, 0), 'number of images is out of range: 0'],
  ['a process behind the last', () => number(NT_VKERNEL_IMAGE, 4, 2), 'index of an image is out of range: 2'],
  [
    'the second process first',
    () => number(NT_VKERNEL_IMAGE, 4, 1),
    'image 1 alone is not a core to resume from',
  ],
  [
    'a layout of three processes',
    () => resized(NT_VKERNEL_LAYOUT, 64),
    'the layout note has 64 bytes, not 48',
  ],
  [
    'pages at 2^63',
    () => number(NT_VKERNEL_LAYOUT, 0, HUGE),
    'number in the layout note is out of range: 0x8000000000000000',
  ],
  [
    'too many pages',
    () => number(NT_VKERNEL_LAYOUT, 8, 1n << 33n),
    'number of pages is out of range: 8589934592',
  ],
  ['a process in another', () => number(NT_VKERNEL_LAYOUT, 32, 0n), 'image 1 is in an impossible place'],
  [
    'a process of 2^40 bytes',
    () => number(NT_VKERNEL_LAYOUT, 40, 1n << 40n),
    'size of headers and notes is out of range: 1099511635968',
  ],
  [
    'pages elsewhere',
    () => number(NT_VKERNEL_LAYOUT, 0, 4096n),
    'the page section is in an impossible place',
  ],
  [
    'pages that are not there',
    () => number(NT_VKERNEL_LAYOUT, 8, 4n),
    `truncated: page section ends at ${GOOD.length + 4096}, file has ${GOOD.length} bytes`,
  ],
  ['a short digest', () => resized(NT_VKERNEL_DIGEST, 31), 'the digest note has a wrong size'],
  [
    'another register',
    () => number(NT_PRSTATUS, PRSTATUS.pr_reg, 1n),
    'damaged: headers and notes do not match their digest',
  ],
];

/** Behind the digest: somebody has made it right again. */
const SIGNED: readonly Case[] = [
  ['another header', () => u32(phdr(1, 0), 4), 'program header 1 is not PT_LOAD'],
  [
    'an address of 2^63',
    () => u64(phdr(3, 16), HUGE),
    'segment 3: address is out of range: 0x8000000000000000',
  ],
  [
    'an address in the kernel',
    () => u64(phdr(3, 16), 1n << 47n),
    'segment 3: address is out of range: 140737488355328',
  ],
  ['a giant segment', () => u64(phdr(1, 40), 1n << 47n), 'segment 1: size is out of range: 140737488355328'],
  ['a part of a page', () => u64(phdr(1, 40), 5000n), 'segment 1 is not made of whole pages'],
  ['an overlap', () => u64(phdr(2, 16), 0x40_1000n), 'segment 2 overlaps the one before it'],
  ['unknown flags', () => u32(phdr(1, 4), 15), 'segment 1: flags is out of range: 15'],
  [
    'more pages than memory',
    () => u64(phdr(1, 32), 3n * 4096n),
    'segment 1: pages in the file is out of range: 3',
  ],
  [
    'pages behind the last',
    () => u64(phdr(1, 8), BigInt(pageSectionOffset + 3 * 4096)),
    'segment 1: place in the page section is out of range: 3',
  ],
  [
    'half a page',
    () => u64(phdr(1, 8), BigInt(pageSectionOffset + 2048)),
    'segment 1: place in the page section is out of range: 0.5',
  ],
  ['a physical address', () => u64(phdr(1, 24), 1n), 'not in the form that vkernel writes'],
  [
    'a byte of padding',
    () => changed((_, bytes) => (bytes[notes.at + notes.bytes] = 1)),
    'not in the form that vkernel writes',
  ],
  [
    'no valid x87 state',
    () => number(NT_PRSTATUS, PRSTATUS.pr_fpvalid, 0),
    'not in the form that vkernel writes',
  ],
  [
    'the second process without its note',
    () => withNotes((all) => all.slice(0, -1), 1),
    'not a vkernel core: it lacks the notes to resume from',
  ],
  [
    'the second process twice',
    () => withNote(NT_VKERNEL_IMAGE, (bytes) => bytes.fill(0, 4, 8), 1),
    'image 1 has the number of another one',
  ],
  [
    'the pid of another one',
    () => withNote(NT_PRPSINFO, (bytes) => bytes.fill(10, PRPSINFO.pr_pid, PRPSINFO.pr_pid + 1), 1),
    'two images with the same pid',
  ],
  [
    'a note that no user of the format has',
    () =>
      withNotes(
        (all) => all.toSpliced(-1, 0, { owner: VKERNEL_OWNER, type: 0x2000, descriptor: new Uint8Array(0) }),
        1,
      ),
    'type of a VKERNEL note is out of range: 8192',
  ],
];

for (const [group, cases] of Object.entries({ HEADERS, NOTES, FILES, CONTROL }))
  describe(`elfcore: refused for its ${group.toLowerCase()}`, () => {
    for (const [what, file, message] of cases)
      it(`${what}: ${message}`, () => expectRefusal(() => parse(file()), message));
  });

describe('elfcore: refused, though its digest is right', () => {
  it('unless there is nothing wrong', () => expect(parse(signed(GOOD)).images).to.have.length(2));
  for (const [what, file, message] of SIGNED)
    it(`${what}: ${message}`, () => expectRefusal(() => parse(signed(file())), message));

  it('a process that goes on in the pages', () => {
    const whole = coreFile([image(10, 3, { segments: [] }), image(20, 4, { segments: [] })]);
    const end = parse(whole).pageSectionOffset - PAGE_BYTES;
    const last = 8 + 16 + 16;
    const shorter = withNote(
      NT_VKERNEL_LAYOUT,
      (bytes) => {
        bytes.writeBigUInt64LE(BigInt(end), 0);
        bytes.writeBigUInt64LE(bytes.readBigUInt64LE(last) - BigInt(PAGE_BYTES), last);
        return bytes;
      },
      0,
      whole,
    );
    expectRefusal(() => parse(signed(shorter, end)), 'image 1 does not fit in its place');
  });
});

describe('elfcore: refused for a file that gets shorter meanwhile', () => {
  it('in one line', () =>
    expectRefusal(
      () => parseCore(() => new Uint8Array(3), GOOD.length),
      'truncated: the ELF header could not be read whole',
    ));
});

describe('elfcore: refused when writing', () => {
  const one = (change: Partial<CoreImage>) => () => layoutCore([image(10, 1, change)], PAGES);
  const named = (change: Partial<CoreImage['psinfo']>) =>
    one({ psinfo: { ...image(1, 1).psinfo, ...change } });
  const threaded = (change: Partial<CoreThread>) => one({ threads: [{ ...thread(5), ...change }] });
  const cell: CoreSegment = { vaddr: 0x10000, memBytes: 0x4000, flags: 6, pageIndex: 0, filePages: 1 };
  const segment = (change: Partial<CoreSegment>) => one({ segments: [{ ...cell, ...change }] });

  const refused: readonly (readonly [what: string, write: () => unknown, message: string])[] = [
    ['no image', () => layoutCore([], 0), 'number of images is out of range: 0'],
    ['half a page', () => layoutCore([image(10, 1)], 0.5), 'number of pages is out of range: 0.5'],
    [
      'two images of one pid',
      () => layoutCore([image(10, 1), image(10, 1)], PAGES),
      'two images with the same pid',
    ],
    ['no thread', one({ threads: [] }), 'number of threads is out of range: 0'],
    ['a tid twice', one({ threads: [thread(5), thread(5)] }), 'two threads with the same tid'],
    ['a signal of 65', one({ signal: 65 }), 'signal is out of range: 65'],
    ['a negative pid', one({ pid: -1 }), 'pid is out of range: -1'],
    ['a negative uid', named({ uid: -1 }), 'uid is out of range: -1'],
    ['a gid of 2^32', named({ gid: 2 ** 32 }), 'gid is out of range: 4294967296'],
    ['a short siginfo', one({ siginfo: new Uint8Array(127) }), 'siginfo has 127 bytes, not 128'],
    ['half an auxv entry', one({ auxv: new Uint8Array(8) }), 'NT_AUXV has 8 bytes'],
    [
      'a short FXSAVE image',
      threaded({ fxsave: new Uint8Array(511) }),
      'FXSAVE image has 511 bytes, not 512',
    ],
    ['26 registers', threaded({ registers: new BigUint64Array(26) }), '26 registers'],
    ['a name of 16 bytes', named({ fname: 'x'.repeat(16) }), 'fname is not a byte string below 16 bytes'],
    ['a name that is not bytes', named({ fname: '\u0100' }), 'fname is not a byte string below 16 bytes'],
    ['a state of two letters', named({ stateName: 'RS' }), 'no process state is "RS"'],
    [
      'a path with a zero',
      one({ files: [{ start: 0, end: 1, filePageOffset: 0, path: 'a\0b' }] }),
      'path of a mapped file is not a byte string below 4096 bytes',
    ],
    [
      'a note of a type of the format',
      one({ vkernelNotes: [{ type: 0x1002, bytes: new Uint8Array() }] }),
      'type of a VKERNEL note is out of range: 4098',
    ],
    [
      'a million segments',
      one({ segments: Array<CoreSegment>(2 ** 20 + 1).fill(cell) }),
      'number of segments is out of range: 1048577',
    ],
    ['a segment that is not aligned', segment({ vaddr: 0x10001 }), 'segment 1 is not made of whole pages'],
    ['an empty segment', segment({ memBytes: 0, filePages: 0 }), 'segment 1: size is out of range: 0'],
    [
      'a segment above user space',
      segment({ vaddr: 0x7fff_ffff_e000 }),
      'segment 1: size is out of range: 16384',
    ],
    [
      'more pages than memory',
      segment({ memBytes: 4096, filePages: 2 }),
      'segment 1: pages in the file is out of range: 2',
    ],
    [
      'pages behind the page section',
      segment({ pageIndex: 3 }),
      'segment 1: place in the page section is out of range: 3',
    ],
    [
      'a page index without pages',
      segment({ pageIndex: 1, filePages: 0 }),
      'segment 1: place in the page section is out of range: 1',
    ],
    ['unknown flags', segment({ flags: 8 }), 'segment 1: flags is out of range: 8'],
    [
      'overlapping segments',
      one({ segments: [...image(1, 1).segments, { ...cell, memBytes: 4096 }] }),
      'segment 4 overlaps the one before it',
    ],
  ];
  for (const [what, write, message] of refused)
    it(`${what}: ${message}`, () => expectRefusal(write, message));
});
