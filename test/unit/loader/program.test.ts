import { expect } from 'chai';
import * as elf from '../../../src/vkernel/abi/elf.js';
import * as errno from '../../../src/vkernel/abi/errno.js';
import { O_RDONLY } from '../../../src/vkernel/abi/fcntl.js';
import { ImageError } from '../../../src/vkernel/loader/image-error.js';
import { randomize } from '../../../src/vkernel/loader/randomization.js';
import { expectErrno, MemoryMachine, MIB } from '../mm/memory-machine.js';
import { buildElf, typicalSegments } from './elf-builder.js';
import { load } from './load-request.js';

const { PT_LOAD, PF_R, PF_W, PF_X, ET_DYN } = elf;

function sentenceOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return error instanceof ImageError ? error.sentence : String(error);
  }
  return 'success';
}

function auxiliary(auxv: Uint8Array): Map<number, number> {
  const words = new BigUint64Array(auxv.slice().buffer);
  return new Map(
    Array.from({ length: words.length / 2 }, (_, i) => [Number(words[2 * i]), Number(words[2 * i + 1])]),
  );
}

describe('loader: programs', () => {
  it('maps the segments where the file says, and zeroes the bss in the last page', () => {
    const machine = new MemoryMachine();
    const program = load(machine, buildElf());
    expect(program.entry).to.equal(0x40_0500);
    expect(machine.maps()).to.deep.equal([
      '400000-401000 r-xp',
      '401000-402000 rw-p',
      '402000-405000 rw-p',
      '7ffffffde000-7ffffffff000 rw-p',
    ]);
    const { memory } = machine.space;
    expect([memory.readU8(0x40_1233), memory.readU8(0x40_1234), memory.readU8(0x40_1fff)]).to.deep.equal([
      0xcc, 0, 0,
    ]);
    expect(program.brkStart).to.equal(0x40_5000);
  });

  it('builds the very stack that Linux builds', () => {
    // A static PIE under `setarch -R env -i ./mspie`, whose vector had two entries more for rseq and one for the vDSO.
    const machine = new MemoryMachine();
    const program = load(machine, buildElf());
    const auxv = auxiliary(program.auxv);
    expect(auxv.get(elf.AT_EXECFN)).to.equal(0x7fff_ffff_eff0);
    expect(auxv.get(elf.AT_PLATFORM)).to.equal(0x7fff_ffff_efd9);
    expect(auxv.get(elf.AT_RANDOM)).to.equal(0x7fff_ffff_efc9);
    expect(program.stackPointer).to.equal(0x7fff_ffff_ee30 + 3 * 16);
    expect(auxv.get(elf.AT_PHDR)).to.equal(0x40_0040);
    expect(auxv.get(elf.AT_ENTRY)).to.equal(0x40_0500);
    expect([...auxv.keys()].at(-1)).to.equal(elf.AT_NULL);
    const { memory } = machine.space;
    expect(memory.path(auxv.get(elf.AT_PLATFORM)!)).to.equal('x86_64');
    expect(memory.path(auxv.get(elf.AT_EXECFN)!)).to.equal('./mspie');
    expect(memory.readU8(auxv.get(elf.AT_RANDOM)!)).to.equal(0xab);
  });

  it('puts arguments and environment on the stack', () => {
    const machine = new MemoryMachine();
    const strings = { argv: ['a', '', 'ccc'], envp: ['X=1', 'LONG=value'], path: '/bin/a' };
    const program = load(machine, buildElf(), { strings });
    const { memory } = machine.space;
    const at = program.stackPointer;
    expect(at % 16).to.equal(0);
    expect(memory.readNumber64(at)).to.equal(3);
    const string = (slot: number) => memory.path(memory.readNumber64(at + 8 * slot));
    expect([string(1), string(2), string(3)]).to.deep.equal(['a', '', 'ccc']);
    expect(memory.readNumber64(at + 32)).to.equal(0);
    expect([string(5), string(6)]).to.deep.equal(['X=1', 'LONG=value']);
    expect(memory.readNumber64(at + 56)).to.equal(0);
    expect(memory.copyIn(at + 64, program.auxv.length)).to.deep.equal(program.auxv);
    const between = (from: number, to: number) => Buffer.from(memory.copyIn(from, to - from)).toString();
    expect(between(program.argStart, program.argEnd)).to.equal('a\0\0ccc\0');
    expect(between(program.envStart, program.envEnd)).to.equal('X=1\0LONG=value\0');
  });

  it('gives a program without arguments an empty one', () => {
    const machine = new MemoryMachine();
    const { stackPointer } = load(machine, buildElf(), { strings: { argv: [], envp: [], path: 'x' } });
    expect(machine.space.memory.readNumber64(stackPointer)).to.equal(1);
  });

  it('limits the strings', () => {
    const strings = (argv: string[]) => ({ strings: { argv, envp: [], path: 'x' } });
    const long = 'x'.repeat(131071);
    load(new MemoryMachine(), buildElf(), strings([long]));
    expectErrno(errno.E2BIG, () => load(new MemoryMachine(), buildElf(), strings([`${long}x`])));
    expectErrno(errno.E2BIG, () =>
      load(new MemoryMachine(), buildElf(), strings(Array<string>(20).fill(long))),
    );
    expectErrno(errno.E2BIG, () =>
      load(new MemoryMachine(), buildElf(), strings(Array<string>(250_000).fill(''))),
    );
  });

  it('places a static PIE among the mappings, and its heap where programs lie', () => {
    const machine = new MemoryMachine();
    const program = load(machine, buildElf({ type: ET_DYN, entry: 0x500, segments: typicalSegments(0) }));
    expect(program.entry).to.equal(0x7fff_f7ff_f000 - 0x5000 + 0x500);
    expect(program.brkStart).to.equal(0x5555_5555_5000);
    const aligned = typicalSegments(0).map((segment) => ({ ...segment, align: 0x20_0000 }));
    const other = load(new MemoryMachine(), buildElf({ type: ET_DYN, entry: 0, segments: aligned }));
    expect(other.entry % 0x20_0000).to.equal(0);
  });

  it('loads the interpreter that a program names', () => {
    const machine = new MemoryMachine();
    const linker = machine.file(
      buildElf({ type: ET_DYN, entry: 0x20, segments: typicalSegments(0) }),
      O_RDONLY,
    ).file;
    const asked: string[] = [];
    const image = buildElf({
      type: ET_DYN,
      entry: 0x500,
      segments: typicalSegments(0),
      interpreter: '/lib/ld.so',
    });
    const openInterpreter = (path: string) => {
      asked.push(path);
      return linker;
    };
    const program = load(machine, image, { openInterpreter });
    const auxv = auxiliary(program.auxv);
    expect(asked).to.deep.equal(['/lib/ld.so']);
    expect(auxv.get(elf.AT_ENTRY)).to.equal(0x5555_5555_4500);
    expect(auxv.get(elf.AT_PHDR)).to.equal(0x5555_5555_4040);
    expect(auxv.get(elf.AT_BASE)).to.equal(0x7fff_f7ff_f000 - 0x5000);
    expect(program.entry).to.equal(auxv.get(elf.AT_BASE)! + 0x20);
    machine.space.destroy();
    expect(linker.references).to.equal(0);
  });

  it('moves everything when told to', () => {
    const layout = randomize({ bytes: (count) => new Uint8Array(count).fill(0x11) }, [0x11, 0x22]);
    const machine = new MemoryMachine();
    const program = load(machine, buildElf(), { layout });
    expect(program.stackPointer).to.be.lessThan(0x7fff_ffff_e000 - layout.stackTop);
    expect(program.stackPointer % 16).to.equal(0);
    expect(program.brkStart).to.equal(0x40_5000 + layout.brk);
    expect(machine.space.mmapBase).to.be.lessThan(0x7fff_f7ff_f000 - layout.mmapBase);
  });

  it('makes the stack executable only for those who ask', () => {
    const stackOf = (flags: number) => {
      const machine = new MemoryMachine();
      const segments = typicalSegments(0x40_0000).map((s) => (s.type === PT_LOAD ? s : { ...s, flags }));
      load(machine, buildElf({ segments }));
      return machine.maps().at(-1)!.slice(-4);
    };
    expect([stackOf(PF_R | PF_W), stackOf(PF_R | PF_W | PF_X)]).to.deep.equal(['rw-p', 'rwxp']);
  });

  it('says in a sentence why a file does not run', () => {
    const of = (image: Uint8Array) => sentenceOf(() => load(new MemoryMachine(), image));
    const patched = (at: number, value: number) => {
      const image = buildElf();
      image[at] = value;
      return image;
    };
    expect(of(new Uint8Array(0))).to.equal('is empty');
    expect(of(Buffer.from('#!/bin/sh\n'))).to.equal('is not an ELF program');
    expect(of(buildElf().subarray(0, 40))).to.match(/^is damaged/);
    expect(of(patched(4, 1))).to.match(/^is a 32-bit program/);
    expect(of(buildElf({ machine: elf.EM_AARCH64 }))).to.equal('is not for x86-64, but for AArch64');
    expect(of(buildElf({ type: elf.ET_REL }))).to.match(/object file/);
    expect(of(buildElf({ interpreter: '/lib64/ld-linux-x86-64.so.2' }))).to.equal(
      'needs the interpreter /lib64/ld-linux-x86-64.so.2, which is not in the guest root',
    );
    expect(of(patched(54, 55))).to.match(/55 bytes/);
  });

  it('refuses segments that make no sense', () => {
    const segment = {
      type: PT_LOAD,
      flags: PF_R | PF_W,
      offset: 0,
      vaddr: 0x40_0000,
      fileBytes: 0,
      memoryBytes: 0,
    };
    const fails = (code: number, changes: object) => {
      const segments = [{ ...segment, fileBytes: 0x100, memoryBytes: 0x100, ...changes }];
      expectErrno(code, () => load(new MemoryMachine(), buildElf({ segments })));
    };
    fails(errno.EINVAL, { fileBytes: 0x200 });
    fails(errno.EINVAL, { vaddr: 0x40_0010 });
    fails(errno.EINVAL, { memoryBytes: 2 ** 60 });
    fails(errno.EINVAL, { vaddr: 2 ** 63 });
    fails(errno.EINVAL, { offset: 2 ** 63 });
    fails(errno.ENOMEM, { memoryBytes: 64 * MIB });
    fails(errno.EEXIST, { vaddr: 0x7fff_ffff_e000 });
    fails(errno.EPERM, { vaddr: 0 });
    fails(errno.EFAULT, { offset: 0x10_0000, memoryBytes: 0x1000 });
    expectErrno(errno.ENOEXEC, () => load(new MemoryMachine(), buildElf({ segments: [] })));
    expectErrno(errno.EINVAL, () => load(new MemoryMachine(), buildElf({ entry: 2 ** 63 })));
  });
});
