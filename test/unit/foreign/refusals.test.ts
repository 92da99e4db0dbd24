/** What is wrong with a core of another system, in one line: every refusal. test/structure finds those that have no case. */
import { expect } from 'chai';
import { NT_FILE, NT_FPREGSET, NT_PRPSINFO, NT_PRSTATUS, NT_SIGINFO } from '../../../src/vkernel/abi/elf.js';
import { CoreFormatError } from '../../../src/ckpt/elfcore/core-format-error.js';
import type { Note } from '../../../src/ckpt/elfcore/note.js';
import { foreignCore, type ForeignCore } from '../../../src/ckpt/foreign/foreign-core.js';
import { expectRefusal } from '../../support/refusal.js';
import {
  CODE,
  DRAGONFLY_NOTES,
  foreignFile,
  LINUX_NOTES,
  psinfo,
  SEGMENT,
  status,
  tls,
  type Load,
} from './foreign-file.js';

const OURS = new CoreFormatError('what our own reader said');
const read = (file: Uint8Array): ForeignCore =>
  foreignCore((offset, length) => file.subarray(offset, offset + length), file.length, OURS);

/** The core with the last note of that type changed, whose descriptor may get another length. */
function withNote(
  notes: readonly Note[],
  type: number,
  change: (descriptor: Buffer) => Uint8Array | number,
): Uint8Array {
  const at = notes.findLastIndex((note) => note.type === type);
  const descriptor = Buffer.from(notes[at]!.descriptor);
  const result = change(descriptor);
  return foreignFile(
    notes.with(at, { ...notes[at]!, descriptor: typeof result === 'number' ? descriptor : result }),
  );
}
const resized = (notes: readonly Note[], type: number, length: number): Uint8Array =>
  withNote(notes, type, () => new Uint8Array(length));
const files = (change: (descriptor: Buffer) => Uint8Array | number): Uint8Array =>
  withNote(LINUX_NOTES, NT_FILE, change);
const loads = (...more: readonly Load[]): Uint8Array => foreignFile(LINUX_NOTES, more);
const [offset, , fileBytes] = CODE;
const end = foreignFile(LINUX_NOTES).length;

const CASES: readonly (readonly [what: string, file: () => Uint8Array, message: string])[] = [
  ['no thread', () => foreignFile([psinfo('a', 'b')]), OURS.message],
  ['notes that go on behind the file', () => foreignFile(LINUX_NOTES).subarray(0, 500), OURS.message],
  ['TLS of no thread', () => foreignFile([tls(1), ...DRAGONFLY_NOTES]), 'a TLS note before the first thread'],
  ['two systems', () => foreignFile([status(7, 0), ...LINUX_NOTES]), 'threads of two systems'],
  [
    'a thread twice',
    () => foreignFile([...DRAGONFLY_NOTES, status(101, 0)]),
    'two threads with the same tid',
  ],
  [
    'more threads than a process can have',
    () => foreignFile(Array.from({ length: 65_537 }, (_, i) => status(i + 1, 0))),
    'too many threads',
  ],
  ['a long status', () => resized(LINUX_NOTES, NT_PRSTATUS, 340), 'NT_PRSTATUS has 340 bytes, not 336'],
  ['a short NT_FPREGSET', () => resized(LINUX_NOTES, NT_FPREGSET, 108), 'NT_FPREGSET has 108 bytes, not 512'],
  [
    'a short siginfo',
    () => foreignFile([{ owner: 'CORE', type: NT_SIGINFO, descriptor: new Uint8Array(8) }, ...LINUX_NOTES]),
    'NT_SIGINFO has 8 bytes, not 128',
  ],
  [
    'another status of DragonFly',
    () => withNote(DRAGONFLY_NOTES, NT_PRSTATUS, (bytes) => bytes.writeInt32LE(2, 0)),
    'NT_PRSTATUS: neither of Linux nor of DragonFly',
  ],
  [
    'a negative pid',
    () => withNote(DRAGONFLY_NOTES, NT_PRSTATUS, (bytes) => bytes.writeInt32LE(-1, 40)),
    'pid is out of range: -1',
  ],
  [
    'a signal of 200',
    () => withNote(DRAGONFLY_NOTES, NT_PRSTATUS, (bytes) => bytes.writeInt32LE(200, 36)),
    'signal is out of range: 200',
  ],
  [
    'a long process note',
    () => resized(DRAGONFLY_NOTES, NT_PRPSINFO, 121),
    'NT_PRPSINFO has 121 bytes, not 120',
  ],
  [
    'another process note',
    () => withNote(DRAGONFLY_NOTES, NT_PRPSINFO, (bytes) => bytes.writeInt32LE(2, 0)),
    'NT_PRPSINFO: neither of Linux nor of DragonFly',
  ],
  ['a short NT_FILE', () => files((bytes) => bytes.subarray(0, 7)), 'NT_FILE has 7 bytes'],
  ['offsets in sectors', () => files((bytes) => bytes.writeBigUInt64LE(512n, 8)), 'NT_FILE: wrong page size'],
  [
    'an offset of 2^41',
    () => files((bytes) => bytes.writeBigUInt64LE(1n << 41n, 32)),
    'offset of a mapped file is out of range: 2199023255552',
  ],
  [
    'files in one another',
    () => files((bytes) => bytes.writeBigUInt64LE(0x40_1000n, 40)),
    'NT_FILE: mapped files overlap',
  ],
  [
    'an overlap',
    () => loads(CODE, [offset, SEGMENT + 4096, 0, 4096]),
    'the segment at 0x401000 overlaps another one, or begins within a page',
  ],
  [
    'a part of a page',
    () => loads([offset, SEGMENT + 1, 0, 4096]),
    'the segment at 0x400001 overlaps another one, or begins within a page',
  ],
  [
    'memory up to the kernel',
    () => loads([offset, SEGMENT, 0, 2 ** 47]),
    'size of the segment at 0x400000 is out of range: 140737488355328',
  ],
  [
    'more in the file than in memory',
    () => loads([offset, SEGMENT, 8192, 4096]),
    'size in the file of the segment at 0x400000 is out of range: 8192',
  ],
  [
    'memory behind the file',
    () => loads([2 ** 40, SEGMENT, fileBytes, 4096]),
    `truncated: the segment at 0x400000 ends at 1099511631872, file has ${end} bytes`,
  ],
  [
    'segments that share bytes',
    () => loads(...Array.from({ length: 9 }, (_, i): Load => [0, SEGMENT + i * end, end, end])),
    'the segments share bytes of the file',
  ],
];

describe('cores of other systems: refused', () => {
  it('unless there is nothing wrong', () => {
    expect(read(foreignFile(LINUX_NOTES)).kind).to.equal('linux');
    expect(read(foreignFile(DRAGONFLY_NOTES)).kind).to.equal('dragonfly');
  });
  for (const [what, file, message] of CASES)
    it(`${what}: ${message}`, () => expectRefusal(() => read(file()), message));
});
