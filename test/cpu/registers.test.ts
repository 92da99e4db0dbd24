import { expect } from 'chai';
import { FS_BASE, GS_BASE, RAX, RBX, RDI, Registers, RIP, RSP } from '../../src/vkernel/arch/registers.js';
import { CpuExit } from '../../src/vkernel/cpu/cpu.js';
import { BareMachine, CODE, code, DATA, STACK } from '../support/bare-machine.js';

const SYSCALL = '0f05';

/** A seeded source of bytes (xorshift32). */
function randomBytes(seed: number, count: number): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length: count }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state & 255;
  });
}

/** A random FXSAVE image with its reserved bits clear. */
function randomImage(seed: number): Uint8Array {
  const image = randomBytes(seed * 7919 + 1, 512);
  const view = new DataView(image.buffer);
  view.setUint16(0, (view.getUint16(0, true) & 0x0f3f) | 0x40, true);
  view.setUint16(2, view.getUint16(2, true) & 0x7f7f, true);
  image[5] = 0;
  view.setUint16(6, view.getUint16(6, true) & 0x7ff, true);
  view.setUint32(24, view.getUint16(24, true), true);
  view.setUint32(28, 0xffff, true);
  for (let register = 0; register < 8; register++) image.fill(0, 32 + 16 * register + 10, 48 + 16 * register);
  image.fill(0, 416);
  return image;
}

describe('cpu registers', () => {
  let machine: BareMachine;
  beforeEach(() => {
    machine = new BareMachine();
    machine.map(DATA, 1, { write: true });
  });
  afterEach(() => {
    machine.cpu.close();
  });

  it('starts a program with the FPU as Linux does', () => {
    machine.registers.slots[RDI] = BigInt(DATA);
    expect(machine.run(code(`480fae07 ${SYSCALL}`))).to.equal(CpuExit.syscall);
    expect([...machine.read(DATA, 416)]).to.deep.equal([...new Registers().fxsave.subarray(0, 416)]);
  });

  it('takes in and gives back any x87 and SSE state exactly', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const image = randomImage(seed);
      machine.registers.fxsave.set(image);
      machine.cpu.loadFpu(machine.registers);
      machine.registers.fxsave.fill(0xee);
      machine.cpu.saveFpu(machine.registers);
      expect([...machine.registers.fxsave]).to.deep.equal([...image]);
    }
  });

  it("agrees with the guest's own fxsave and fxrstor", () => {
    // The engine keeps no last instruction and operand pointers (bytes 6 to 23): fxsave stores zeros, fxrstor skips them.
    const visible = (image: Uint8Array): number[] => [...image.subarray(0, 6), ...image.subarray(24, 416)];
    for (let seed = 1; seed <= 50; seed++) {
      const image = randomImage(seed);
      machine.registers.fxsave.set(image);
      machine.cpu.loadFpu(machine.registers);
      machine.registers.slots[RDI] = BigInt(DATA);
      machine.run(code(`480fae07 ${SYSCALL}`));
      expect(visible(machine.read(DATA, 512))).to.deep.equal(visible(image));
      const other = randomImage(seed + 1000);
      machine.write(DATA, other);
      machine.run(code(`480fae0f ${SYSCALL}`));
      machine.cpu.saveFpu(machine.registers);
      expect(visible(machine.registers.fxsave)).to.deep.equal(visible(other));
    }
  });

  it('keeps the x87 and SSE state and the segment bases over faults and exceptions', () => {
    const image = randomImage(5);
    image[2] = 0; // no pending x87 exception
    machine.registers.fxsave.set(image);
    machine.cpu.loadFpu(machine.registers);
    machine.registers.slots[FS_BASE] = 0x7f12_3456_7000n;
    machine.registers.slots[GS_BASE] = 0x1234_5678n;
    for (const instruction of [
      '488b042500000020',
      'f4',
      'cc',
      '0f0b',
      '31c9 f7f1',
      'c5fb59c1',
      '0f31',
      '48ffc0 cd80',
    ]) {
      for (let i = 0; i < 3; i++) machine.run(code(instruction));
      machine.cpu.saveFpu(machine.registers);
      expect([...machine.registers.fxsave], instruction).to.deep.equal([...image]);
      expect(machine.registers.slots[FS_BASE]).to.equal(0x7f12_3456_7000n);
      expect(machine.registers.slots[GS_BASE]).to.equal(0x1234_5678n);
    }
  });

  it('reads thread-local storage through FS, and reads the base back after wrfsbase', () => {
    machine.write(DATA + 8, [1, 2, 3, 4, 5, 6, 7, 8]);
    machine.registers.slots[FS_BASE] = BigInt(DATA);
    expect(machine.run(code(`64488b042508000000 ${SYSCALL}`))).to.equal(CpuExit.syscall);
    expect(machine.registers.slots[RAX]).to.equal(0x0807060504030201n);
    machine.registers.slots[RAX] = 0x7fff_1234_0000n;
    machine.registers.slots[RBX] = 0x55n;
    expect(machine.run(code(`f3480faed0 f3480faedb f3480faec0 ${SYSCALL}`))).to.equal(CpuExit.syscall);
    expect(machine.registers.slots[FS_BASE]).to.equal(0x7fff_1234_0000n);
    expect(machine.registers.slots[GS_BASE]).to.equal(0x55n);
    expect(machine.run(code(`31c0 8ee0 ${SYSCALL}`))).to.equal(CpuExit.syscall);
    expect(machine.registers.slots[FS_BASE]).to.equal(0n);
  });

  it('switches between many files, each with its own FPU, in the middle of a computation', () => {
    // l: addsd xmm0, xmm1; inc rax; jmp l
    machine.load(code('f20f58c1 48ffc0 ebf7'));
    const one = new Uint8Array(new Float64Array([1]).buffer);
    const files = Array.from({ length: 40 }, (_, i) => {
      const registers = new Registers();
      registers.slots[RIP] = BigInt(CODE);
      registers.slots[RSP] = BigInt(STACK - 64);
      registers.fxsave.set(new Uint8Array(new Float64Array([i * 1000]).buffer), 160);
      registers.fxsave.set(one, 176);
      return registers;
    });
    for (let round = 0; round < 5; round++) {
      for (const registers of files) {
        machine.cpu.switchTo(registers);
        expect(machine.cpu.run(7)).to.equal(CpuExit.quantum);
      }
    }
    files.forEach((registers, i) => {
      machine.cpu.saveFpu(registers);
      const [sum] = new Float64Array(registers.fxsave.slice(160, 168).buffer);
      expect([registers.slots[RAX], sum]).to.deep.equal([35n, i * 1000 + 35]);
      machine.cpu.drop(registers);
    });
    expect(() => machine.cpu.run(1)).to.throw('no register file to run');
  });

  it('takes a changed FPU image in whether the file is current or not', () => {
    const [first, second] = [randomImage(1), randomImage(2)];
    const other = new Registers();
    machine.cpu.switchTo(other);
    machine.registers.fxsave.set(first);
    machine.cpu.loadFpu(machine.registers);
    other.fxsave.set(second);
    machine.cpu.loadFpu(other);
    machine.cpu.switchTo(machine.registers);
    for (const [registers, image] of [
      [machine.registers, first],
      [other, second],
    ] as const) {
      machine.cpu.saveFpu(registers);
      registers.fxsave.fill(0);
      machine.cpu.saveFpu(registers);
      expect([...registers.fxsave]).to.deep.equal([...image]);
    }
  });

  it('reuses the place of a dropped file without its FPU', () => {
    machine.registers.fxsave.set(randomImage(3));
    machine.cpu.loadFpu(machine.registers);
    const other = new Registers();
    machine.cpu.switchTo(other);
    machine.cpu.drop(machine.registers);
    const fresh = new Registers();
    machine.cpu.switchTo(fresh);
    machine.cpu.saveFpu(fresh);
    fresh.fxsave.fill(0xee);
    machine.cpu.saveFpu(fresh);
    expect([...fresh.fxsave]).to.deep.equal([...new Registers().fxsave]);
  });
});
