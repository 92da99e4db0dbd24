import { expect } from 'chai';
import { CORE_REGISTERS } from '../../../src/ckpt/elfcore/core-image.js';
import { CoreFormatError } from '../../../src/ckpt/elfcore/core-format-error.js';
import { foreignCore, type ForeignCore } from '../../../src/ckpt/foreign/foreign-core.js';
import { decodeForeignFiles } from '../../../src/ckpt/foreign/foreign-notes.js';
import { coreFile, image } from '../elfcore/fixture.js';
import { dragonflyCore, SEGMENT } from './foreign-file.js';

const OURS = new CoreFormatError('what our own reader said');

const read = (file: Uint8Array): ForeignCore =>
  foreignCore((offset, length) => file.subarray(offset, offset + length), file.length, OURS);

function register(core: ForeignCore, thread: number, name: (typeof CORE_REGISTERS)[number]): bigint {
  return core.image.threads[thread]!.registers[CORE_REGISTERS.indexOf(name)]!;
}

/** NT_FILE as the kernel writes it, or gdb: with another unit of offsets. */
function fileNote(
  unit: number,
  entries: readonly (readonly [number, number, number])[],
  names: string,
): Uint8Array {
  const numbers = [entries.length, unit, ...entries.flat()].map(BigInt);
  return Buffer.concat([new Uint8Array(BigUint64Array.from(numbers).buffer), Buffer.from(names)]);
}

describe('checkpoints of DragonFly', () => {
  it('have threads, with the TLS note behind each, and a process', () => {
    const core = read(dragonflyCore());
    expect(core.kind).to.equal('dragonfly');
    const { pid, signal, psinfo, threads } = core.image;
    expect([pid, signal, psinfo.fname, psinfo.psargs]).to.deep.equal([100, 25, 'counter', 'counter -n 5']);
    expect(threads.map(({ tid, tls }) => [tid, tls.fs.base])).to.deep.equal([
      [100, 0x80_1000n],
      [101, 0x80_2000n],
    ]);
    expect(register(core, 1, 'fs_base')).to.equal(0x80_2000n);
    expect(register(core, 0, 'rip')).to.equal(BigInt(SEGMENT + 16));
    for (const [name, value] of Object.entries({
      rdi: 0xd1,
      rax: 0xaa,
      rbx: 0xbb,
      rbp: 0xb9,
      r15: 15,
      eflags: 0x202,
    }))
      expect(register(core, 0, name as 'rdi'), name).to.equal(BigInt(value));
  });
  it('have memory', () => {
    const core = read(dragonflyCore());
    expect(core.image.segments).to.deep.equal([
      { vaddr: SEGMENT, memBytes: 8192, flags: 5, pageIndex: 0, filePages: 1 },
    ]);
    expect(core.pageCount).to.equal(1);
    expect(core.readPages(0, 1)).to.deep.equal(new Uint8Array(4096).fill(0x90));
  });
  it('are refused in one line wherever they are cut off, and never crash the reader when a byte is changed', () => {
    const whole = dragonflyCore();
    const outcome = (file: Uint8Array): string => {
      try {
        return read(file).kind;
      } catch (error) {
        expect(error).to.be.instanceOf(CoreFormatError);
        return (error as Error).message;
      }
    };
    for (let length = 0; length < whole.length; length += 7)
      expect(outcome(whole.subarray(0, length)), `${length}`)
        .to.match(/^[\x20-\x7e]+$/)
        .and.not.equal('dragonfly');
    for (let at = 0; at < 1400; at++)
      for (const flip of [1, 0x80, 0xff]) {
        const file = Uint8Array.from(whole);
        file[at]! ^= flip;
        expect(outcome(file)).to.match(/^[\x20-\x7e]+$/);
      }
  });
});

describe('cores of other systems', () => {
  it('are none of our own: those are refused for what is wrong with them', () => {
    const own = coreFile([image(10, 2)]);
    expect(() => read(own)).to.throw(CoreFormatError, OURS.message);
    expect(() => read(Uint8Array.from(Buffer.from('no core at all')))).to.throw(
      CoreFormatError,
      OURS.message,
    );
    expect(() => foreignCore(() => new Uint8Array(), 0, new TypeError('a bug'))).to.throw(TypeError, 'a bug');
  });
  it('count the offsets of mapped files in pages or in bytes', () => {
    const entries = [
      [0x2000, 0x3000, 2],
      [0x1000, 0x2000, 0],
    ] as const;
    const [first, second] = decodeForeignFiles(fileNote(4096, entries, '/b\0/a\0'));
    expect(first).to.deep.equal({ start: 0x1000, end: 0x2000, filePageOffset: 0, path: '/a' });
    expect(second!.filePageOffset).to.equal(2);
    expect(decodeForeignFiles(fileNote(1, [[0, 4096, 8192]], '/c\0'))[0]!.filePageOffset).to.equal(2);
  });
  it('may have memory that is the same bytes of the file, up to twice', () => {
    expect(read(dragonflyCore(1)).pageCount).to.equal(3);
  });
});
