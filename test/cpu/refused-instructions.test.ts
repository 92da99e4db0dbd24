import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RAX, RBX, RCX, RDI, Registers, RIP, RSI } from '../../src/vkernel/arch/registers.js';
import { loadBinding } from '../../src/vkernel/cpu/binding.js';
import { CpuExit } from '../../src/vkernel/cpu/cpu.js';
import { BareMachine, CODE, code, DATA, PAGE } from '../support/bare-machine.js';

/** Four bytes each. The stock engine would execute both. */
const REFUSED: readonly (readonly [name: string, instruction: string])[] = [
  // vmulsd xmm0, xmm0, xmm1: our engine has it not, the stock one would ignore an operand.
  ['VEX', 'c5fb59c1'],
  // Both engines have it: the host's randomness.
  ['rdrand', '480fc7f0'],
];

describe('cpu: instructions the virtual CPU does not have', () => {
  let machine: BareMachine;
  beforeEach(() => {
    machine = new BareMachine();
    machine.map(DATA, 2, { write: true });
  });
  afterEach(() => {
    expect(machine.cpu.screeningMismatches).to.equal(0);
    machine.cpu.close();
  });

  for (const [name, instruction] of REFUSED) {
    describe(name, () => {
      it('stops in front of it with all before it done once', () => {
        for (let i = 1n; i <= 3n; i++) {
          expect(machine.run(code(`48ffc0 48ffc3 ${instruction} 48ffc0`))).to.equal(CpuExit.illegal);
          expect([machine.rip, machine.registers.slots[RAX], machine.registers.slots[RBX]]).to.deep.equal([
            CODE + 6,
            i,
            i,
          ]);
          machine.registers.slots[RIP] = BigInt(CODE);
          expect(machine.cpu.run(100)).to.equal(CpuExit.illegal);
          expect(machine.registers.slots[RAX]).to.equal(i + 1n);
          machine.registers.slots[RAX] = i;
          machine.registers.slots[RBX] = i;
        }
      });

      it('refuses it as the first instruction, again and again', () => {
        machine.load(code(instruction));
        for (let i = 0; i < 3; i++) {
          expect(machine.cpu.run(100)).to.equal(CpuExit.illegal);
          expect(machine.rip).to.equal(CODE);
        }
      });

      it('refuses every one of several in a block', () => {
        machine.load(code(`48ffc0 ${instruction} 48ffc0 ${instruction} 0f05`));
        for (const offset of [3, 10]) {
          expect(machine.cpu.run(100)).to.equal(CpuExit.illegal);
          expect(machine.rip).to.equal(CODE + offset);
          machine.registers.slots[RIP] = BigInt(machine.rip + 4);
        }
        expect(machine.cpu.run(100)).to.equal(CpuExit.syscall);
        expect(machine.registers.slots[RAX]).to.equal(2n);
      });

      it('stops there after a repeated string instruction and after a loop', () => {
        machine.registers.slots[RDI] = BigInt(DATA);
        machine.registers.slots[RCX] = 100n;
        expect(machine.run(code(`b0 07 f3aa ${instruction}`))).to.equal(CpuExit.illegal);
        expect([machine.rip, machine.registers.slots[RCX]]).to.deep.equal([CODE + 4, 0n]);
        expect([...machine.read(DATA + 98, 4)]).to.deep.equal([7, 7, 0, 0]);
        machine.registers.slots[RAX] = 0n;
        machine.registers.slots[RCX] = 50n;
        expect(machine.run(code(`48ffc0 48ffc9 75f8 ${instruction}`))).to.equal(CpuExit.illegal);
        expect([machine.rip, machine.registers.slots[RAX]]).to.deep.equal([CODE + 8, 50n]);
      });

      it('at the first byte of a page, with the block before it in another one', () => {
        const at = CODE + PAGE - 3;
        for (let i = 0; i < 2; i++) {
          machine.load(code(`48ffc0 ${instruction} 0f05`), at);
          expect(machine.cpu.run(100)).to.equal(CpuExit.illegal);
          expect(machine.rip).to.equal(CODE + PAGE);
        }
        // The same after the instruction became another one.
        machine.write(CODE + PAGE, code('48ffc090'));
        machine.cpu.invalidateCode(CODE + PAGE, CODE + PAGE + 4);
        machine.registers.slots[RIP] = BigInt(at);
        expect(machine.cpu.run(100)).to.equal(CpuExit.syscall);
      });

      it('faults in front of it are delivered first, and leave nothing behind', () => {
        machine.registers.slots[RSI] = 0x1234_0000n;
        expect(machine.run(code(`48ffc0 488b1e 48ffc0 ${instruction}`))).to.equal(CpuExit.fault);
        expect([machine.rip, machine.registers.slots[RAX]]).to.deep.equal([CODE + 3, 1n]);
        machine.map(0x1234_0000, 1);
        expect(machine.cpu.run(100)).to.equal(CpuExit.illegal);
        expect([machine.rip, machine.registers.slots[RAX]]).to.deep.equal([CODE + 9, 2n]);
      });

      it('runs the bytes when they are no longer such an instruction', () => {
        machine.load(code(`48ffc0 ${instruction} 0f05`));
        expect(machine.cpu.run(100)).to.equal(CpuExit.illegal);
        machine.write(CODE + 3, code('48ffc090'));
        machine.cpu.invalidateFrames(machine.physical(CODE), machine.physical(CODE) + PAGE);
        machine.registers.slots[RAX] = 0n;
        machine.registers.slots[RIP] = BigInt(CODE);
        expect(machine.cpu.run(100)).to.equal(CpuExit.syscall);
        expect(machine.registers.slots[RAX]).to.equal(2n);
      });
    });
  }

  it('survives instructions on which the engine aborts, with all state', () => {
    machine.registers.fxsave.set(new Uint8Array(new Float64Array([1.5, 2.5]).buffer), 160);
    machine.cpu.loadFpu(machine.registers);
    const other = new Registers();
    other.fxsave.set(new Uint8Array(new Float64Array([7.5]).buffer), 160);
    machine.cpu.switchTo(other);
    machine.cpu.switchTo(machine.registers);
    // lock bts edi, esp
    for (let i = 0; i < 20; i++) {
      machine.registers.slots[RAX] = BigInt(i);
      expect(machine.run(code('48ffc0 48ffc3 f00fabe7'))).to.equal(CpuExit.illegal);
      expect([machine.rip, machine.registers.slots[RAX]]).to.deep.equal([CODE + 6, BigInt(i + 1)]);
      expect(machine.run(code('f00fabe7'))).to.equal(CpuExit.illegal);
      expect(machine.rip).to.equal(CODE);
    }
    expect(machine.registers.slots[RBX]).to.equal(20n);
    for (const [registers, value] of [
      [machine.registers, 1.5],
      [other, 7.5],
    ] as const) {
      machine.cpu.saveFpu(registers);
      expect(new Float64Array(registers.fxsave.slice(160, 168).buffer)[0]).to.equal(value);
    }
    expect(machine.run(code('f348a4 0f05'))).to.equal(CpuExit.syscall);
  });

  it('does not take the bytes c4, c5 and 8f inside of other instructions for one', () => {
    // mov rbp, rax; add eax, 0x8fc5c4ee; mov cl, 0xc5; push 42; pop rdx, the long way
    const text = '4889c5 05eec4c58f b1c5 6a2a 8fc2 0f05';
    expect(machine.run(code(text))).to.equal(CpuExit.syscall);
    expect(machine.registers.unsigned(RCX)).to.equal(0xc5);
    expect(machine.rip).to.equal(CODE + code(text).length);
  });
});

describe('cpu: the screening decoder', () => {
  const OBJDUMP_LINE = /^\s+[0-9a-f]+:\t((?:[0-9a-f]{2} )+)\s*\t?(.*)$/;

  /** Machine code from a C compiler, with AVX on: [bytes, text] of each instruction as objdump sees it. */
  function compiled(): [Uint8Array, string][] {
    const directory = mkdtempSync(join(tmpdir(), 'vkernel-decoder-'));
    try {
      const source = join(directory, 'all.c');
      const object = join(directory, 'all.o');
      writeFileSync(source, SOURCE);
      execFileSync('gcc', [
        '-O3',
        '-ffast-math',
        '-mavx2',
        '-mbmi',
        '-mbmi2',
        '-mfma',
        '-c',
        source,
        '-o',
        object,
      ]);
      const avx = execFileSync('objdump', ['-dw', '--insn-width=16', object], { encoding: 'utf8' });
      execFileSync('gcc', ['-O3', '-msse4.2', '-maes', '-mpclmul', '-c', source, '-o', object]);
      const sse = execFileSync('objdump', ['-dw', '--insn-width=16', object], { encoding: 'utf8' });
      const libc = execFileSync(
        'sh',
        ['-c', `objdump -dw --insn-width=16 "$(gcc -print-file-name=libc.so.6)" | head -60000`],
        {
          encoding: 'utf8',
          maxBuffer: 1 << 26,
        },
      );
      return [avx, sse, libc].flatMap(parse);
    } finally {
      rmSync(directory, { recursive: true });
    }
  }

  function parse(listing: string): [Uint8Array, string][] {
    return listing.split('\n').flatMap((line): [Uint8Array, string][] => {
      const match = OBJDUMP_LINE.exec(line);
      return match && !match[2]!.includes('(bad)') ? [[code(match[1]!), match[2]!]] : [];
    });
  }

  it('agrees with objdump on lengths', function () {
    this.timeout(120_000);
    const binding = loadBinding();
    const instructions = compiled();
    expect(instructions.length).to.be.greaterThan(40_000);
    let refused = 0;
    for (const [bytes, text] of instructions) {
      const padded = new Uint8Array(32).fill(0x90);
      padded.set(bytes);
      const length = binding.instructionLength(padded, 0);
      const prefixes = bytes.findIndex(
        (byte) => ![0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf2, 0xf3].includes(byte),
      );
      if (bytes[prefixes] === 0xc4 || bytes[prefixes] === 0xc5) {
        refused++;
        // Our engine has no such instruction; of the stock one's as much is known as tells it.
        expect(length, text).to.equal(binding.engineName === 'own' ? 0 : prefixes + 1);
      } else if (bytes[prefixes] !== 0x62) {
        expect(length, text).to.equal(bytes.length);
      }
    }
    expect(refused).to.be.greaterThan(20);
  });

  it('gives up at the end of the bytes', () => {
    const binding = loadBinding();
    const longest = code('6766f0 4881842588776655 44332211');
    expect(binding.instructionLength(longest, 0)).to.equal(15);
    for (let length = 0; length < 15; length++)
      expect(binding.instructionLength(longest.subarray(0, length), 0)).to.equal(0);
    expect(binding.instructionLength(new Uint8Array(40).fill(0x66), 0)).to.equal(0);
  });
});

const SOURCE = `
#include <immintrin.h>
#include <stdint.h>
#include <string.h>
double dot(const double *a, const double *b, int n) { double s = 0; for (int i = 0; i < n; i++) s += a[i] * b[i]; return s; }
void scale(float *a, int n, float f) { for (int i = 0; i < n; i++) a[i] = a[i] * f + 1.5f; }
uint64_t bits(uint64_t x, int n) { return (x << n | x >> (64 - n)) ^ (x & -x) ^ (uint64_t)__builtin_ctzll(x) ^ (x * 0x123456789abcdef1); }
int compare(const char *a, const char *b) { return strcmp(a, b) + memcmp(a, b, 40); }
long long divide(long long a, long long b) { return a / b + a % b; }
long double extended(long double a, double b, float c, short d) { return a * b / c - d; }
__m128i shuffle(__m128i a, __m128i b) { return _mm_shuffle_epi8(_mm_mullo_epi32(a, b), _mm_alignr_epi8(a, b, 5)); }
int search(__m128i a, __m128i b) { return _mm_cmpistri(a, b, 0x0c); }
int crc(int c, const unsigned char *p, int n) { while (n--) c = _mm_crc32_u8(c, *p++); return c; }
void swap(_Atomic long *p, _Atomic char *q) { *p += 5; *q ^= 3; __atomic_exchange_n(p, 9, 5); }
int table(int x) { switch (x) { case 0: return 9; case 1: return 77; case 2: return -1; case 3: return 1 << 20; case 4: return 5; default: return x; } }
`;
