import { expect } from 'chai';
import {
  RAX,
  RBX,
  RCX,
  RDI,
  RDX,
  RFLAGS,
  RFLAGS_FIXED,
  RIP,
  RSI,
  RSP,
} from '../../src/vkernel/arch/registers.js';
import { loadBinding } from '../../src/vkernel/cpu/binding.js';
import { CpuExit, FAULT_FETCH, FAULT_PRESENT, FAULT_USER, FAULT_WRITE } from '../../src/vkernel/cpu/cpu.js';
import { BareMachine, CODE, code, DATA, PAGE, STACK } from '../support/bare-machine.js';

const DIVIDE_ERROR = 0;
const DEBUG = 1;
const BREAKPOINT = 3;
const OVERFLOW = 4;
const GENERAL_PROTECTION = 13;
const X87_ERROR = 16;

describe('cpu exits', () => {
  let machine: BareMachine;
  before(() => {
    machine = new BareMachine();
    machine.map(DATA, 2, { write: true });
  });
  beforeEach(() => {
    machine.registers.reset();
    machine.cpu.loadFpu(machine.registers);
    machine.registers.slots[RSP] = BigInt(STACK - 64);
  });
  afterEach(() => {
    expect(machine.cpu.screeningMismatches).to.equal(0);
  });
  after(() => {
    machine.cpu.close();
  });

  it('syscall stops behind the instruction and leaves every register alone', () => {
    for (let slot = 0; slot < 16; slot++) {
      if (slot !== RSP) machine.registers.slots[slot] = 0x1111_2222_3333_0000n + BigInt(slot);
    }
    const earlier = machine.registers.slots.slice();
    expect(machine.run(code('0f05'))).to.equal(CpuExit.syscall);
    expect(machine.rip).to.equal(CODE + 2);
    earlier[RIP] = BigInt(CODE + 2);
    expect(machine.registers.slots).to.deep.equal(earlier);
  });

  const faults: [string, string, number][] = [
    ['a read', '488b06', FAULT_USER],
    ['a write', '488906', FAULT_USER | FAULT_WRITE],
    // The engine does the two halves one after the other; hardware would call it a write.
    ['a read-modify-write', '480106', FAULT_USER],
    ['a string store', 'f348a4', FAULT_USER],
  ];
  for (const [name, instruction, errorCode] of faults) {
    it(`${name} of an unmapped page faults with its exact address, many times in a row`, () => {
      const address = 0x1234_5678_9abc;
      machine.registers.slots[RSI] = BigInt(address);
      machine.registers.slots[RDI] = BigInt(address);
      machine.registers.slots[RCX] = 8n;
      machine.load(code(instruction));
      for (let i = 0; i < 10; i++) {
        expect(machine.cpu.run(100)).to.equal(CpuExit.fault);
        expect(machine.cpu.faultAddress).to.equal(address);
        expect(machine.cpu.errorCode).to.equal(errorCode);
        expect(machine.rip).to.equal(CODE);
      }
    });
  }

  it('tells a missing page, a read-only one, one without execute and one of the kernel apart', () => {
    machine.registers.slots[RSI] = BigInt(CODE);
    machine.run(code('488906'));
    expect([machine.cpu.faultAddress, machine.cpu.errorCode]).to.deep.equal([
      CODE,
      FAULT_PRESENT | FAULT_WRITE | FAULT_USER,
    ]);
    machine.registers.slots[RSI] = BigInt(DATA);
    expect(machine.run(code('ffe6'))).to.equal(CpuExit.fault);
    expect([machine.rip, machine.cpu.faultAddress, machine.cpu.errorCode]).to.deep.equal([
      DATA,
      DATA,
      FAULT_PRESENT | FAULT_USER | FAULT_FETCH,
    ]);
    machine.registers.slots[RSI] = 0xffff_8000_0000_0008n;
    expect(machine.run(code('488b06'))).to.equal(CpuExit.fault);
    expect(machine.cpu.faultAddressBits).to.equal(0xffff_8000_0000_0008n);
    expect(machine.cpu.errorCode).to.equal(FAULT_PRESENT | FAULT_USER);
  });

  it('reports the second page when an access crosses into it', () => {
    machine.registers.slots[RSI] = BigInt(DATA + 2 * PAGE - 3);
    expect(machine.run(code('488906'))).to.equal(CpuExit.fault);
    expect(machine.cpu.faultAddress).to.equal(DATA + 2 * PAGE);
    expect([...machine.read(DATA + 2 * PAGE - 3, 3)]).to.deep.equal([0, 0, 0]);
  });

  it('runs on after a fault once the page is there, with accessed and dirty bits set', () => {
    const address = 0x2000_0000;
    machine.registers.slots[RSI] = BigInt(address);
    machine.registers.slots[RAX] = 77n;
    expect(machine.run(code('488b1e 488906 0f05'))).to.equal(CpuExit.fault);
    machine.map(address, 1, { write: true });
    expect(machine.cpu.run(100)).to.equal(CpuExit.syscall);
    expect(machine.read(address, 1)[0]).to.equal(77);
    expect(machine.entries[machine.entryOf(address)]! & 0x60n).to.equal(0x60n);
    machine.unmap(address);
    machine.registers.slots[RIP] = BigInt(CODE);
    expect(machine.cpu.run(100)).to.equal(CpuExit.fault);
  });

  it('executes an instruction that crosses pages, and faults on its missing half', () => {
    const at = CODE + PAGE - 3;
    machine.load(code('48b8887766554433 2211 0f05'), at);
    expect(machine.cpu.run(10)).to.equal(CpuExit.syscall);
    expect(machine.registers.slots[RAX]).to.equal(0x1122334455667788n);
    machine.unmap(CODE + PAGE);
    machine.registers.slots[RIP] = BigInt(at);
    expect(machine.cpu.run(10)).to.equal(CpuExit.fault);
    expect([machine.rip, machine.cpu.faultAddress]).to.deep.equal([at, CODE + PAGE]);
    expect(machine.cpu.errorCode).to.equal(FAULT_USER | FAULT_FETCH);
  });

  const ends: [string, string, number][] = [
    ['begins in it', '48ffc0 48ffc0', PAGE],
    ['reaches into it', '48ffc0 48ffc0 b877', PAGE - 2],
  ];
  for (const [name, instructions, rip] of ends) {
    it(`runs what is in front of a missing page, whose instruction ${name}`, function () {
      // The stock engine's blocks reach into the next page, and fault before they start.
      if (loadBinding().engineName === 'stock') this.skip();
      const bytes = code(instructions);
      const at = CODE + PAGE - bytes.length;
      machine.unmap(CODE + PAGE);
      for (let i = 0; i < 3; i++) {
        machine.registers.slots[RAX] = 0n;
        machine.load(bytes, at);
        expect(machine.cpu.run(10)).to.equal(CpuExit.fault);
        expect([machine.rip, machine.cpu.faultAddress]).to.deep.equal([CODE + rip, CODE + PAGE]);
        expect(machine.cpu.errorCode).to.equal(FAULT_USER | FAULT_FETCH);
        expect(machine.registers.slots[RAX]).to.equal(2n);
      }
    });
  }

  it('computes the same wherever a page ends', () => {
    // Flags that later instructions need, and immediates behind all that an instruction is otherwise decoded from.
    const bytes = code(`
      b805000000 83f807 4819db 3d05000000 0f94c2 05ffffff7f 0f90c1 66480f6ec0 660f70c81b 66480f7ece 480fa4d807 48c1d303
      48bf8877665544332211 4881d744332211 4c69cf78563412 0f05`);
    const runAt = (address: number): unknown => {
      machine.registers.reset();
      machine.load(bytes, address);
      expect(machine.cpu.run(100)).to.equal(CpuExit.syscall);
      expect(machine.rip).to.equal(address + bytes.length);
      return [...machine.registers.slots].filter((_, slot) => slot < 18 && slot !== RIP);
    };
    const expected = runAt(CODE);
    for (let before = 0; before <= bytes.length; before++)
      expect(runAt(CODE + PAGE - before), `${before} bytes in front`).to.deep.equal(expected);
  });

  it('drops what it has of two pages when the second one is gone', function () {
    if (loadBinding().engineName === 'stock') this.skip();
    const at = CODE + PAGE - 3;
    for (const isThere of [true, false, true, false]) {
      machine.registers.slots[RAX] = 0n;
      machine.load(code('48ffc0 0f05'), at);
      if (!isThere) machine.unmap(CODE + PAGE);
      expect(machine.cpu.run(10)).to.equal(isThere ? CpuExit.syscall : CpuExit.fault);
      expect([machine.registers.slots[RAX], machine.rip]).to.deep.equal([
        1n,
        CODE + PAGE + (isThere ? 2 : 0),
      ]);
    }
  });

  const exceptions: [string, string, number, number][] = [
    ['div by zero', '90 31c9 f7f1', DIVIDE_ERROR, 3],
    ['int3', '90 cc', BREAKPOINT, 2],
    ['int 3', 'cd03', BREAKPOINT, 2],
    ['int 4', 'cd04', OVERFLOW, 2],
    ['int 0x80', 'cd80', 0x80, 2],
    ['int 0', '90 cd00', GENERAL_PROTECTION, 1],
    ['int 1', 'cd01', GENERAL_PROTECTION, 0],
    ['int 14', 'cd0e', GENERAL_PROTECTION, 0],
    ['hlt', '90 f4', GENERAL_PROTECTION, 1],
    ['cli', 'fa', GENERAL_PROTECTION, 0],
    ['sti', 'fb', GENERAL_PROTECTION, 0],
    ['in al, dx', '90 ec', GENERAL_PROTECTION, 1],
    ['in eax, imm', 'e510', GENERAL_PROTECTION, 0],
    ['out imm, al', '90 e680', GENERAL_PROTECTION, 1],
    ['out dx, eax', 'ef', GENERAL_PROTECTION, 0],
    ['rep insb', 'f36c', GENERAL_PROTECTION, 0],
    ['outsd', '6f', GENERAL_PROTECTION, 0],
    ['wrmsr', '0f30', GENERAL_PROTECTION, 0],
    ['rdmsr', '0f32', GENERAL_PROTECTION, 0],
    ['rdpmc', '90 0f33', GENERAL_PROTECTION, 1],
    ['mov cr3, rax', '0f22d8', GENERAL_PROTECTION, 0],
    ['mov rax, cr0', '0f20c0', GENERAL_PROTECTION, 0],
    ['mov dr0, rax', '0f23c0', GENERAL_PROTECTION, 0],
    ['lgdt', '0f0116', GENERAL_PROTECTION, 0],
    ['lldt', '0f00d0', GENERAL_PROTECTION, 0],
    ['ltr', '0f00d8', GENERAL_PROTECTION, 0],
    ['lmsw', '0f01f0', GENERAL_PROTECTION, 0],
    ['clts', '0f06', GENERAL_PROTECTION, 0],
    ['invlpg', '0f013e', GENERAL_PROTECTION, 0],
    ['wbinvd', '0f09', GENERAL_PROTECTION, 0],
    ['swapgs', '0f01f8', GENERAL_PROTECTION, 0],
    ['sysret', '480f07', GENERAL_PROTECTION, 0],
    ['mov fs, ring 0 selector', 'b808000000 8ee0', GENERAL_PROTECTION, 5],
    ['mov ss, null', '31c0 8ed0', GENERAL_PROTECTION, 2],
    ['a far jump to ring 0', '48ff2d00000000 0000000000000000 0800', GENERAL_PROTECTION, 0],
    ['iretd', 'cf', GENERAL_PROTECTION, 0],
  ];
  for (const [name, instructions, vector, offset] of exceptions) {
    it(`${name} is exception ${vector}`, () => {
      expect(machine.run(code(instructions))).to.equal(CpuExit.exception);
      expect([machine.cpu.vector, machine.rip - CODE]).to.deep.equal([vector, offset]);
    });
  }

  it('an unmasked x87 exception arrives at the next waiting instruction', () => {
    machine.registers.fxsave[0] = 0x7b;
    machine.cpu.loadFpu(machine.registers);
    expect(machine.run(code('d9e8 d9ee def9 9b'))).to.equal(CpuExit.exception);
    expect([machine.cpu.vector, machine.rip - CODE]).to.deep.equal([X87_ERROR, 6]);
  });

  it('a non-canonical address is a general protection exception', () => {
    machine.registers.slots[RSI] = 0x8000_0000_0000_0000n;
    expect(machine.run(code('488b06'))).to.equal(CpuExit.exception);
    expect([machine.cpu.vector, machine.rip]).to.deep.equal([GENERAL_PROTECTION, CODE]);
    expect(machine.run(code('ffe6'))).to.equal(CpuExit.exception);
    expect(machine.cpu.vector).to.equal(GENERAL_PROTECTION);
    machine.registers.slots[RSP] = 0x0000_8000_0000_0000n;
    expect(machine.run(code('58'))).to.equal(CpuExit.exception);
    expect(machine.cpu.vector).to.equal(GENERAL_PROTECTION);
  });

  for (const [name, instruction] of [
    ['ud2', '0f0b'],
    ['lock nop', 'f090'],
    ['an opcode that 64-bit mode dropped', '06'],
    ['rdrand', '0fc7f0'],
    ['rdseed', '0fc7f8'],
    ['movbe', '0f38f006'],
    ['xgetbv', '0f01d0'],
    ['xsave', '0fae26'],
    ['sysenter', '0f34'],
    ['monitor', '0f01c8'],
    ['vmcall', '0f01c1'],
    ['an XOP instruction', '8fe878c2ec0e'],
    ['movmskps from memory', '0f5006'],
  ] as const) {
    it(`${name} is illegal`, () => {
      expect(machine.run(code(`90 ${instruction}`))).to.equal(CpuExit.illegal);
      expect(machine.rip).to.equal(CODE + 1);
    });
  }

  it('single-steps with the trap flag', () => {
    machine.registers.slots[RFLAGS] = RFLAGS_FIXED | 0x100n;
    machine.load(code('48ffc0 48ffc0 0f05'));
    for (const offset of [3, 6]) {
      expect(machine.cpu.run(10)).to.equal(CpuExit.exception);
      expect([machine.cpu.vector, machine.rip - CODE]).to.deep.equal([DEBUG, offset]);
    }
    expect(machine.cpu.run(10)).to.equal(CpuExit.syscall);
    expect(machine.registers.slots[RAX]).to.equal(2n);
  });

  it('lets popf change neither IOPL nor the interrupt flag', () => {
    expect(machine.run(code('68003c0000 9d 9c 58 0f05'))).to.equal(CpuExit.syscall);
    expect(machine.registers.slots[RAX]! & 0x3e00n).to.equal(0x0e00n);
  });

  it('allows what ring 3 may do with segments: selectors of its own, iretq to itself, lar and verr', () => {
    expect(machine.run(code('b82b000000 8ed8 8ec0 8ed0 31c0 8ee0 b833000000 0f02d8 0f05'))).to.equal(
      CpuExit.syscall,
    );
    expect(machine.registers.slots[RBX]! & 0xff00n).to.equal(0xfb00n);
    const stack = new BigUint64Array([BigInt(CODE + 64), 0x33n, 0x202n, BigInt(STACK - 256), 0x2bn]);
    machine.write(STACK - 64, new Uint8Array(stack.buffer));
    machine.load(code('48cf'));
    machine.write(CODE + 64, code('0f05'));
    expect(machine.cpu.run(10)).to.equal(CpuExit.syscall);
    expect([machine.rip, machine.registers.unsigned(RSP)]).to.deep.equal([CODE + 66, STACK - 256]);
  });

  it("rdtsc and rdtscp are the kernel's to answer", () => {
    expect(machine.run(code('90 480f31'))).to.equal(CpuExit.timestamp);
    expect([machine.cpu.vector, machine.rip - CODE, machine.cpu.errorCode]).to.deep.equal([0, 1, 3]);
    expect(machine.run(code('0f01f9'))).to.equal(CpuExit.timestamp);
    expect([machine.cpu.vector, machine.rip - CODE, machine.cpu.errorCode]).to.deep.equal([1, 0, 3]);
    expect(machine.run(code('488b042500000f31'))).to.equal(CpuExit.fault);
  });

  it('cpuid shows the virtual CPU and no other', () => {
    const cpuid = (leaf: number, subleaf = 0): number[] => {
      machine.registers.setSigned(RAX, leaf | 0);
      machine.registers.setSigned(RCX, subleaf);
      expect(machine.run(code('0fa2 0f05'))).to.equal(CpuExit.syscall);
      return [RAX, RBX, RCX, RDX].map((slot) => machine.registers.unsigned(slot));
    };
    expect(cpuid(0)).to.deep.equal([7, 0x756e6547, 0x6c65746e, 0x49656e69]);
    const [signature, , ecx, edx] = cpuid(1) as [number, number, number, number];
    expect(signature).to.equal(0x306a9);
    // SSE3 PCLMULQDQ SSSE3 CX16 SSE4.1 SSE4.2 POPCNT AES, and nothing else: no OSXSAVE, AVX, FMA, MOVBE, RDRAND.
    expect(ecx.toString(16)).to.equal('2982203');
    expect(edx & 0x0780_8111).to.equal(0x0780_8111);
    expect(cpuid(7)).to.deep.equal([0, 1, 0, 0]);
    expect(cpuid(0x8000_0001)).to.deep.equal([0, 0, 1, 0x28100800]);
    const brand = [2, 3, 4].flatMap((part) => cpuid(0x8000_0000 + part));
    expect(Buffer.from(new Uint32Array(brand).buffer).toString()).to.equal(
      'vkernel virtual CPU'.padEnd(48, '\0'),
    );
    expect(cpuid(0x4000_0000)).to.deep.equal([0, 0, 0, 0]);
    expect(cpuid(0xd, 1)).to.deep.equal([0, 0, 0, 0]);
  });

  it('preempts by blocks, at the same place every time', () => {
    for (let i = 0; i < 3; i++) {
      machine.registers.slots[RAX] = 0n;
      expect(machine.run(code('48ffc0 ebfb'), 100_000)).to.equal(CpuExit.quantum);
      expect([machine.registers.slots[RAX], machine.rip]).to.deep.equal([100_000n, CODE]);
    }
    expect(machine.run(code('ebfe'), 0)).to.equal(CpuExit.quantum);
    machine.run(code('eb00 eb00 0f05'), 100);
    expect(machine.cpu.blocksLeft).to.equal(97);
  });
});
